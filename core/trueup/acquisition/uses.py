"""Uses: which environments a pack was installed into without bytecode of all its modules.

What pays to compile is what is imported, and an environment tells that after its first run: Python
has put bytecode of every module that it imported beside it. The names of those files are all that
is taken from there. What is compiled is the source in the store, by its number in the pack.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Mapping

from trueup.acquisition.bytecode import Kind, kind_name
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store
from trueup.acquisition.store_records import read_record, write_record
from trueup.acquisition.store_temporary import remove
from trueup.values import dataclass, field

TYPE_CHECKING = False  # as `typing` has it, whose import takes 3 ms
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "Use",
    "age_of",
    "imported",
    "is_due",
    "keep_use",
    "looked",
    "read_use",
    "use_path",
    "uses_of",
]

_MOST = 20  # environments of one kind of Python that are remembered: the latest ones
_PAUSE = 600.0  # seconds between two looks at what else has been imported since
_LIBRARIES = ("purelib", "platlib")


@dataclass(frozen=True, slots=True)
class Use:
    """What was installed into one environment.

    Attributes:
        path: where this is recorded.
        root: the environment's directory.
        libraries: "purelib" and "platlib" to their directories.
        packs: digest to how often it was installed there.
        imported: digest to modules, by number, that an environment in that place had imported
            before it was made anew.
    """

    path: str
    root: str
    libraries: Mapping[str, str]
    packs: Mapping[str, int]
    imported: Mapping[str, list[int]] = field(default_factory=dict)


def use_path(store: Store, root: str, kind: Kind) -> str:
    """Return where the use of packs in the environment `root` is recorded."""
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
    return os.path.join(store.folder("uses"), f"{kind_name(kind)}-{name}.json")


def read_use(path: str) -> Use | None:
    """Return what is recorded at `path`; None for nothing, or nothing that makes sense."""
    found = read_record(path)
    try:
        return None if found is None else Use(path, **found)
    except TypeError:
        return None


def uses_of(store: Store, kind: Kind) -> list[Use]:
    """Return all uses by one kind of Python, the latest first; forget what is beyond the limit."""
    folder, start = store.folder("uses"), f"{kind_name(kind)}-"
    found: list[tuple[float, str]] = []
    for entry in os.scandir(folder):
        if entry.name.startswith(start):
            try:
                found.append((entry.stat().st_mtime, entry.path))
            except OSError:
                continue  # gone meanwhile
    found.sort(reverse=True)
    for _, path in found[_MOST:]:
        remove(path)
    return [use for _, path in found[:_MOST] if (use := read_use(path)) is not None]


def keep_use(store: Store, use: Use) -> None:
    """Record `use`; one of no packs is forgotten.

    Raises:
        StoreError: there is no room for it.
    """
    if not use.packs:
        remove(use.path)
        return
    value: dict[str, Any] = {
        "root": use.root,
        "libraries": dict(use.libraries),
        "packs": dict(use.packs),
        "imported": dict(use.imported),
    }
    write_record(use.path, use.root, value, store.folder("temporary"))


def imported(pack: Pack, libraries: Mapping[str, str], cache_tag: str) -> set[int] | None:
    """Return which modules of `pack` have bytecode where it is installed, by number in the pack.

    Args:
        pack: what is installed.
        libraries: "purelib" and "platlib" to their directories.
        cache_tag: of the Python whose bytecode counts.

    Returns:
        None where it is not installed there.
    """
    if not os.path.isdir(os.path.join(libraries[pack.root], pack.dist_info)):
        return None
    end = f".{cache_tag}.pyc"
    found: set[int] = set()
    number = 0
    for directory, count in zip(pack.directories, pack.counts, strict=True):
        names = pack.names[number : number + count]
        scheme, _, rest = directory.partition("/")
        if scheme in _LIBRARIES and any(name.endswith(".py") for name in names):
            cache = os.path.join(libraries[scheme], rest, "__pycache__")
            stems = {name[: -len(end)] for name in _listed(cache) if name.endswith(end)}
            for at, name in enumerate(names, number) if stems else ():
                if name.endswith(".py") and name[:-3] in stems:
                    found.add(at)
        number += count
    return found


def _listed(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:  # nothing in it was imported; or nobody lets us look
        return []


def is_due(store: Store, kind: Kind) -> bool:
    """Whether it is some time ago that somebody looked at what was imported."""
    return age_of(_mark(store, kind)) > _PAUSE


def looked(store: Store, kind: Kind) -> None:
    """Remember that somebody has just looked.

    Raises:
        OSError: nothing can be written.
    """
    path = _mark(store, kind)
    with open(path, "ab"):
        os.utime(path)


def _mark(store: Store, kind: Kind) -> str:
    return os.path.join(store.folder("uses"), f"looked.{kind_name(kind)}")


def age_of(path: str) -> float:
    """Return how many seconds ago a file was touched; infinite where it is not there."""
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return math.inf
