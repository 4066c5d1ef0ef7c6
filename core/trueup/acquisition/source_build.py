"""From a source to a pack: unpacked or checked out, built, and remembered."""

from __future__ import annotations

import os
from dataclasses import replace

from trueup.acquisition.build_key import build_key, pinned_source
from trueup.acquisition.builder import BuildOrder, build_wheel
from trueup.acquisition.git import Mirrors
from trueup.acquisition.identity import check_identity
from trueup.acquisition.pack import Pack
from trueup.acquisition.source import Workspace, direct_url, open_source
from trueup.acquisition.supply import Acquired, Supply, origin
from trueup.errors import BuildError
from trueup.resolution.address import key_of_source
from trueup.resolution.artifact import Artifact, Directory, Wheel
from trueup.resolution.request import BuildChoices

__all__ = ["acquire_by_building", "build_directory"]


def acquire_by_building(artifact: Artifact, supply: Supply) -> Acquired:
    """Build what is no wheel, or take what an earlier build of the very same source gave."""
    source = artifact.source
    assert not isinstance(source, Wheel)  # noqa: S101 - wheels are done
    if isinstance(source, Directory):  # of a lock, or of another project's requirements
        pack = build_directory(source.path, supply, editable=source.editable)
        return Acquired(pack, direct_url(source), "build")
    _may_build(artifact, supply.build)
    supply = replace(supply, build=supply.build.settled(artifact.name, key_of_source(source)))
    key = build_key(source, supply.build, supply.interpreter)
    known = supply.store.find_build(key) if key else None
    if known is not None:
        found = supply.store.find_pack(str(known.get("pack")))
        if found is not None:
            return Acquired(found, origin(artifact, source), "store")
    with supply.store.temporary_directory() as workspace:
        tree = open_source(
            source,
            fetcher=supply.fetcher,
            workspace=_workspace(workspace, supply),
            reporter=supply.reporter,
        )
        subject = f"{artifact.name} {artifact.version}".rstrip()
        pack = _build(tree.path, supply, os.path.join(workspace, "build"), subject=subject)
        check_identity(artifact, pack)  # before it is remembered as what this source builds
        pinned = pinned_source(source, tree)
        key = key or build_key(pinned, supply.build, supply.interpreter)
        if key:
            supply.store.record_build(key, {"pack": pack.digest})
        return Acquired(pack, origin(artifact, pinned), "build")


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
    built = build_wheel(order, provision=supply.provision, reporter=supply.reporter)
    return supply.store.add_wheel(built.path, os.path.basename(built.path))


def _may_build(artifact: Artifact, choices: BuildChoices) -> None:
    if choices.only_binary & {":all:", artifact.name}:
        raise BuildError(
            f"{artifact.name} {artifact.version} has no wheel that fits, and must not be built",
            hook="",
            hint="allow it with --no-binary, or drop --only-binary / --no-build",
        )
