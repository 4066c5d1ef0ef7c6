"""When this package was loaded: what starts a Python had been carried out by then."""

from __future__ import annotations

import time

__all__ = ["LOADED"]

LOADED = time.time_ns()
