"""Looking after the store: what is in it, whether it is whole, and what may go.

All of it is safe beside running installs: a pack that is removed while somebody reads it stays
readable for them, and one that is removed before is got again. Locks are never removed, because a
lock that is deleted while it is held is held by nobody.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trueup.acquisition.attempts import all_attempts, outdated
from trueup.acquisition.bytecode import find_damage
from trueup.acquisition.store_records import read_record
from trueup.acquisition.store_temporary import remove, remove_leftovers
from trueup.errors import StoreError
from trueup.reporting import Event
from trueup.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.acquisition.store import Store

__all__ = ["Removed", "StoreInfo", "Verification", "clear", "info", "prune", "verify"]

_MEMORIES = (
    *("resolutions", "metadata", "glances", "interpreters", "downloads", "repositories"),
    *("build-environments", "uses"),
)
# Nobody can be asked whether a build runs in a build environment; one that was opened so lately
# is left to it.
_MAY_BUILD = ("build-environments", 3600.0)  # seconds
_CLEARED = ("packs", "bytecode", "builds", "damaged", *_MEMORIES)


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What is in a store.

    Attributes:
        root: its directory.
        writable: whether it can take more.
        packs: how many packs.
        bytecode: how many bytecode packs.
        builds: how many build records.
        sizes: bytes, by folder.
    """

    root: str
    writable: bool
    packs: int
    bytecode: int
    builds: int
    sizes: Mapping[str, int]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(self.sizes.values())


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying a store found.

    Attributes:
        checked: how many packs, bytecode packs and build records were looked at.
        damaged: digests of the packs that were set aside, and names of the bytecode packs and build
            records that were removed.
    """

    checked: int
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed from a store.

    Attributes:
        files: how many files.
        size: their bytes.
    """

    files: int
    size: int

    def __add__(self, other: Removed) -> Removed:
        return Removed(self.files + other.files, self.size + other.size)


_NOTHING = Removed(0, 0)


def info(store: Store) -> StoreInfo:
    """Return what is in `store`."""
    sizes = {entry.name: _measure(entry.path).size for entry in _entries(store.layout)}
    packs = sum(1 for _ in _digests(store))
    bytecode, builds = (
        len(_entries(os.path.join(store.layout, name))) for name in ("bytecode", "builds")
    )
    return StoreInfo(store.root, store.writable, packs, bytecode, builds, sizes)


def verify(store: Store) -> Verification:
    """Check every byte of every pack and bytecode pack of `store`, and every build record.

    What is damaged is set aside or removed, and said to the store's reporter.
    """
    checked = 0
    damaged: list[str] = []
    for digest in list(_digests(store)):
        checked += 1
        if not store.check_pack(digest):
            damaged.append(digest)
    for entry in _entries(os.path.join(store.layout, "bytecode")):
        checked += 1
        if damage := find_damage(entry.path):
            damaged.append(entry.name)
            store.reporter(Event("warning", entry.path, f"{damage}; it was removed"))
            remove(entry.path)
    for entry in _entries(os.path.join(store.layout, "builds")):
        checked += 1
        if read_record(entry.path) is None and os.path.lexists(entry.path):
            damaged.append(entry.name)
            remove(entry.path)
    return Verification(checked, tuple(damaged))


def prune(store: Store, older_than: float) -> Removed:
    """Remove what was not used for `older_than` seconds, and what is of no use without a pack.

    Raises:
        StoreError: the store is read-only.
    """
    _need_writable(store)
    before = time.time() - older_than
    removed = _NOTHING
    for digest in list(_digests(store)):
        pack, verified = (os.path.join(store.layout, "packs", digest + end) for end in _ENDS)
        # The mtime of the pack itself is part of its identity; the last use is its companion's.
        if max(_mtime(pack), _mtime(verified)) < before:
            removed += _remove(pack) + _remove(verified)
    left = set(_digests(store))
    for entry in _entries(os.path.join(store.layout, "packs")):
        if entry.name.split(".")[0] not in left and _mtime(entry.path) < before:
            removed += _remove(entry.path)
    for entry in _entries(os.path.join(store.layout, "builds")):
        record = read_record(entry.path)
        if record is None or record.get("pack") not in left or _mtime(entry.path) < before:
            removed += _remove(entry.path)
    for entry in _entries(os.path.join(store.layout, "bytecode")):
        if entry.name.split("-")[0] not in left or _mtime(entry.path) < before:
            removed += _remove(entry.path)
    removed += sum(
        (_remove(one) for one in list(outdated(store)) if _mtime(one) < before), _NOTHING
    )
    for name in ("damaged", *_MEMORIES):
        removed += _remove_older(store, name, before)
    remove_leftovers(os.path.join(store.layout, "temporary"))
    return removed


def clear(store: Store) -> Removed:
    """Remove everything but locks, and what running processes have not finished.

    Raises:
        StoreError: the store is read-only.
    """
    _need_writable(store)
    removed = _NOTHING
    for name in _CLEARED:
        removed += _remove_older(store, name, math.inf)
    removed += sum(map(_remove, list(all_attempts(store))), _NOTHING)
    remove_leftovers(os.path.join(store.layout, "temporary"))
    return removed


_ENDS = (".pack", ".verified")


def _remove_older(store: Store, name: str, before: float) -> Removed:
    """Remove what lies in the folder `name` and was last touched before that moment."""
    if name == _MAY_BUILD[0]:
        before = min(before, time.time() - _MAY_BUILD[1])
    found = _entries(os.path.join(store.layout, name))
    return sum((_remove(one.path) for one in found if _mtime(one.path) < before), _NOTHING)


def _need_writable(store: Store) -> None:
    if not store.writable:
        raise StoreError(
            f"the store {store.root} is read-only", hint="Ask its owner to look after it."
        )


def _digests(store: Store) -> Iterator[str]:
    for entry in _entries(os.path.join(store.layout, "packs")):
        if entry.name.endswith(_ENDS[0]):
            yield entry.name.removesuffix(_ENDS[0])


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []  # never made, or removed meanwhile


def _mtime(path: str) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0  # gone, which is older than anything


def _measure(path: str) -> Removed:
    """Return how many files and bytes `path` holds; links are not followed."""
    if os.path.isdir(path) and not os.path.islink(path):
        return sum((_measure(entry.path) for entry in _entries(path)), _NOTHING)
    try:
        return Removed(1, os.lstat(path).st_size)
    except OSError:
        return _NOTHING


def _remove(path: str) -> Removed:
    measured = _measure(path)
    remove(path)
    return measured if not os.path.lexists(path) else _NOTHING
