"""Where the files of a wheel go: each to a scheme's directory, none onto another, none outside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from trueup.acquisition.wheel_rules import broken_name_rule, collision_key, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.acquisition.wheel_metadata import WheelName

__all__ = ["Placement", "check_commands", "find_dist_info", "place"]

_SCHEMES = ("purelib", "platlib", "scripts", "data", "headers")

# Written by whoever installs, and therefore not taken from a wheel: who installed it, whether it
# was asked for, where it came from (PEP 376, PEP 610), and RECORD with its signatures.
_INSTALLERS = frozenset(
    {
        "record",
        "record.jws",
        "record.p7s",
        "installer",
        "requested",
        "direct_url.json",
        "trueup.json",
    }
)

_EXECUTABLE = r"(?:\.(?:exe|com|bat|cmd))?"
_INTERPRETER = re.compile(
    rf"(?:pythonw?|pypyw?)[0-9.]*[dt]*(?:-config)?{_EXECUTABLE}|(?:de)?activate(?:_this\.py|\..*)?"
    r"|pyvenv\.cfg|.*\._pth|python[0-9.t]*\.(?:dll|zip)"
)
_PIP = re.compile(rf"pip-?[0-9.]*{_EXECUTABLE}")
_STANDARD_LIBRARY = re.compile(r"lib(?:64)?/(?:python|pypy)[0-9.]+t?/(?!(?:site|dist)-packages/)")
_METADATA_IN_DATA = re.compile(r"(?:.*/)?(?:site|dist)-packages/[^/]*\.(?:dist|egg)-info(?:/.*)?")


class Placement(NamedTuple):
    """Where one file goes; a named tuple, because there are tens of thousands.

    Attributes:
        directory: "scheme/relative/directory", as in a pack.
        name: the file's own name.
        kept: False for what an installer writes itself.
    """

    directory: str
    name: str
    kept: bool

    @property
    def path(self) -> str:
        """Directory and name in one."""
        return f"{self.directory}/{self.name}"


def find_dist_info(paths: Iterable[str], wheel: str) -> str:
    """Return the name of the one dist-info directory at the top of the archive.

    Raises:
        WheelRefused: there is none, or more than one.
    """
    found = {path.split("/", 1)[0] for path in paths if "/" in path}
    # Letter case is ignored, as it is by whoever looks for distributions later.
    found = {name for name in found if name.lower().endswith(".dist-info")}
    if not found:
        raise refusal(wheel, "dist-info-missing")
    if len(found) > 1:
        raise refusal(wheel, "dist-info-many", detail=", ".join(sorted(found)))
    directory = found.pop()
    if not directory.endswith(".dist-info"):
        raise refusal(wheel, "dist-info-missing", directory)
    return directory


def place(
    paths: Iterable[str], directories: Iterable[str], root: str, dist_info: str, wheel: WheelName
) -> dict[str, Placement]:
    """Return where each file goes.

    Args:
        paths: the names of the archive's files.
        directories: the names of its directories, each with its slash.
        root: "purelib" or "platlib".
        dist_info: the name of the dist-info directory.
        wheel: for whom.

    Raises:
        WheelRefused: by one of the rules on names and places.
    """
    known: set[str] = set()
    for path in directories:
        if rule := broken_name_rule(path[:-1], known):
            raise refusal(wheel.filename, rule, path)
    placed: dict[str, Placement] = {}
    for path in paths:
        if rule := broken_name_rule(path, known):
            raise refusal(wheel.filename, rule, path)
        if path in placed:
            raise refusal(wheel.filename, "name-duplicate", path)
        placed[path] = _place_one(path, root, dist_info, wheel)
    _check_collisions(placed, wheel.filename)
    return placed


def _place_one(path: str, root: str, dist_info: str, wheel: WheelName) -> Placement:
    top, _, rest = path.partition("/")
    kept = True
    if top == dist_info:
        kept = rest.lower() not in _INSTALLERS
        target = f"{root}/{path}"
    elif top.lower().endswith(".data") and rest:
        target = _data_target(path, dist_info, wheel)
    else:
        target = f"{root}/{path}"
    directory, _, name = target.rpartition("/")
    placement = Placement(directory, name, kept)
    if top != dist_info and (rule := _broken_place_rule(target, wheel)):
        raise refusal(wheel.filename, rule, path)
    return placement


def _data_target(path: str, dist_info: str, wheel: WheelName) -> str:
    top, _, rest = path.partition("/")
    stem, _, suffix = top.rpartition(".")
    name, _, version = stem.rpartition("-")
    own_name, _, own_version = dist_info.removesuffix(".dist-info").rpartition("-")
    is_own = canonicalize_name(name) == canonicalize_name(own_name) and version == own_version
    if suffix != "data" or not is_own:
        raise refusal(wheel.filename, "data-foreign", path)
    if rest.partition("/")[0] not in _SCHEMES or "/" not in rest:
        raise refusal(wheel.filename, "data-scheme", path)
    return rest


def _broken_place_rule(target: str, wheel: WheelName) -> str:
    scheme, _, path = target.lower().partition("/")
    top = path.split("/", 1)[0]
    if top == ".trueup":
        return "state-directory"
    if scheme in {"purelib", "platlib"}:
        return "dist-info-many" if top.endswith(".dist-info") else ""
    if scheme == "scripts":
        return "script-reserved" if _is_reserved(path, wheel) else ""
    if scheme == "data":
        if _METADATA_IN_DATA.fullmatch(path):
            return "dist-info-many"
        command = path.split("/", 1)[1] if top in {"bin", "scripts"} and "/" in path else path
        if _STANDARD_LIBRARY.match(path) or _is_reserved(command, wheel):
            return "environment-file"
    return ""


def _is_reserved(name: str, wheel: WheelName) -> bool:
    """Whether the command `name` would replace a part of the environment."""
    folded = name.lower()
    if _INTERPRETER.fullmatch(folded):
        return True
    return wheel.name != "pip" and _PIP.fullmatch(folded) is not None


def check_commands(names: Iterable[str], placed: Iterable[Placement], wheel: WheelName) -> None:
    """Check the commands that entry points ask for, among themselves and against scripts.

    Raises:
        WheelRefused: one leaves the folder of scripts, replaces a part of the environment, or is
            there twice.
    """
    taken = {collision_key(place.name) for place in placed if place.directory == "scripts"}
    for name in names:
        if "/" in name or broken_name_rule(name):
            raise refusal(wheel.filename, "script-name", name)
        if _is_reserved(name, wheel):
            raise refusal(wheel.filename, "script-reserved", name)
        if collision_key(name) in taken:
            raise refusal(wheel.filename, "script-collision", name)
        taken.add(collision_key(name))


def _check_collisions(placed: dict[str, Placement], wheel: str) -> None:
    """No two files may be one, and no file a directory, however a file system compares names."""
    files: dict[str, str] = {}
    for path, placement in placed.items():
        key = collision_key(_merged(placement.path))
        if files.setdefault(key, path) != path:
            raise refusal(wheel, "name-collision", path, detail=f"with {files[key]}")
    directories: set[str] = set()
    for placement in placed.values():
        directory = placement.directory
        while directory and directory not in directories:
            directories.add(directory)
            directory = directory.rpartition("/")[0]
    for directory in directories:
        key = collision_key(_merged(directory))
        if key in files:
            raise refusal(wheel, "name-file-and-directory", files[key])


def _merged(target: str) -> str:
    """Return `target` with the schemes that are one directory in most environments made one."""
    scheme, _, path = target.partition("/")
    if scheme == "platlib":
        return f"purelib/{path}"
    if scheme == "data" and path.lower().startswith(("bin/", "scripts/")):
        return f"scripts/{path.split('/', 1)[1]}"
    return target
