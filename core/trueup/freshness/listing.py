"""Which names in one folder count."""

from __future__ import annotations

import os
from collections.abc import Mapping

from trueup.freshness.finders import could_be_package
from trueup.freshness.fingerprint import ListingRule
from trueup.freshness.names import is_by_product, is_licence, is_noise

__all__ = ["DEPTHS", "counts", "has_odd_links", "kind_of"]

_INIT = "__init__.py"
_DEEPEST = 40

DEPTHS: Mapping[ListingRule, int] = {
    "folders": 2,
    "found": 1,
    "modules": _DEEPEST,
    "namespaces": 1,
    "packages": 2,
    "sought": 1,
}
"""How many levels below a folder have a say in which of its names count, where the folder's own
times do not tell."""


def counts(
    item: os.DirEntry[str], rule: ListingRule, patterns: str = "", *, top: bool = False
) -> bool:
    """Whether the name of a folder's entry counts by `rule`, with its `patterns`.

    At the top of a project (`top`) builds leave folders such as `build`. Further down a folder of
    that name is a package like others.
    """
    if rule == "matching":
        return any(_matches(item.name, pattern) for pattern in patterns.split("/"))
    if rule == "all" or (rule != "sought" and is_licence(item.name)):
        return True
    if rule == "modules":
        return _is_module(item.name) or _holds_any_module(item)
    if rule == "namespaces":
        may_be = could_be_package(item, patterns) if patterns else _may_be_namespace(item, top=top)
        return may_be and not os.path.exists(os.path.join(item.path, _INIT))
    if rule == "licences" or item.name.endswith(".py"):
        return rule not in {"licences", "sought"}
    return _holds_package(item, rule, patterns, top=top)


def kind_of(item: os.DirEntry[str]) -> str:
    """Return what a backend takes a name for: "/" for a folder, "?" for a link to nothing."""
    try:
        if item.is_dir():
            return "/"
        return "?" if item.is_symlink() and not os.path.exists(item.path) else ""
    except OSError:
        return "?"


def has_odd_links(folder: str) -> bool:
    """Whether a folder holds links to folders or to nothing.

    What such a link leads to can change without a trace in the folder's own times.
    """
    try:
        with os.scandir(folder) as listing:
            return any(item.is_symlink() and kind_of(item) for item in listing)
    except OSError:
        return False


def _matches(name: str, pattern: str) -> bool:
    """Whether `glob` would find a name: hidden ones only by a pattern that begins like them."""
    from fnmatch import fnmatch

    return fnmatch(name, pattern) and (pattern.startswith(".") or not name.startswith("."))


def _holds_package(item: os.DirEntry[str], rule: ListingRule, patterns: str, *, top: bool) -> bool:
    if rule in {"found", "sought"}:
        return could_be_package(item, patterns)
    may_be = rule == "folders" and _may_be_namespace(item, top=top)
    return may_be or _may_be_package(item, top=top)


def _may_be_namespace(item: os.DirEntry[str], *, top: bool) -> bool:
    try:
        # setuptools takes any folder without a dot in its name for one (PEP420PackageFinder).
        idle = top and is_by_product(item.name)
        return "." not in item.name and not idle and item.is_dir()
    except OSError:
        return False


def _may_be_package(item: os.DirEntry[str], *, top: bool) -> bool:
    try:
        if item.name.startswith(".") or not item.is_dir():
            return False
        if top and is_by_product(item.name):  # of whoever else builds here; unless it is a package
            return os.path.exists(os.path.join(item.path, _INIT))
        return _holds_modules(item.path, 1)
    except OSError:
        return False


def _holds_modules(folder: str, deeper: int) -> bool:
    """Whether modules lie in a folder or, as in namespace packages, in one of its folders."""
    below: list[str] = []
    with os.scandir(folder) as listing:
        for item in listing:
            if item.name.endswith(".py"):
                return True
            if deeper and not is_noise(item.name) and item.is_dir():
                below.append(item.path)
    return any(_holds_modules(path, deeper - 1) for path in below)


def _is_module(name: str) -> bool:
    """Whether setuptools takes a file of this name out of a package without being told."""
    name = name.lower()
    return name.endswith((".py", ".pyi")) or name == "py.typed"


def _holds_any_module(item: os.DirEntry[str]) -> bool:
    """Whether a folder holds a module at any depth; also where nobody can look, or see an end."""
    try:
        return item.is_dir() and _holds_deep(item.path, _DEEPEST, set())
    except OSError:
        return True


def _holds_deep(folder: str, deeper: int, seen: set[tuple[int, int]]) -> bool:
    """Whether modules lie below a folder; also where a link leads to one that was `seen` before."""
    status = os.stat(folder)
    place = status.st_dev, status.st_ino
    if not deeper or place in seen:
        return True
    seen.add(place)
    with os.scandir(folder) as listing:
        items = list(listing)
    if any(_is_module(item.name) for item in items):
        return True
    return any(_holds_deep(item.path, deeper - 1, seen) for item in items if item.is_dir())
