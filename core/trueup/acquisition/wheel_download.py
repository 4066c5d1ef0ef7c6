"""Downloading wheels into the store: each is checked and packed while others still arrive."""

from __future__ import annotations

from collections.abc import Sequence

from trueup.acquisition.exchange import Cancelled
from trueup.acquisition.fetch import Fetched, Flight, Wanted, discard
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store
from trueup.acquisition.supply import Acquired, Supply, origin
from trueup.destination.company import Company, company
from trueup.reporting import Event
from trueup.resolution.artifact import Artifact, Wheel

__all__ = ["download_wheels", "pack_beside"]

_ENOUGH = 8 << 20  # bytes of wheels: packing them takes twice as long as a process takes to start
_USUAL = 1 << 18  # bytes; of a wheel whose size nobody told


def download_wheels(artifacts: Sequence[Artifact], supply: Supply) -> dict[str, Acquired]:
    """Return the packs of `artifacts`, all of them wheels, by normalized name.

    Processes that want the same wheel share one download, and find one another's pack.

    Raises:
        FetchError, HashMismatch: a file cannot be got, or is not what was promised.
        WheelRefused: a wheel breaks a rule.
    """
    wanted = {
        artifact.name: Wanted(source.url, source.filename, source.hashes, source.size)
        for artifact in artifacts
        if isinstance(source := artifact.source, Wheel)
    }
    packs: dict[Wanted, Pack] = {}

    def present(each: Wanted) -> bool:
        pack = supply.store.find_pack(dict(each.hashes).get("sha256", ""))
        if pack is not None:
            packs[each] = pack
        return pack is not None

    def acquired(artifact: Artifact) -> Acquired:
        pack = packs[wanted[artifact.name]]
        return Acquired(pack, origin(artifact, artifact.source, pack.digest), "download")

    files = tuple(dict.fromkeys(wanted.values()))
    with company(_helpers(files)) as packers:

        def settle(fetched: Fetched) -> None:
            packs[fetched.wanted] = _packed(fetched, supply.store, packers)
            discard(fetched)
            if supply.ready is not None and packers:
                for artifact in artifacts:
                    if wanted[artifact.name] == fetched.wanted:
                        supply.ready(artifact.name, acquired(artifact), packers)

        flight = Flight(supply.store.folder("locks"), present, settle)
        into = supply.store.folder("downloads")
        for _ in supply.fetcher.fetch(files, into=into, reporter=supply.reporter, flight=flight):
            pass
    return {artifact.name: acquired(artifact) for artifact in artifacts}


def _helpers(files: Sequence[Wanted]) -> int:
    """Return how many processes there is enough to pack for."""
    size = sum(_USUAL if each.size is None else each.size for each in files)
    return size // _ENOUGH if len(files) > 1 else 0


def _packed(fetched: Fetched, store: Store, packers: Company) -> Pack:
    """Return the pack of a wheel that has just come, made by one of `packers` or here."""
    filename, sha256 = fetched.wanted.filename, fetched.sha256
    done = packers.do(pack_beside, store.root, fetched.path, filename, sha256) if packers else None
    if done is None:
        if packers.dismissed:
            raise Cancelled("stopped")
        return store.add_wheel(fetched.path, filename, expected_sha256=sha256)
    pack: Pack
    pack, events = done[0]
    for event in events:
        store.reporter(event)
    return pack


def pack_beside(
    root: str, path: str, filename: str, sha256: str
) -> tuple[Pack, list[Event]]:  # called by name, in another process
    """Check and pack the wheel at `path` into the store at `root`; return what there is to tell.

    Raises:
        TrueupError: as `Store.add_wheel` does.
    """
    events: list[Event] = []
    store = Store(root, writable=True, reporter=events.append)
    return store.add_wheel(path, filename, expected_sha256=sha256), events
