"""Directory times: moved on so that every process that cached a listing reads it again.

A path finder keeps the listing of a directory together with its mtime, as float seconds, and reads
the listing again only when the mtime is another one. So a change that leaves the mtime alone (a
file system or clock with a coarse tick, a restored time, a cloned directory) stays unseen in every
process that had looked before; only the mtime can tell those processes.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Mapping

__all__ = ["later_times", "touch_directories"]

# One step for each tick that a file system may have: fine ones (finders compare float seconds,
# which swallow steps below 0.25 microseconds at today's dates), one second (ext3, ext4 with
# 128-byte inodes, HFS+, some network file systems), two seconds (FAT).
_STEPS = (1_000_000, 1_000_000_000, 2_000_000_000)
_VISIBLE = 1_000  # nanoseconds: four times what a float loses


def later_times(old: int, now: int) -> tuple[int, ...]:
    """Return the mtimes to try, in nanoseconds, least first.

    Each is past `old` and not before `now`; the last one still is when both are cut to two seconds;
    none is later than `now` or, where that is later, two seconds after `old`. Smaller ones come
    first because a time in the future has a price on a coarse file system: another installer's own
    change, when that moment comes, could leave the same mtime again.
    """
    return tuple(dict.fromkeys(max(now, old + step) for step in _STEPS))


def touch_directories(
    directories: Iterable[str], *, floors: Mapping[str, int] | None = None
) -> tuple[str, ...]:
    """Move the mtime of each directory strictly past its old value, and not before now.

    This is what makes a change visible to other processes that are already running. Call it when
    the change is complete, and before the times are written down anywhere.

    Args:
        directories: paths; those that do not exist (any more) or are no directories are left out.
        floors: mtimes in nanoseconds that some finder is known to have seen; the new mtime is
            past these as well.

    Returns:
        The directories that were moved on. One that this user may not change is missing from it.
    """
    known = floors or {}
    return tuple(
        directory
        for directory in dict.fromkeys(directories)
        if _move_on(directory, known.get(directory, 0))
    )


def _move_on(directory: str, floor: int) -> bool:
    try:
        status = os.stat(directory)
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        return False
    old = max(status.st_mtime_ns, floor)
    for moment in later_times(old, time.time_ns()):
        try:
            os.utime(directory, ns=(status.st_atime_ns, moment))
        except OSError:
            return _move_to_now(directory, old)
        # Read back: only what the file system kept counts.
        if os.stat(directory).st_mtime_ns >= old + _VISIBLE:
            return True
    return False


def _move_to_now(directory: str, old: int) -> bool:
    """Set the present time: the one time that a user may set who can write but is not the owner."""
    try:
        os.utime(directory)
        return os.stat(directory).st_mtime_ns >= old + _VISIBLE
    except OSError:
        return False
