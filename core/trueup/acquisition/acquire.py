"""Acquiring: every artifact becomes a pack, from the store, by a download, or by a build."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.request import url2pathname

from trueup.acquisition.build_key import build_key, pinned_source
from trueup.acquisition.builder import BuildOrder, Provision, build_wheel
from trueup.acquisition.credentials import Credentials
from trueup.acquisition.fetch import Fetched, Fetcher, Flight, Wanted, discard
from trueup.acquisition.git import Mirrors
from trueup.acquisition.identity import check_identity, check_python
from trueup.acquisition.pack import Pack
from trueup.acquisition.source import Workspace, direct_url, open_source
from trueup.acquisition.store import Store
from trueup.destination.environment import Interpreter
from trueup.errors import BuildError, FetchError
from trueup.reporting import SILENT, Reporter
from trueup.resolution.artifact import (
    Archive,
    Artifact,
    Directory,
    Sdist,
    Source,
    Wheel,
)
from trueup.resolution.request import BuildChoices

__all__ = ["Acquired", "Supply", "acquire", "build_directory", "unpinned"]


@dataclass(frozen=True, slots=True)
class Supply:
    """Where packs come from and how they are made.

    Attributes:
        store: looked into first, and added to.
        fetcher: gets files.
        interpreter: who the wheels are for.
        provision: makes build environments.
        build: what may be built, and how.
        variables: the environment variables that backends start from.
        reporter: told of progress.
        timeout: seconds that one build may take; None for no limit.
        offline: touch no network.
        credentials: who we are to the hosts of repositories.
    """

    store: Store
    fetcher: Fetcher
    interpreter: Interpreter
    provision: Provision
    build: BuildChoices = field(default_factory=BuildChoices)
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    reporter: Reporter = SILENT
    timeout: float | None = None
    offline: bool = False
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Acquired:
    """A pack, and what its environment is to be told of where it came from.

    Attributes:
        pack: the content.
        direct_url: the content of direct_url.json, for what was asked for by address (PEP 610).
        how: "store", "download" or "build".
    """

    pack: Pack
    direct_url: Mapping[str, object] | None = None
    how: str = "store"


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
    got.update(_fetch_wheels(missing, supply))
    for artifact in artifacts:
        if artifact.name not in got:
            got[artifact.name] = _from_source(artifact, supply)
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
    return Acquired(pack, _origin(artifact, source, pack.digest), "store")


def _digest_of_file(url: str) -> str:
    """Return the sha256 of a wheel on this machine; "" for one that lies elsewhere."""
    if not url.startswith("file:"):
        return ""
    path = url2pathname(urlsplit(url).path)
    try:
        with open(path, "rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise FetchError(
            f"{path} cannot be read: {error.strerror}",
            hint="check the path; a requirement or an index names it",
        ) from error


def _fetch_wheels(artifacts: Sequence[Artifact], supply: Supply) -> dict[str, Acquired]:
    """Download what is missing; each wheel is checked and packed while others still arrive.

    Processes that want the same wheel share one download, and find one another's pack.
    """
    if not artifacts:
        return {}
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
            pack, _origin(artifact, artifact.source, pack.digest), "download"
        )
    return got


def _from_source(artifact: Artifact, supply: Supply) -> Acquired:
    """Build what is no wheel, or take what an earlier build of the very same source gave."""
    source = artifact.source
    assert not isinstance(source, Wheel)  # noqa: S101 - wheels are done
    if isinstance(source, Directory):  # of a lock, or of another project's requirements
        pack = build_directory(source.path, supply, editable=source.editable)
        return Acquired(pack, direct_url(source), "build")
    _may_build(artifact, supply.build)
    key = build_key(source, supply.build, supply.interpreter)
    known = supply.store.find_build(key) if key else None
    if known is not None:
        found = supply.store.find_pack(str(known.get("pack")))
        if found is not None:
            return Acquired(found, _origin(artifact, source), "store")
    with supply.store.temporary_directory() as workspace:
        tree = open_source(
            source,
            fetcher=supply.fetcher,
            workspace=_workspace(workspace, supply),
            reporter=supply.reporter,
        )
        pack = _build(tree.path, supply, os.path.join(workspace, "build"))
        check_identity(artifact, pack)  # before it is remembered as what this source builds
        pinned = pinned_source(source, tree)
        key = key or build_key(pinned, supply.build, supply.interpreter)
        if key:
            supply.store.record_build(key, {"pack": pack.digest})
        return Acquired(pack, _origin(artifact, pinned), "build")


def _workspace(folder: str, supply: Supply) -> Workspace:
    repositories = supply.store.folder("repositories")
    mirrors = Mirrors(
        repositories, supply.credentials, offline=supply.offline, reporter=supply.reporter
    )
    return Workspace(
        folder,
        downloads=supply.store.folder("downloads"),
        mirrors=mirrors,
        locks=supply.store.folder("locks"),
    )


def build_directory(
    path: str,
    supply: Supply,
    *,
    editable: bool,
    config_settings: tuple[tuple[str, str], ...] = (),
) -> Pack:
    """Build the local project at `path` and return the pack of its wheel.

    Raises:
        SourceError, BuildError: there is no project, or its backend fails.
        WheelRefused: the backend made a wheel that breaks a rule.
    """
    with supply.store.temporary_directory() as workspace:
        return _build(path, supply, workspace, editable=editable, more_settings=config_settings)


def _build(
    tree: str,
    supply: Supply,
    workspace: str,
    *,
    editable: bool = False,
    more_settings: tuple[tuple[str, str], ...] = (),
) -> Pack:
    order = BuildOrder(
        tree=tree,
        interpreter=supply.interpreter,
        workspace=workspace,
        editable=editable,
        config_settings=(*supply.build.config_settings, *more_settings),
        isolation=supply.build.build_isolation,
        timeout=supply.timeout,
        environment=supply.variables,
    )
    built = build_wheel(order, provision=supply.provision, reporter=supply.reporter)
    return supply.store.add_wheel(built.path, os.path.basename(built.path))


def _may_build(artifact: Artifact, choices: BuildChoices) -> None:
    if choices.only_binary & {":all:", artifact.name}:
        raise BuildError(
            f"{artifact.name} {artifact.version} has no wheel that fits, and must not be built",
            hook="",
            hint="allow it with --no-binary, or drop --only-binary / --no-build",
        )


def _origin(artifact: Artifact, source: Source, sha256: str = "") -> Mapping[str, object] | None:
    """Return the direct_url.json of what was asked for by its address (PEP 610)."""
    return direct_url(source, sha256=sha256) if artifact.direct else None


def unpinned(artifacts: Iterable[Artifact]) -> list[str]:
    """Return the names of artifacts that no strong hash pins, for `--require-hashes`."""
    return [
        one.name
        for one in artifacts
        if not isinstance(one.source, Wheel | Sdist | Archive)
        or not {name for name, _ in one.source.hashes} & {"sha256", "sha384", "sha512"}
    ]
