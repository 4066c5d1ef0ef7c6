"""Signals that are held back while an environment is between two states."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["uninterrupted"]

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let what is inside run to its end: Ctrl-C, and what else has a handler, is heard after it.

    Python runs handlers in the main thread alone, so in another there is nothing to hold back. What
    has no handler ends the process at once, which is for recovery to mend.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    import signal

    waiting: list[tuple[int, FrameType | None]] = []
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
    try:
        for number in [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]:
            handler = signal.getsignal(number)
            if callable(handler):
                handlers[number] = handler
                signal.signal(number, lambda *arrived: waiting.append(arrived))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in waiting:
            handlers[number](number, frame)
