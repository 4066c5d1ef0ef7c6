"""Ends the process of a build hook without taking its Python down, where nobody could tell.

To take down a Python that holds a backend takes as long as a fifth of a small hook. What others may
have asked for is done: what is registered with `atexit`, and what is written but not flushed yet.
That `__del__` is called at the end, Python does not promise (Language Reference, 3.3.1).

Copied beside the build and imported there under another name, by Pythons from 3.8 on, on Linux:
standard library only.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import sys

__all__ = ["leave"]

_STANDARD = 3  # input, output, errors


def leave(spared: int = -1) -> None:
    """End the process as after a good end; return where the interpreter is to do so.

    Args:
        spared: a descriptor that may be open for writing, as nothing is written to it.
    """
    if sys.implementation.name != "cpython" or sys.gettrace() or sys.getprofile():
        return
    try:
        threads = sys.modules.get("threading")
        if threads is not None and threads.active_count() > 1:
            return
        atexit._run_exitfuncs()  # noqa: SLF001 - what the interpreter itself calls, at its end
        if _may_hold_back(spared):
            return
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            if stream is not None:
                stream.flush()
    except Exception:  # noqa: BLE001 - the interpreter knows what to say of it
        return
    os._exit(0)


def _may_hold_back(spared: int) -> bool:
    """Whether some file is open for writing: what was not flushed would be lost."""
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number < _STANDARD or number == spared:
            continue
        try:
            mode = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE
        except OSError:
            continue  # of the listing itself
        if mode != os.O_RDONLY:
            return True
    return False
