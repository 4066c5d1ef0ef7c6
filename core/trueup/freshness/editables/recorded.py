"""What an install says of itself: the headers of METADATA, its description, its entry points."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from trueup.destination.installed import InstalledDistribution
from trueup.values import dataclass

__all__ = ["Recorded", "parse_entry_points", "read_recorded"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The metadata of an installed distribution (core metadata specification).

    Attributes:
        headers: lower-case field name to its values, in their order.
        description: the long description; "".
        entry_points: "group/name" to what it calls, without blanks.
        generator: what built the wheel, as WHEEL says; "".
        requirements: what it depends on; of an egg-info, out of requires.txt.
    """

    headers: Mapping[str, list[str]]
    description: str
    entry_points: Mapping[str, str]
    generator: str
    requirements: tuple[str, ...]

    def first(self, field: str) -> str:
        """Return the first value of a field, or ""."""
        values = self.headers.get(field.lower())
        return values[0] if values else ""

    def every(self, field: str) -> list[str]:
        """Return all values of a field."""
        return self.headers.get(field.lower(), [])


def read_recorded(distribution: InstalledDistribution) -> Recorded:
    """Return what a distribution's own files say.

    A file that cannot be read counts as empty: then nothing in it agrees with the project.
    """
    headers, description = _parse(_text(distribution.metadata_path))
    beside = os.path.dirname(distribution.metadata_path)
    entry_points = parse_entry_points(_text(os.path.join(beside, "entry_points.txt")))
    generator = ""
    if distribution.kind == "dist-info":
        generator = "".join(_parse(_text(os.path.join(beside, "WHEEL")))[0].get("generator", []))
        requirements = tuple(headers.get("requires-dist", ()))
    else:
        requirements = tuple(_egg_requirements(_text(os.path.join(beside, "requires.txt"))))
    return Recorded(headers, description, entry_points, generator, requirements)


def parse_entry_points(text: str) -> dict[str, str]:
    """Return the entry points of an entry_points.txt: "group/name" to "module:object"."""
    found: dict[str, str] = {}
    group = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            group = line.strip("[] ")
        elif line and line[0] not in "#;":
            name, _, target = line.partition("=")
            found[f"{group}/{name.strip()}"] = re.sub(r"\s+", "", target)
    return found


def _text(path: str) -> str:
    if not path:
        return ""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _parse(text: str) -> tuple[dict[str, list[str]], str]:
    """Split the headers and the body of a file in the format of e-mail."""
    head, _, body = text.partition("\n\n")
    headers: dict[str, list[str]] = {}
    last: list[str] | None = None
    for line in head.splitlines():
        if line[:1] in " \t" and last is not None:
            last[-1] += "\n" + re.sub(r"^( {8}|       \||\s+)", "", line)
            continue
        key, separator, value = line.partition(":")
        if separator:
            last = headers.setdefault(key.strip().lower(), [])
            last.append(value.strip())
    if "description" in headers:  # before metadata 2.1 it stood among the headers
        body = body or headers["description"][0]
    return headers, body


def _egg_requirements(text: str) -> list[str]:
    """Return the requirements of a requires.txt, written as Requires-Dist has them."""
    found, extra, marker = [], "", ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            extra, _, marker = line.strip("[]").partition(":")
        elif line:
            conditions = [f"({marker})"] if marker else []
            conditions += [f'extra == "{extra}"'] if extra else []
            found.append(line + ("; " + " and ".join(conditions) if conditions else ""))
    return found
