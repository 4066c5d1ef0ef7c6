"""Acquiring: every artifact becomes a pack, from the store, by a download, or by a build.

What downloads and what builds is imported when something has to be downloaded or built: a run that
finds everything in the store does not pay for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trueup.acquisition.identity import check_identity, check_python
from trueup.acquisition.supply import Acquired, Supply, origin
from trueup.destination.installed import path_in_url
from trueup.errors import FetchError
from trueup.resolution.artifact import Archive, Artifact, Sdist, Wheel

__all__ = ["acquire", "unpinned"]


def acquire(artifacts: Sequence[Artifact], supply: Supply) -> dict[str, Acquired]:
    """Return a pack for each of `artifacts`, by normalized name.

    Every pack is the distribution and version that its artifact says: an index, a lock or a build
    record that leads to another one is refused.

    Raises:
        FetchError, HashMismatch: a file cannot be got, or is not what was promised.
        WheelRefused: a wheel breaks a rule, or is another distribution than was asked for.
        SourceError, BuildError: a source cannot be unpacked or built, or builds something else.
    """
    got: dict[str, Acquired] = {}
    missing: list[Artifact] = []
    for artifact in artifacts:
        found = _in_store(artifact, supply)
        if found is not None:
            got[artifact.name] = found
        elif isinstance(artifact.source, Wheel):
            missing.append(artifact)
    if missing:
        from trueup.acquisition.wheel_download import download_wheels

        got.update(download_wheels(missing, supply))
    for artifact in artifacts:
        if artifact.name not in got:
            from trueup.acquisition.source_build import acquire_by_building

            got[artifact.name] = acquire_by_building(artifact, supply)
        check_identity(artifact, got[artifact.name].pack)
        check_python(artifact, got[artifact.name].pack, supply.interpreter)
    return got


def _in_store(artifact: Artifact, supply: Supply) -> Acquired | None:
    source = artifact.source
    if not isinstance(source, Wheel):
        return None
    digest = dict(source.hashes).get("sha256") or _digest_of_file(source.url)
    pack = supply.store.find_pack(digest) if digest else None
    if pack is None:
        return None
    return Acquired(pack, origin(artifact, source, pack.digest), "store")


def _digest_of_file(url: str) -> str:
    """Return the sha256 of a wheel on this machine; "" for one that lies elsewhere."""
    if not url.startswith("file:"):
        return ""
    import hashlib
    from urllib.parse import urlsplit

    path = path_in_url(urlsplit(url).path)
    try:
        with open(path, "rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise FetchError(
            f"{path} cannot be read: {error.strerror}",
            hint="check the path; a requirement or an index names it",
        ) from error


def unpinned(artifacts: Iterable[Artifact]) -> list[str]:
    """Return the names of artifacts that no strong hash pins, for `--require-hashes`."""
    return [
        one.name
        for one in artifacts
        if not isinstance(one.source, Wheel | Sdist | Archive)
        or not {name for name, _ in one.source.hashes} & {"sha256", "sha384", "sha512"}
    ]
