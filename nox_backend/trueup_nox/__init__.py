"""The nox backend of trueup."""
