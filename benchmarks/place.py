"""Where targets are written: a file system that measures the tool and not itself."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass

__all__ = ["Place", "choose_place"]

MEMORY = "/dev/shm"


@dataclass(frozen=True, slots=True)
class Place:
    """A directory on a file system whose nature is known as far as the platform tells it.

    Attributes:
        path: absolute.
        filesystem: the type, such as "ext4", or "unknown".
        journaled: False only where it is known that there is no journal.
    """

    path: str
    filesystem: str = "unknown"
    journaled: bool = True

    @property
    def in_memory(self) -> bool:
        """Whether files here take memory, which has to be given back between rounds."""
        return self.filesystem in {"tmpfs", "ramfs"}

    @property
    def warning(self) -> str:
        """Why this is a bad place to measure, or ""."""
        if self.journaled:
            return ""
        # The kernel looks through recently freed inodes before it hands one out (`recently_deleted`
        # in fs/ext4/ialloc.c): for minutes after a mass delete a new file costs 20 times as much.
        return (
            f"{self.path} is on ext4 without a journal, where creating files after deleting many is"
            " slow for minutes, whoever does it: give --place a tmpfs or a journaled file system"
        )


def choose_place(wanted: str | None) -> Place:
    """Return the directory `wanted`, else a directory in memory, else the temporary directory."""
    if wanted is None:
        usable = os.path.isdir(MEMORY) and os.access(MEMORY, os.W_OK)
        wanted = MEMORY if usable else tempfile.gettempdir()
    path = os.path.abspath(wanted)
    os.makedirs(path, exist_ok=True)
    device, filesystem = _mounted_at(path)
    return Place(path, filesystem, not (filesystem == "ext4" and _lacks_journal(device)))


def _mounted_at(path: str) -> tuple[str, str]:
    """Return the device and the file system's type, from the longest mount point above `path`."""
    found = ("", "unknown")
    if sys.platform != "linux":
        return found
    longest = 0
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            device, point, filesystem = line.split()[:3]
            point = point.replace("\\040", " ")
            inside = os.path.commonpath([os.path.realpath(path), point]) == point
            if inside and len(point) >= longest:
                longest, found = len(point), (device, filesystem)
    return found


def _lacks_journal(device: str) -> bool:
    # Each journal has a directory here, named "vda1-8": the device and its journal's inode.
    try:
        journals = os.listdir("/proc/fs/jbd2")
    except OSError:
        return False
    name = os.path.basename(os.path.realpath(device))
    return not any(journal.rpartition("-")[0] == name for journal in journals)
