"""Which folders setuptools' finders of packages take for packages.

`setuptools.discovery`: `PackageFinder` ("regular") takes a folder with `__init__.py`,
`PEP420PackageFinder` ("namespace") any folder, `FlatLayoutPackageFinder` ("flat") one by its name.
None takes one with a dot in its name. At the top of a search, patterns tell what is left out and
what is taken; further down all is taken for taken here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

__all__ = ["could_be_package"]

_INIT = "__init__.py"
_WILD = "*?["


def could_be_package(item: os.DirEntry[str], finder: str) -> bool:
    """Whether a finder may take a folder, or anything in it, for a package.

    Args:
        item: what lies in a folder through which it goes.
        finder: as `acquisition.purpose` tells it: its kind, and patterns with "/" between them,
            those that begin with "-" for what is left out, with "+" for what is taken.
    """
    kind, *patterns = finder.split("/")
    name = item.name
    try:
        if "." in name or not item.is_dir():
            return False
        if kind == "regular" and not os.path.exists(os.path.join(item.path, _INIT)):
            return False
    except OSError:
        return False
    if kind == "flat" and not (name.isidentifier() or name.endswith("-stubs")):
        return False
    left_out = [one[1:] for one in patterns if one[:1] == "-"]
    taken = [one[1:] for one in patterns if one[:1] == "+"]
    if _leaves_out(left_out, name):
        return False
    return not taken or any(_may_take(pattern, name) for pattern in taken)


def _leaves_out(patterns: Sequence[str], name: str) -> bool:
    """Whether a package of this name is left out, with all that is in it."""
    from fnmatch import fnmatchcase

    inside = f"{name}*" in patterns or f"{name}.*" in patterns
    return inside and any(fnmatchcase(name, pattern) for pattern in patterns)


def _may_take(pattern: str, name: str) -> bool:
    """Whether a pattern may match a package of this name, or one that is in it."""
    ends = (at for at, letter in enumerate(pattern) if letter in _WILD)
    start = pattern[: next(ends, len(pattern))]
    inside = name + "."
    return inside.startswith(start) or start.startswith(inside)
