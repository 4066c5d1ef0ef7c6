"""Waiting for other processes, and whether they are still at work."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Return whether a condition came to hold within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


def runs(number: int) -> bool:
    """Whether the process of a number is there, and has not ended (Linux)."""
    try:
        with open(f"/proc/{number}/stat", "rb") as stream:
            return stream.read().rpartition(b")")[2].split()[0] != b"Z"
    except FileNotFoundError:
        return False
