"""Paths as a record of a build has them: which it leaves out, and how the others are written.

Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["append", "foreign_places", "is_absolute", "line_of", "text_of"]


def is_absolute(path: str) -> bool:
    """Return what `os.path.isabs` does, without its three calls."""
    return path.startswith("/") if os.sep == "/" else os.path.isabs(path)


def foreign_places(workspace: str) -> tuple[str, ...]:
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
