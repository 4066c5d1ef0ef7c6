"""The pre-commit hook of trueup."""
