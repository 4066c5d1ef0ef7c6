"""What a wheel says of itself: its file name, METADATA, WHEEL, and the commands it wants."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

from packaging.metadata import parse_email
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from trueup.acquisition.wheel_rules import refusal
from trueup.values import dataclass

if TYPE_CHECKING:
    from packaging.tags import Tag

__all__ = [
    "WheelName",
    "check_dist_info",
    "check_metadata",
    "command_names",
    "parse_name",
    "read_wheel_file",
]

_WHEEL_VERSION = (1, 0)


@dataclass(frozen=True, slots=True)
class WheelName:
    """What a wheel's file name tells.

    Attributes:
        filename: the file name itself.
        name: normalized name of the distribution (PEP 503).
        version: as the file name has it, parsed.
        tags: what the wheel is for (PEP 425).
    """

    filename: str
    name: str
    version: Version
    tags: frozenset[Tag]


def parse_name(filename: str) -> WheelName:
    """Return what `filename` tells.

    Raises:
        WheelRefused: it is not the file name of a wheel.
    """
    try:
        name, version, _, tags = parse_wheel_filename(filename)
    except (InvalidWheelFilename, InvalidVersion) as problem:
        raise refusal(filename, "file-name", detail=str(problem)) from problem
    return WheelName(filename, name, version, tags)


def check_dist_info(directory: str, wheel: WheelName) -> None:
    """Check that the dist-info `directory` is that of the file name's distribution and version.

    Raises:
        WheelRefused: it is another's.
    """
    name, _, version = directory.removesuffix(".dist-info").rpartition("-")
    if canonicalize_name(name) != wheel.name or not _is_version(version, wheel.version):
        raise refusal(wheel.filename, "dist-info-name", directory)


def check_metadata(content: bytes, wheel: WheelName) -> None:
    """Check name and version of METADATA against the file name.

    Raises:
        WheelRefused: they differ, are missing, or are there twice.
    """
    raw, unparsed = parse_email(content)
    name, version = raw.get("name"), raw.get("version")
    if name is None or version is None:  # or there twice, and therefore unparsed
        twice = ", ".join(sorted({"name", "version"} & unparsed.keys()))
        detail = f"{twice} is there twice" if twice else "name or version is missing"
        raise refusal(wheel.filename, "metadata-syntax", detail=detail)
    if canonicalize_name(name) != wheel.name:
        raise refusal(wheel.filename, "metadata-name", detail=name)
    if not _is_version(version, wheel.version):
        raise refusal(wheel.filename, "metadata-version", detail=version)


def _is_version(text: str, version: Version) -> bool:
    try:
        return Version(text.replace("_", "-")) == version
    except InvalidVersion:
        return False


def read_wheel_file(content: bytes, wheel: WheelName) -> tuple[str, tuple[str, ...]]:
    """Return the root scheme that the WHEEL file asks for, and what is odd about the file.

    Raises:
        WheelRefused: it cannot be read, or its version is not 1 (a newer minor one is only odd).
    """
    from installer.utils import parse_metadata_file  # brings zipfile and csv along

    try:
        fields = parse_metadata_file(content.decode())
        major, minor = (int(part) for part in fields.get("Wheel-Version", "").strip().split("."))
    except ValueError as problem:
        raise refusal(wheel.filename, "wheel-syntax", detail="Wheel-Version") from problem
    if major != _WHEEL_VERSION[0]:
        raise refusal(wheel.filename, "wheel-version", detail=f"{major}.{minor}")
    odd: list[str] = []
    if (major, minor) > _WHEEL_VERSION:
        odd.append(f"its Wheel-Version {major}.{minor} is newer than 1.0")
    tags = _parse_tags(fields.get_all("Tag") or [])
    if tags != wheel.tags:
        odd.append("its WHEEL file names other tags than its file name")
    purelib = fields.get("Root-Is-Purelib", "").strip().lower() == "true"
    return "purelib" if purelib else "platlib", tuple(odd)


def _parse_tags(texts: list[str]) -> frozenset[Tag]:
    from packaging.tags import parse_tag

    return frozenset(
        tag for text in texts if text.count("-") == 2 for tag in parse_tag(text.strip())
    )


def command_names(content: bytes, wheel: WheelName) -> list[str]:
    """Return the names of the commands that entry_points.txt asks for.

    Raises:
        WheelRefused: `installer`, which makes the commands later, could not read it.
    """
    from installer.utils import parse_entrypoints  # brings zipfile and csv along

    try:
        return [name for name, *_ in parse_entrypoints(content.decode())]
    except (configparser.Error, AssertionError, AttributeError, ValueError) as problem:
        # installer states its expectations by assert, which python -O turns into the others.
        detail = str(problem).split("\n", maxsplit=1)[0]
        raise refusal(wheel.filename, "entry-point-syntax", detail=detail) from problem
