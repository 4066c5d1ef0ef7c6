"""Paths as a record of a build has them: which it leaves out, and how the others are written.

Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Places", "append", "is_absolute", "line_of", "text_of"]

_SLASH_DOT, _SLASHES = os.sep + ".", os.sep * 2
_SHARED_MEMORY = "/dev/shm/"  # noqa: S108 - what projects lie in is theirs to choose


class _CurrentFolder:
    """The current folder of this process, kept until somebody moves: it is asked for at each look.

    Attributes:
        known: its path, or "" where it has to be found.
    """

    def __init__(self) -> None:
        self.known = ""
        self._moving: set[int] = set()

    def find(self) -> str:
        """Return its path."""
        self._moving.discard(get_ident())  # whoever asks has arrived
        here = os.getcwd()
        if not self._moving:
            self.known = here
            if self._moving:  # meanwhile
                self.known = ""
        return here

    def is_left(self) -> None:
        """Be told of `os.chdir` before it is done: until then, other threads find the old one."""
        self._moving.add(get_ident())
        self.known = ""


class Places:
    """How paths are written down: those of the tree relative to it, others absolute, some not.

    Attributes:
        trees: the tree, as it was named and as it really lies, with a slash at the end.
        current: the folder that relative paths start from.
    """

    def __init__(self, tree: str, workspace: str) -> None:
        self.current = _CurrentFolder()
        self._tree = tree
        self.trees = tuple({os.path.join(top, "") for top in (tree, os.path.realpath(tree))})
        # What is relative to them is a place as it is; elsewhere it may name a drive.
        self._tops = frozenset(tree[:-1] for tree in self.trees if os.sep == "/")
        self._foreign = _foreign_places(workspace)
        self._known: dict[tuple[str, str], str | None] = {}

    def of(self, path: str, folder: str) -> str | None:
        """Return how `path` is written down, or None; by far the most are asked for again.

        Args:
            path: absolute, or relative to `folder`.
            folder: absolute, or "" for a path that is.
        """
        key = (path, folder)
        try:
            return self._known[key]
        except KeyError:
            place = self._known[key] = self.found(path, folder)
            return place

    def found(self, path: str, folder: str) -> str | None:
        """Return the same, for who remembers it."""
        tidy = _SLASH_DOT not in path and _SLASHES not in path
        if tidy and folder in self._tops and path[:1] not in "./":
            return path
        if folder:
            path = os.path.join(folder, path)
            tidy = _SLASH_DOT not in path and _SLASHES not in path
        if not tidy:
            path = os.path.normpath(path)
        for tree in self.trees:
            if path.startswith(tree):
                return path[len(tree) :]
            if path == tree[:-1]:
                return "."
        # Devices are no files; what lies in shared memory is.
        device = path.startswith("/dev/") and not path.startswith(_SHARED_MEMORY)
        return None if device or (path + os.sep).startswith(self._foreign) else path

    def is_for_all(self, kind: str, place: str, path: str, folder: str) -> bool:
        """Whether what happened to a path in `folder` counts, whoever has looked at it."""
        if kind not in "RLGKAS":
            return True
        if folder or path.startswith(self.trees):
            return False
        # A folder around the tree is looked at on the way to all that is in it.
        return kind == "A" or (kind == "S" and self._tree.startswith(place))


def is_absolute(path: str) -> bool:
    """Return what `os.path.isabs` does, without its three calls."""
    return path.startswith("/") if os.sep == "/" else os.path.isabs(path)


def _foreign_places(workspace: str) -> tuple[str, ...]:
    """Return what no record is kept of: Python, the build environment, and what is not a file."""
    places = {workspace, sys.prefix, sys.exec_prefix}
    for folder in (sys.base_prefix, os.path.dirname(os.path.abspath(os.__file__))):
        places.add(folder if folder not in ("/usr", "/") else os.path.join(folder, "lib"))
    places.update(("/proc", "/sys"))
    real = {os.path.realpath(place) for place in places}
    return tuple(os.path.join(place, "") for place in places | real)


def text_of(path: Any) -> str | None:
    """Return a path as text; None for what is none, such as a descriptor."""
    if isinstance(path, int):
        return None
    try:
        return os.fsdecode(path)
    except TypeError:
        return None


def line_of(record: tuple[str, ...]) -> str:
    """Return the line of a log that holds `record`: its fields with tabs between them, escaped."""
    # A kind and a place, by far the most, and with nothing to escape.
    if len(record) == 2 and record[1].isprintable() and "\\" not in record[1]:
        return f"{record[0]}\t{record[1]}\n"
    line = "\t".join(record)
    if "\\" in line or "\n" in line or "\r" in line or line.count("\t") >= len(record):
        line = "\t".join(map(_escaped, record))
    return line + "\n"


def append(path: str, lines: str) -> None:
    """Write lines to the end of a log; a third of the time that a file object takes for it.

    Raises:
        OSError: it cannot be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        os.write(descriptor, lines.encode("utf-8", "surrogateescape"))
    finally:
        os.close(descriptor)


def _escaped(field: str) -> str:
    if "\\" in field or "\t" in field or "\n" in field or "\r" in field:
        field = field.replace("\\", "\\\\").replace("\t", "\\t")
        field = field.replace("\n", "\\n").replace("\r", "\\r")
    return field
