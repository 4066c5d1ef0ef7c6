"""What is known of one requirement while it is being read, and how its parts are read."""

from __future__ import annotations

import re
from urllib.parse import unquote

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from trueup.errors import RequestError
from trueup.resolution.credentials import presentable
from trueup.values import dataclass, field, replace

__all__ = [
    "Wish",
    "named_by_egg",
    "named_by_sdist",
    "named_by_wheel",
    "read_fragment",
    "read_marker",
    "read_name",
    "split_extras",
    "split_marker",
    "split_trailing_extras",
    "standard",
]

_EXTRAS = re.compile(r"(?s)(.*[^/\[\]])\[([^\[\]]*)\]")
_MARKER_BREAK = re.compile(r"\s+;|;\s+|;$")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is known of one requirement while it is being read."""

    written: str
    origin: str
    folder: str
    editable: bool = False
    name: str = ""
    extras: frozenset[str] = field(default_factory=frozenset)
    marker: str = ""
    fragment: tuple[tuple[str, str], ...] = ()

    def error(self, reason: str, hint: str = "") -> RequestError:
        """Return the error that names this requirement and where it was written."""
        lead = "-e " if self.editable else ""
        problem = f"{self.origin}: {lead}{self.written!r} {reason}"
        return RequestError(presentable(problem), hint=presentable(hint))


def standard(text: str) -> Requirement | str:
    """Return the requirement (PEP 508), or the reason why it is none."""
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        return str(error).partition("\n")[0]
    except RecursionError:  # parentheses nested by the thousand in a marker
        return "The marker is nested too deeply"
    except ValueError as error:  # numbers that int() refuses to read
        return str(error).partition("\n")[0]


def split_marker(wish: Wish) -> tuple[str, str]:
    """Return the address that was written and its marker, or "" for none."""
    # An address may hold semicolons itself: only one beside white space begins a marker (PEP 508).
    pieces = _MARKER_BREAK.split(wish.written, maxsplit=1)
    return pieces[0].strip(), read_marker(wish, pieces[1]) if len(pieces) > 1 else ""


def read_marker(wish: Wish, text: str) -> str:
    """Return a marker (PEP 508) in its plain spelling, or "" for white space."""
    if not text.strip():
        return ""
    try:
        return str(Marker(text.strip()))
    except (InvalidMarker, ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise wish.error(f"has a marker that cannot be read: {reason}") from error


def split_trailing_extras(text: str) -> tuple[str, frozenset[str]]:
    """Return `text` without the `[extras]` at its end, and these; unreadable ones are no extras."""
    found = _EXTRAS.fullmatch(text)
    probe = standard(f"placeholder[{found.group(2)}]") if found is not None else ""
    if found is None or isinstance(probe, str):
        return text, frozenset()
    return found.group(1).rstrip(), frozenset(probe.extras)


def read_name(text: str, option: str) -> str:
    """Return a distribution's normalized name.

    Args:
        text: what was written.
        option: the option that it was written behind, for messages.

    Raises:
        RequestError: it is no name alone.
    """
    parsed = standard(text)
    if isinstance(parsed, str) or str(parsed) != parsed.name:
        raise RequestError(f"{option} {presentable(text)!r} is not a distribution's name")
    return canonicalize_name(parsed.name)


def split_extras(wish: Wish, text: str) -> tuple[str, frozenset[str]]:
    """Return `text` without the `[extras]` at its end, and these."""
    found = _EXTRAS.fullmatch(text)
    if found is None:
        return text, frozenset()
    probe = standard(f"placeholder[{found.group(2)}]")
    if isinstance(probe, str):
        raise wish.error(f"has extras that cannot be read: {probe}")
    return found.group(1).rstrip(), frozenset(probe.extras)


def read_fragment(text: str) -> tuple[tuple[str, str], ...]:
    """Return the (key, value) pairs of an address's fragment, in order."""
    pairs = (piece.partition("=") for piece in text.split("&") if piece)
    return tuple((key, value) for key, _, value in pairs)


def named_by_egg(wish: Wish) -> Wish:
    """Take name and extras from `#egg=name[extra]`; the name beside the `@` weighs more."""
    egg = dict(wish.fragment).get("egg", "")
    if not egg:
        return wish
    parsed = standard(unquote(egg))
    if isinstance(parsed, str) or parsed.specifier or parsed.marker or parsed.url:
        raise wish.error(f"has #egg={egg}, which is not a name", "Write name @ address instead")
    if wish.name and canonicalize_name(wish.name) != canonicalize_name(parsed.name):
        raise wish.error(f"has two names, {wish.name} and {parsed.name}", "Leave out #egg=")
    return replace(wish, name=wish.name or parsed.name, extras=wish.extras | parsed.extras)


def named_by_wheel(wish: Wish, filename: str) -> Wish:
    """Take the name from a wheel's file name; the name that was asked for must agree."""
    try:
        name = parse_wheel_filename(filename)[0]
    except (InvalidWheelFilename, ValueError) as error:
        raise wish.error("does not have the file name of a wheel (PEP 427)") from error
    if wish.name and canonicalize_name(wish.name) != name:
        raise wish.error(f"asks for {wish.name}, but the file is a wheel of {name}")
    return replace(wish, name=wish.name or name)


def named_by_sdist(wish: Wish, filename: str) -> Wish:
    """Take the name from a source archive's file name, where it follows PEP 625."""
    if wish.name:
        return wish
    try:
        return replace(wish, name=parse_sdist_filename(filename)[0])
    except (InvalidSdistFilename, ValueError):  # only its content tells its name
        return wish
