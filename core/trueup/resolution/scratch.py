"""The folder that a resolver's program reads its questions from and writes its answer to."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trueup.destination.room import room_in, told_of_room
from trueup.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["hint_of_room", "scratch"]

_FULL = ("No space left on device", "not enough space on the disk", "Disk quota exceeded")


@contextmanager
def scratch(contents: Mapping[str, str]) -> Iterator[str]:
    """Give a new folder for temporary files with `contents` in it, by name; it goes afterwards.

    Raises:
        ResolutionError: it cannot be made or filled; the place and the need are named.
    """
    import tempfile

    place = os.environ.get("TMPDIR") or "the folder of temporary files"
    try:
        folder = tempfile.TemporaryDirectory(prefix="trueup-resolve-")
    except OSError as error:
        raise _failure(error, place, contents) from error
    with folder as path:
        try:
            for name, content in contents.items():
                with open(os.path.join(path, name), "w", encoding="utf-8") as file:
                    file.write(content)
        except OSError as error:
            raise _failure(error, os.path.dirname(path), contents) from error
        yield path


def hint_of_room(told: str, folder: str) -> str:
    """Return where to make room, if `told`, a program's own words, are of a full disk; else "".

    uv and pip name no place, or one that is gone by now.
    """
    if not any(word in told for word in _FULL):
        return ""
    place = os.path.dirname(folder)
    free = room_in(place)
    return f"The folder of temporary files, {place}, has room for {free}." if free else ""


def _failure(error: OSError, place: str, contents: Mapping[str, str]) -> ResolutionError:
    need = sum(len(text.encode()) for text in contents.values())
    room = told_of_room(error, place, need, len(contents))
    return ResolutionError(
        f"{place} cannot be written to: {error.strerror or error}{room}.",
        hint="Make room there, or name another folder for temporary files with TMPDIR.",
    )
