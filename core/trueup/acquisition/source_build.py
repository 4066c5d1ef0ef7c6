"""From a source to a pack: unpacked or checked out, built, and remembered."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from trueup.acquisition.build_key import build_key, pinned_source
from trueup.acquisition.builder import BuildOrder, build_wheel
from trueup.acquisition.dead_links import write_dead_links
from trueup.acquisition.direct_url import direct_url
from trueup.acquisition.git import Mirrors
from trueup.acquisition.identity import check_file_name, check_identity
from trueup.acquisition.links import dangling_in, not_followed_to_nothing
from trueup.acquisition.pack import Pack
from trueup.acquisition.snapshot import take_snapshot
from trueup.acquisition.source import Workspace, open_source
from trueup.acquisition.supply import Acquired, Supply, origin
from trueup.destination.lock import state_lock
from trueup.errors import BuildError
from trueup.reporting import Event
from trueup.resolution.address import key_of_source
from trueup.resolution.artifact import Archive, Artifact, Directory, Repository, Sdist, Wheel
from trueup.resolution.request import BuildChoices
from trueup.values import replace

__all__ = ["acquire_by_building", "build_directory"]


def acquire_by_building(artifact: Artifact, supply: Supply) -> Acquired:
    """Build what is no wheel, or take what an earlier build of the very same source gave.

    Of several processes that want one source, one builds it, and the others take what it built.
    """
    source = artifact.source
    assert not isinstance(source, Wheel)  # noqa: S101 - wheels are done
    if isinstance(source, Directory):  # of a lock, or of another project's requirements
        pack = build_directory(source.path, supply, editable=source.editable)
        return Acquired(pack, direct_url(source), "build")
    _may_build(artifact, supply.build)
    supply = replace(supply, build=supply.build.settled(artifact.name, key_of_source(source)))
    key = build_key(source, supply.build, supply.interpreter)
    found = _built_before(key, supply)
    if found is None:
        with _one_builder(key, artifact, supply):
            found = _built_before(key, supply)
            if found is None:
                return _built_now(artifact, source, supply)
    return Acquired(found, origin(artifact, source), "store")


def _built_before(key: str, supply: Supply) -> Pack | None:
    known = supply.store.find_build(key) if key else None
    return None if known is None else supply.store.find_pack(str(known.get("pack")))


def _built_now(
    artifact: Artifact, source: Sdist | Archive | Repository, supply: Supply
) -> Acquired:
    with supply.store.temporary_directory() as workspace:
        tree = open_source(
            source,
            fetcher=supply.fetcher,
            workspace=_workspace(workspace, supply),
            reporter=supply.reporter,
        )
        pinned = pinned_source(source, tree)  # which tells the key of what nobody had pinned
        key = build_key(pinned, supply.build, supply.interpreter)
        with _one_builder(key, artifact, supply):
            found = _built_before(key, supply)
            if found is not None:
                return Acquired(found, origin(artifact, pinned), "store")
            subject = f"{artifact.name} {artifact.version}".rstrip()
            pack = _build(tree.path, supply, os.path.join(workspace, "build"), subject=subject)
            check_identity(artifact, pack)  # before it is remembered as what this source builds
            if isinstance(source, Archive):
                check_file_name(source, tree.path, pack)
            if key:
                supply.store.record_build(key, {"pack": pack.digest})
        return Acquired(pack, origin(artifact, pinned), "build")


_building = threading.local()


@contextmanager
def _one_builder(key: str, artifact: Artifact, supply: Supply) -> Iterator[None]:
    """Let no other process and no other thread build the source `key` meanwhile."""
    held: set[str] = _building.__dict__.setdefault("keys", set())
    if not key or key in held or not supply.store.writable:
        # A build that needs itself is told of by whoever makes build environments.
        yield
        return
    folder = os.path.join(supply.store.folder("locks"), f"building-{key[:32]}")
    held.add(key)
    try:
        with state_lock(folder, artifact.name, reporter=supply.reporter):
            yield
    finally:
        held.discard(key)


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


def build_directory(path: str, supply: Supply, *, editable: bool) -> Pack:
    """Build the local project at `path` and return the pack of its wheel.

    Raises:
        SourceError, BuildError: there is no project, or its backend fails.
        WheelRefused: the backend made a wheel that breaks a rule.
    """
    with supply.store.temporary_directory() as workspace:
        return _build(path, supply, workspace, editable=editable)


def _build(
    tree: str,
    supply: Supply,
    workspace: str,
    *,
    editable: bool = False,
    subject: str = "",
) -> Pack:
    order = BuildOrder(
        tree=tree,
        interpreter=supply.interpreter,
        workspace=workspace,
        editable=editable,
        config_settings=supply.build.config_settings,
        isolation=supply.build.build_isolation,
        timeout=supply.timeout,
        environment=supply.variables,
        subject=subject,
    )
    dead = _dead_links(tree)
    os.makedirs(workspace, exist_ok=True)
    write_dead_links(workspace, dead)
    built = build_wheel(order, provision=supply.provision, reporter=supply.reporter)
    if not subject:  # a folder of the user's own: nobody can mend what was downloaded
        for sentence in not_followed_to_nothing(dead):
            supply.reporter(Event("warning", tree, sentence))
    return supply.store.add_wheel(built.path, os.path.basename(built.path))


def _dead_links(tree: str) -> tuple[str, ...]:
    """Return the links that lead to nothing, but for the link trees of earlier editable builds."""
    made = os.path.join(os.path.realpath(tree), "build", "")
    return tuple(one for one in dangling_in(take_snapshot(tree)) if not one.startswith(made))


def _may_build(artifact: Artifact, choices: BuildChoices) -> None:
    if choices.only_binary & {":all:", artifact.name}:
        raise BuildError(
            f"{artifact.name} {artifact.version} has no wheel that fits, and must not be built",
            hook="",
            hint="allow it with --no-binary, or drop --only-binary / --no-build",
        )
