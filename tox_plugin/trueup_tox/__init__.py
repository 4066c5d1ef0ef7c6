"""The tox runner: tox keeps its words and its environments, trueup does the installing."""
