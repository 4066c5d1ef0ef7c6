"""What the store keeps of builds in source trees that have come to no end, or not yet.

A record for each tree, and the folder in which a build works: who is killed leaves both, and the
next build of that tree finds out from them what the killed one did. So they stay until then,
unlike what lies in the folder of temporary things.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trueup.acquisition.store_records import read_record, record_path, write_record
from trueup.acquisition.store_temporary import is_alive, make_temporary, remove

if TYPE_CHECKING:
    from trueup.acquisition.store import Store

__all__ = [
    "all_attempts",
    "find_attempt",
    "forget_attempt",
    "make_workplace",
    "outdated",
    "write_attempt",
]

_FOLDER = "attempts"
_RECORD = ".json"


def find_attempt(store: Store, tree: str) -> dict[str, Any]:
    """Return what is remembered of attempts to build in a tree; {} for nothing.

    Args:
        store: remembers.
        tree: the top folder, absolute.
    """
    return read_record(_path(store, tree), tree) or {}


def write_attempt(store: Store, tree: str, value: dict[str, Any]) -> None:
    """Remember `value`, which can be anything that JSON can hold, of attempts to build in a tree.

    Raises:
        StoreError: there is no room for it.
    """
    store.folder(_FOLDER)
    write_record(_path(store, tree), tree, {**value, "tree": tree}, store.folder("temporary"))


def forget_attempt(store: Store, tree: str) -> None:
    """Remember nothing any more: a build of this tree came to a good end."""
    remove(_path(store, tree))


def make_workplace(store: Store) -> str:
    """Make a folder for a build to work in; who is killed leaves it.

    Raises:
        StoreError: it cannot be made.
    """
    return make_temporary(store.folder(_FOLDER))


def outdated(store: Store) -> Iterator[str]:
    """Yield the paths of what is of no use: of trees that are gone, and of dead processes.

    Not the folder that a killed build left, as long as its tree is there.
    """
    needed: set[str] = set()
    for path, record in _records(store):
        if os.path.isdir(str(record.get("tree", ""))):
            needed.add(str(record.get("begun", "")))
        else:
            yield path
    yield from (path for path in _dead_workplaces(store) if path not in needed)


def all_attempts(store: Store) -> Iterator[str]:
    """Yield the paths of all that is kept of attempts, but of those that are still made."""
    dead = set(_dead_workplaces(store))
    for path, record in _records(store):
        begun = str(record.get("begun", ""))
        if begun in dead or not os.path.isdir(begun):
            yield path
    yield from dead


def _records(store: Store) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in _entries(store):
        if path.endswith(_RECORD):
            yield path, read_record(path) or {}


def _dead_workplaces(store: Store) -> Iterator[str]:
    for path in _entries(store):
        if not path.endswith(_RECORD) and not is_alive(path, os.path.basename(path)):
            yield path


def _entries(store: Store) -> list[str]:
    folder = os.path.join(store.layout, _FOLDER)
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []  # never made


def _path(store: Store, tree: str) -> str:
    return record_path(os.path.join(store.layout, _FOLDER), tree)
