"""Reading what a request names: files of this machine, and others by whoever asks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from trueup.errors import RequestError
from trueup.resolution.credentials import presentable
from trueup.resolution.location import absolute_path, is_remote, path_of_address, read_from
from trueup.resolution.requirement_lines import decode
from trueup.values import dataclass, field

__all__ = ["ReadText", "Surroundings", "locate", "read_text_of", "shown_place"]

ReadText = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What reading a request needs besides the request.

    Attributes:
        base: the absolute directory that relative paths of the command line start from.
        environment: variables for `${NAME}`.
        read_text: reads an `http:` or `https:` address; None where nothing but this machine's
            files can be read.
    """

    base: str
    environment: Mapping[str, str] = field(default_factory=dict)
    read_text: ReadText | None = None


def locate(location: str, folder: str) -> str:
    """Return the address, the absolute path, or the "-" that a file's name stands for.

    Raises:
        RequestError: a `file:` address names another machine.
    """
    if location == "-" or is_remote(location):
        return location
    if location.lower().startswith("file:"):
        return path_of_address(location, folder)
    return absolute_path(location, folder)


def read_text_of(place: str, surroundings: Surroundings) -> str:
    """Return the text of a requirement file.

    Args:
        place: what `locate` returned; "-" is standard input.
        surroundings: how to read what is not on this machine.

    Raises:
        RequestError: it cannot be read.
    """
    if place == "-":
        return decode(sys.stdin.buffer.read(), "standard input")
    if not is_remote(place):
        return decode(read_from(place), place)
    if surroundings.read_text is None:
        shown = presentable(place)
        raise RequestError(f"{shown} cannot be read here", hint="Save it as a file first")
    return surroundings.read_text(place)


def shown_place(place: str, base: str) -> str:
    """Return how messages name a file: from `base` where it lies below it."""
    inside = place.startswith(os.path.join(base, ""))
    return os.path.relpath(place, base) if inside else presentable(place)
