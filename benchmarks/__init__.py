"""What trueup costs beside other tools: paired runs, medians and ratios. See README.md."""
