"""How a program names an environment."""

from __future__ import annotations

import os

from trueup.destination.environment import Environment

__all__ = ["Where"]

Where = Environment | str | os.PathLike[str] | None
"""An environment, the path of one or of a Python, a version; None for the running process's own."""
