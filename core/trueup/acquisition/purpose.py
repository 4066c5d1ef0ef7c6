"""What a folder is listed for: all of its names, those that match a pattern, or to find packages.

Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["purpose_of_listing"]

# An import, or a search for installed distributions, lists a folder to find some names in it:
# other files there do not matter to it.
_SEARCHERS = (
    "_frozen_importlib",
    "importlib",
    "pkg_resources",
    "pkgutil",
    "setuptools._vendor.importlib_metadata",
    "zipimport",
)
_GLOBS = ("glob", "setuptools.glob")
_WALKERS = ("os", "ntpath", "posixpath", "genericpath")
# Setuptools goes through the files that an sdist holds by default, whatever it builds.
_FOR_SDISTS = frozenset(("_add_defaults_optional", "_add_defaults_standards"))
_DEEPEST = 12
# How setuptools decides whether a folder is a package: by `__init__.py`, not at all (PEP 420), by
# its name.
_FINDERS = {
    "PackageFinder": "regular",
    "PEP420PackageFinder": "namespace",
    "FlatLayoutPackageFinder": "flat",
}


def purpose_of_listing(depth: int) -> tuple[str, ...]:
    """Return the kind of a listing, and what more there is to say.

    ("L",) all names; ("G", pattern) those that match, as `glob` has it; ("K", finder) folders that
    could be packages to a finder of setuptools (`_of_search`); ("I",) a search for names that are
    known.

    Args:
        depth: how many frames above this one the listing is asked for.
    """
    frames = list(_frames(depth + 1))
    name = _module(frames[0]) if frames else ""
    if name.startswith(_SEARCHERS) or any(map(_is_for_sdists, frames)):
        return ("I",)
    if name in _GLOBS:
        return _of_glob(frames)
    for frame in frames:
        name = _module(frame)
        if name not in _WALKERS:
            found = name in ("setuptools", "setuptools.discovery")
            return _of_search(frame) if found and frame.f_code.co_name == "_find_iter" else ("L",)
    return ("L",)


def _frames(depth: int) -> Any:
    frame: Any = sys._getframe(depth + 1)  # noqa: SLF001 - as documented
    for _ in range(_DEEPEST):
        if frame is None:
            return
        if not _module(frame).startswith("_trueup"):
            yield frame
        frame = frame.f_back


def _module(frame: Any) -> str:
    return frame.f_globals.get("__name__") or ""


def _is_for_sdists(frame: Any) -> bool:
    return frame.f_code.co_name in _FOR_SDISTS and _module(frame).endswith("command.sdist")


def _of_glob(frames: Any) -> tuple[str, ...]:
    for frame in frames:
        if _module(frame) not in _GLOBS:
            break
        if frame.f_code.co_name in ("_glob1", "glob1"):
            pattern = frame.f_locals.get("pattern")
            return ("G", pattern) if isinstance(pattern, str) else ("L",)
    return ("L",)  # a recursive one


def _of_search(frame: Any) -> tuple[str, ...]:
    """Return ("K", finder): its kind, and for the top of a search all patterns; "" if not known.

    With "/" between them: "-" and what it leaves out, "+" and what it takes.
    """
    names = frame.f_locals
    finder = names.get("cls")
    look = getattr(finder, "_looks_like_package", None)
    kind = _FINDERS.get(getattr(finder, "__name__", ""), "")
    own = [getattr(one, "__module__", "") == "setuptools.discovery" for one in (finder, look)]
    if not kind or not all(own):
        return ("K", "")
    if "root" in names:  # not the first folder
        return ("K", kind)
    patterns = [
        sign + pattern
        for sign, name in (("-", "exclude"), ("+", "include"))
        for pattern in getattr(names.get(name), "_patterns", ())
    ]
    plain = all("/" not in pattern for pattern in patterns)
    return ("K", "/".join([kind, *patterns]) if plain else kind)
