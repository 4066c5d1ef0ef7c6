"""Where licence files come from that a project names by patterns (PEP 639).

Backends copy them into the metadata, of an editable as well, and find them each in a way of its
own: what they go through does not always tell by which names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase

from trueup.acquisition.snapshot import take_snapshot

__all__ = ["licence_patterns"]

_WILD = frozenset("*?[")


def licence_patterns(tree: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Yield each folder in which licence files are looked for, and the pattern of their names.

    Args:
        tree: the project's folder, absolute.
        content: of its pyproject.toml.
    """
    patterns = [one for one in _patterns(content) if not _WILD.isdisjoint(one)]
    folders = [""] if patterns else []
    if any("/" in one for one in patterns):
        entries = take_snapshot(tree).entries
        folders += [path for path, entry in entries.items() if entry.is_directory]
    for pattern in patterns:
        for folder in folders:
            yield from ((folder or ".", name) for name in _sought(pattern, folder))


def _patterns(content: bytes) -> list[str]:
    import tomllib

    try:
        found = tomllib.loads(content.decode()).get("project", {}).get("license-files", [])
    except (ValueError, AttributeError, RecursionError):
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _sought(pattern: str, folder: str) -> set[str]:
    """Return the patterns of names that decide in one folder, going by one of paths."""
    waiting = {tuple(pattern.split("/"))}
    for name in filter(None, folder.split("/")):
        waiting = {rest for parts in waiting for rest in _below(parts, name)}
    found: set[str] = set()
    for first, *more in waiting:
        found.update({"*", *more[:1]} if first == "**" else {first})
    return found


def _below(parts: tuple[str, ...], name: str) -> Iterator[tuple[str, ...]]:
    """Yield what of a pattern is left below a folder of this name."""
    first, *rest = parts
    if first == "**":
        yield parts
        if rest and rest[0] != "**":
            yield from _below(tuple(rest), name)
    elif rest and fnmatchcase(name, os.path.normcase(first)):
        yield tuple(rest)
