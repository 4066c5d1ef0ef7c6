"""Downloading wheels into the store: each is checked and packed while others still arrive."""

from __future__ import annotations

from collections.abc import Sequence

from trueup.acquisition.fetch import Fetched, Flight, Wanted, discard
from trueup.acquisition.pack import Pack
from trueup.acquisition.supply import Acquired, Supply, origin
from trueup.resolution.artifact import Artifact, Wheel

__all__ = ["download_wheels"]


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

    def settle(fetched: Fetched) -> None:
        packs[fetched.wanted] = supply.store.add_wheel(
            fetched.path, fetched.wanted.filename, expected_sha256=fetched.sha256
        )
        discard(fetched)

    flight = Flight(supply.store.folder("locks"), present, settle)
    into = supply.store.folder("downloads")
    for _ in supply.fetcher.fetch(
        tuple(dict.fromkeys(wanted.values())), into=into, reporter=supply.reporter, flight=flight
    ):
        pass
    got: dict[str, Acquired] = {}
    for artifact in artifacts:
        pack = packs[wanted[artifact.name]]
        got[artifact.name] = Acquired(
            pack, origin(artifact, artifact.source, pack.digest), "download"
        )
    return got
