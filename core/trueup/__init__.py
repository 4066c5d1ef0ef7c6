"""trueup keeps a Python environment true to what it was installed from."""

__version__ = "0.1.0"
