"""Anticipation: what of packs that are used again is worth compiling before it is asked for.

Decided here, done in the background; see `background`. A pack that is installed for the second time
is likely to be installed for a third. What was imported where it was installed before is compiled;
where nobody can tell, because that environment is gone or was never used, all but its tests are,
at the third time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from trueup.acquisition.bytecode import Kind, find_bytecode
from trueup.acquisition.compilation import Task, modules
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store
from trueup.acquisition.uses import (
    Use,
    age_of,
    imported,
    is_due,
    keep_use,
    read_use,
    use_path,
    uses_of,
)
from trueup.values import dataclass, replace

__all__ = ["Sight", "Spot", "anticipate", "decide", "forget", "look"]

_AGAIN = 2  # installs of a pack that make bytecode of what was imported worth its while
_OFTEN = 3  # installs that make bytecode of everything worth its while
_KNOWN = 3600.0  # seconds after which an environment has told what it can be expected to tell


@dataclass(frozen=True, slots=True)
class Spot:
    """Where packs have just been installed.

    Attributes:
        root: the environment's directory.
        libraries: "purelib" and "platlib" to their directories.
        before: the same of what was there before the environment was made anew, if it was.
    """

    root: str
    libraries: Mapping[str, str]
    before: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of one pack.

    Attributes:
        pack: it.
        times: how often it was installed, as far as anybody remembers.
        gone: how many of those environments are there no more, and can tell nothing.
        imported: its modules that were imported somewhere, by number; None where nobody can tell.
    """

    pack: Pack
    times: int
    gone: int
    imported: frozenset[int] | None


def anticipate(
    store: Store, packs: Mapping[str, Pack], some: Collection[str], kind: Kind, spot: Spot
) -> bool:
    """Record that `packs` are being installed; return whether the background has something to do.

    Args:
        store: where to.
        packs: digest to pack; those that nobody has compiled whole.
        some: digests of those that somebody has compiled in part.
        kind: of Python.
        spot: where they are installed.

    Raises:
        StoreError: there is no room for it.
    """
    path = use_path(store, spot.root, kind)
    known = read_use(path) or Use(path, spot.root, {}, {})
    others = [one for one in uses_of(store, kind) if one.path != path]
    here = {**known.packs, **{one: known.packs.get(one, 0) + 1 for one in packs}}
    times = _times([replace(known, packs=here), *others])
    new = {times[one] for one in packs if one not in some}
    due = bool(some) or max(new, default=0) > _OFTEN
    due = due and is_due(store, kind)
    worth = due or bool(new & {_AGAIN, _OFTEN})
    seen = dict(known.imported)
    for libraries in spot.before if worth else ():
        for digest, pack in packs.items():
            found = imported(pack, libraries, kind.cache_tag)
            if found:
                seen[digest] = sorted(found.union(seen.get(digest, ())))
    keep_use(store, replace(known, libraries=spot.libraries, packs=here, imported=seen))
    return worth


def _times(uses: Iterable[Use]) -> dict[str, int]:
    total: dict[str, int] = {}
    for use in uses:
        for digest, times in use.packs.items():
            total[digest] = total.get(digest, 0) + times
    return total


def look(store: Store, uses: Collection[Use], kind: Kind) -> list[Sight]:
    """Return what the environments of `uses` tell of their packs."""
    times = _times(uses)
    found = {digest: store.find_pack(digest) for digest in times}
    packs = {digest: pack for digest, pack in found.items() if pack is not None}
    compiled = {digest: _compiled(store, pack, kind) for digest, pack in packs.items()}
    seen = {digest: set(numbers) for digest, numbers in compiled.items() if numbers is not None}
    there = dict.fromkeys(packs, 0)
    for use in uses:
        told: dict[str, set[int]] = {}
        for digest in use.packs.keys() & packs.keys():
            numbers = imported(packs[digest], use.libraries, kind.cache_tag)
            there[digest] += numbers is not None
            told[digest] = (numbers or set()).union(use.imported.get(digest, ()))
        # Where nothing has been imported, nothing has been run: that tells nothing.
        if any(numbers - (compiled[digest] or set()) for digest, numbers in told.items()):
            for digest, numbers in told.items():
                seen.setdefault(digest, set()).update(numbers)
    return [
        Sight(
            *(pack, times[digest], times[digest] - there[digest]),
            frozenset(seen[digest]) if digest in seen else None,
        )
        for digest, pack in packs.items()
    ]


def _compiled(store: Store, pack: Pack, kind: Kind) -> set[int] | None:
    found = find_bytecode(store, pack, kind)
    return None if found is None else {at for at, size in enumerate(found.sizes) if size}


def decide(store: Store, sights: Collection[Sight], kind: Kind) -> list[Task]:
    """Return what is to be compiled: first what is known to be imported, then what may be."""
    known: list[Task] = []
    guessed: list[Task] = []
    for sight in sights:
        old = find_bytecode(store, sight.pack, kind)
        if old is not None and old.complete:
            continue
        every = {one.number for one in modules(sight.pack)}
        if sight.imported is not None and every:
            numbers = sight.imported & every
            new = old is None or any(not old.sizes[number] for number in numbers)
            if new and (old is not None or sight.times >= _AGAIN):
                known.append(Task(sight.pack, numbers, old))
        elif sight.times >= _AGAIN and (sight.gone >= _OFTEN - 1 or not every):
            guessed.append(Task(sight.pack, None, old))
    return [*known, *guessed]


def forget(store: Store, uses: Collection[Use], kind: Kind) -> None:
    """Forget environments that have told what they can tell, and packs that need nothing more.

    Raises:
        StoreError: there is no room to write.
    """
    partly: set[str] = set()
    wholly: set[str] = set()
    for digest in _times(uses):
        pack = store.find_pack(digest)
        found = None if pack is None else find_bytecode(store, pack, kind)
        if pack is None or (found is not None and found.complete):
            wholly.add(digest)
        elif found is not None:
            partly.add(digest)
    for use in uses:
        told = partly if age_of(use.path) > _KNOWN else set()
        left = {one: times for one, times in use.packs.items() if one not in wholly | told}
        if left != use.packs:
            seen = {one: numbers for one, numbers in use.imported.items() if one in left}
            keep_use(store, replace(use, packs=left, imported=seen))
