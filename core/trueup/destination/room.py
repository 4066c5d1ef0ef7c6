"""Room on a disk: what an error says of it, so that one knows how much to make."""

from __future__ import annotations

import errno
import os

__all__ = ["room_in", "told_of_room"]

_FULL = frozenset(
    number for name in ("ENOSPC", "EDQUOT") if (number := getattr(errno, name, None)) is not None
)


def told_of_room(error: OSError, place: str, need: int, files: int = 0) -> str:
    """Return, in brackets, how much was needed at a place that is full; "" for another error.

    Args:
        error: what the file system said.
        place: a directory, or a path in one.
        need: bytes that are to be written.
        files: files that are to be made.
    """
    # Windows: ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL have no errno of their own
    if error.errno not in _FULL and getattr(error, "winerror", None) not in {39, 112}:
        return ""
    while not os.path.isdir(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    needed = f"{_size(need)} and {files} files" if files else _size(need)
    free = room_in(place)
    return f" ({place} has room for {free}, and {needed} are needed)" if free else ""


def room_in(place: str) -> str:
    """Return what there is room for in a directory, in words; "" where nobody can tell."""
    if not hasattr(os, "statvfs"):
        import shutil

        return _size(shutil.disk_usage(place).free)
    try:
        status = os.statvfs(place)
    except OSError:  # gone, or a file system that does not tell
        return ""
    files = f" and {status.f_favail} files" if status.f_files else ""
    return _size(status.f_bavail * status.f_frsize) + files


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} bytes" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
