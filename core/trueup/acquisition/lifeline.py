"""Ends a hook's process, and all that it started, when who builds is gone; runs inside the build.

Who is killed (`kill -9`, out of memory) can end nobody, and a hook that went on would write into a
tree where the next build may be at work by then. Who builds holds the writing end of a pipe, and
writes nothing: once that process is gone, for whatever reason, the pipe is at its end. The kernel
tells of this by a signal, for which no thread has to wait: what follows may fork. fcntl(2).

Copied beside the build and imported there under another name, by Pythons from 3.8 on: standard
library only, and what a starting Python has not loaded is imported later: it is not in reach yet.
Windows knows no such signal: there a hook comes to its own end.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["hold", "hold_anew"]

_held = -1


def hold(descriptor: int) -> None:
    """End the group of this process, which leads it, as soon as a pipe is at its end.

    Args:
        descriptor: where the pipe would be read; what this process starts does not inherit it.
    """
    global _held  # noqa: PLW0603 - one for this process
    if sys.platform == "win32":
        return
    _held = descriptor
    os.set_inheritable(descriptor, False)
    try:
        _ask_for_signal(descriptor)
    except OSError:
        return  # a kernel without it: as ever, a hook that nobody can end goes on
    try:
        over = not os.read(descriptor, 1)
    except BlockingIOError:
        over = False
    if over:  # before it was asked for, no signal came
        _end_group()


def hold_anew() -> None:
    """Do the same in a forked child that leads a group of its own.

    Whom to signal is a property of the open file, which a child shares: it opens the pipe again.
    """
    if _held >= 0:
        hold(os.open(f"/proc/self/fd/{_held}", os.O_RDONLY | os.O_NONBLOCK))


def _ask_for_signal(descriptor: int) -> None:
    if sys.platform == "win32":
        return
    import fcntl
    import signal

    choose = getattr(fcntl, "F_SETSIG", None)
    if choose is None:  # Linux alone lets the kernel send another one
        signal.signal(signal.SIGIO, _end_group)
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    else:
        fcntl.fcntl(descriptor, choose, signal.SIGKILL)
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)


def _end_group(*_: Any) -> None:
    if sys.platform != "win32":
        import signal

        os.killpg(os.getpgrp(), signal.SIGKILL)
