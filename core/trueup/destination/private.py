"""Files for their owner alone, whatever the umask says."""

from __future__ import annotations

import os

__all__ = ["private"]


def private(path: str, flags: int) -> int:
    """Open a file for `open(..., opener=private)`: one that is made is its owner's to read."""
    return os.open(path, flags, 0o600)
