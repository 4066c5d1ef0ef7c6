"""The state of a source tree at one moment: two of them tell what a build left behind."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Mapping
from typing import NamedTuple

from trueup.values import dataclass, field

__all__ = ["NOISE", "Entry", "Snapshot", "take_snapshot"]

# What tools keep in a source tree for themselves: no build makes it, and none should read it.
NOISE = frozenset(
    (
        ".cache",
        ".coverage",
        ".git",
        ".hg",
        ".hypothesis",
        ".idea",
        ".jj",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".trueup",
        ".venv",
        ".vscode",
        "__pycache__",
        "node_modules",
    )
)
_ENVIRONMENT = "pyvenv.cfg"
_TYPE = 0o170000  # the bits of `stat.S_IFMT`, without a call for each entry


class Entry(NamedTuple):
    """One entry of a tree, as `lstat` tells of it; a tuple, because there are many.

    Attributes:
        mode: type and permissions (`st_mode`).
        size: bytes.
        mtime_ns: when its content changed, as far as nobody set it, in nanoseconds.
        ctime_ns: when it changed in any way; no program can set it back.
        inode: its number in the file system.
        target: where a symbolic link leads, as written; None for all else.
    """

    mode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    target: str | None = None

    @property
    def is_directory(self) -> bool:
        """Whether it is a folder, and no link to one."""
        return stat.S_ISDIR(self.mode)

    @property
    def signature(self) -> tuple[int, int, int, int]:
        """What shows that it was changed: size, times, and number as far as 63 bits go."""
        return self.size, self.mtime_ns, self.ctime_ns, self.inode & 0x7FFFFFFFFFFFFFFF

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A tree as it was.

    Attributes:
        tree: the top folder, absolute.
        entries: path to entry; paths are relative to the top and written with "/".
        taken: when the last of it was looked at, by the monotonic clock, in seconds.
    """

    tree: str
    entries: Mapping[str, Entry]
    taken: float = field(default_factory=time.monotonic, compare=False)

    def changed_since(self, before: Snapshot) -> tuple[str, ...]:
        """Return the paths that are new or other than in `before`, sorted.

        A folder counts when it is new: its times tell only that something in it changed, and that
        is listed itself.
        """
        old = before.entries
        return tuple(
            sorted(
                path
                for path, entry in self.entries.items()
                if (known := old.get(path)) != entry
                and not (known is not None and known.is_directory and entry.is_directory)
            )
        )

    def missing_since(self, before: Snapshot) -> tuple[str, ...]:
        """Return the paths that `before` has and this has not, sorted."""
        return tuple(sorted(before.entries.keys() - self.entries.keys()))


def take_snapshot(tree: str, *, ignore: Collection[str] = NOISE) -> Snapshot:
    """Return the state of all that lies below `tree`; no link is followed.

    Args:
        tree: the top folder, absolute.
        ignore: names that are left out wherever they are found, with all below them.

    Virtual environments are left out, too. So is what vanishes meanwhile, or may not be read.
    """
    entries: dict[str, Entry] = {}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            found, below = _list(os.path.join(tree, prefix), prefix, ignore)
        except OSError:
            continue  # vanished, or not ours to read: then it is not the backend's to read either
        if prefix and prefix + _ENVIRONMENT in found:
            continue
        entries.update(found)
        waiting += below
    return Snapshot(tree, entries)


def _list(folder: str, prefix: str, ignore: Collection[str]) -> tuple[dict[str, Entry], list[str]]:
    """Return the entries of one folder, and the prefixes of the folders among them."""
    found: dict[str, Entry] = {}
    below: list[str] = []
    # By descriptor where there is such a thing: the kernel walks no long path for each entry,
    # which is a sixth of all time. Made as a bare tuple for the same reason.
    descriptor = os.open(folder, os.O_RDONLY) if os.scandir in os.supports_fd else None
    try:
        with os.scandir(folder if descriptor is None else descriptor) as listing:
            for item in listing:
                name = item.name
                if name in ignore:
                    continue
                try:
                    status = item.stat(follow_symlinks=False)
                    mode = status.st_mode
                    target = (
                        os.readlink(item.path, dir_fd=descriptor)
                        if mode & _TYPE == stat.S_IFLNK
                        else None
                    )
                except OSError:
                    continue
                path = prefix + name
                found[path] = tuple.__new__(
                    Entry,
                    (
                        mode,
                        status.st_size,
                        status.st_mtime_ns,
                        status.st_ctime_ns,
                        status.st_ino,
                        target,
                    ),
                )
                if mode & _TYPE == stat.S_IFDIR:
                    below.append(path + "/")
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return found, below
