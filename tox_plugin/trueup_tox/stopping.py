"""Ctrl-C in tox: the main thread hears it, and the core works in another one."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tox.tox_env.api import ToxEnv

__all__ = ["stop_errands", "stoppable", "stopped"]

_LOCK = threading.Lock()
_RUNNING: set[int] = set()


def stop_errands() -> None:
    """Let every errand that runs meet a KeyboardInterrupt, as if Ctrl-C had come to its thread.

    Python delivers signals to the main thread only, where tox waits. What tox starts as a program
    ends by the signal itself; a build that the core has started does not, because it has a
    session of its own, so that all of it can be ended. The core ends it when it is interrupted.
    """
    api = getattr(ctypes, "pythonapi", None)  # not in PyPy: there an errand runs to its end
    if api is None:
        return
    with _LOCK:
        for thread in _RUNNING:
            api.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt)
            )


@contextmanager
def stoppable() -> Iterator[None]:
    """Let `stop_errands` reach what runs in this context, and nothing after it.

    Raises:
        KeyboardInterrupt: the user has asked tox to stop.
    """
    thread = threading.get_ident()
    with _LOCK:
        _RUNNING.add(thread)
    try:
        yield
    finally:
        with _LOCK:
            _RUNNING.discard(thread)
        # What was raised from outside while the lock was awaited arrives here, and no later.
        time.sleep(0)


def stopped(tox_env: ToxEnv) -> bool:
    """Whether the user has asked to stop; tox 4.60 moved the answer into an object."""
    interruption = getattr(tox_env, "_interruption", None)
    if interruption is None:
        return bool(getattr(tox_env, "_interrupted", False))
    return bool(interruption.requested)
