"""The end of a process and of all that it started; platform differences live here."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

__all__ = ["await_end", "end_marked", "end_tree", "send_signal"]

_TERMINATION_WAIT = 2.0  # seconds
_LOOK_EVERY = 0.01


def await_end(process: Popen[bytes], ended: threading.Event) -> None:
    """Wait for the end without reaping, so that the group's number cannot be given to others."""
    waitid = getattr(os, "waitid", None)
    try:
        if waitid is None:
            process.wait()
        else:
            with suppress(ChildProcessError):
                waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    finally:
        ended.set()


def end_tree(number: int, mark: bytes, ended: threading.Event, *, spared: int = 0) -> None:
    """End what is left of the process `number` and its group, and all that came of it.

    Args:
        number: of the process, which leads its group.
        mark: what all that came of it has in its environment.
        ended: set when it has ended by itself.
        spared: the number of a process that goes on though it has the mark; 0 for none.
    """
    if sys.platform == "win32":
        import subprocess

        if not ended.is_set():
            command = ["taskkill", "/T", "/F", "/PID", str(number)]
            subprocess.run(command, capture_output=True, check=False)
        return
    strays = [one for one in _strays(number, mark) if one != spared]
    if not ended.is_set():
        send_signal(number, signal.SIGTERM, group=True)
        ended.wait(_TERMINATION_WAIT)
    send_signal(number, signal.SIGKILL, group=True)
    for stray in strays:
        send_signal(stray, signal.SIGKILL)


def end_marked(mark: bytes) -> None:
    """End all processes that have `mark` in their environment, but this one; on Linux alone.

    For what a build started that was killed itself: a compiler may lead a group of its own.
    """
    until = time.monotonic() + _TERMINATION_WAIT
    while found := [number for number in _marked(mark) if number != os.getpid()]:
        for number in found:
            send_signal(number, signal.SIGKILL)
        if time.monotonic() > until:
            return  # in the kernel, where no signal comes: it writes when that lets it
        time.sleep(_LOOK_EVERY)


def send_signal(number: int, which: int, *, group: bool = False) -> None:
    """Send a signal to a process or a process group, if it is still there."""
    # PermissionError: macOS says so for a group that holds only zombies.
    with suppress(ProcessLookupError, PermissionError):
        (os.killpg if group else os.kill)(number, which)


def _strays(root: int, mark: bytes) -> tuple[int, ...]:
    """Return the processes that came of `root`: its descendants, and who carries its mark.

    A process that made a session of its own is in no group of ours, and one whose parent has ended
    is nobody's descendant: the mark in its environment is what is left. Linux only.
    """
    children: dict[int, list[int]] = {}
    for number in _numbers():
        with suppress(OSError), open(f"/proc/{number}/stat", "rb") as stream:
            # The name in parentheses may hold anything: fields count from its end.
            parent = int(stream.read().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(number)
    found = list(_marked(mark))
    waiting = [root]
    while waiting:
        born = children.get(waiting.pop(), [])
        found += born
        waiting += born
    return tuple(found)


def _marked(mark: bytes) -> Iterator[int]:
    for number in _numbers():
        with suppress(OSError), open(f"/proc/{number}/environ", "rb") as stream:
            if mark in stream.read():
                yield number


def _numbers() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []  # no Linux
