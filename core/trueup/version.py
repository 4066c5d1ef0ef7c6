"""Which trueup this is; static, because pre-commit clones without tags."""

__all__ = ["__version__"]

__version__ = "0.1.0"
