"""Answering a request: from itself, from a lock, from pins, or by asking a resolver."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from trueup.acquisition.acquire import unpinned
from trueup.acquisition.pack import Pack
from trueup.api.foresight import foresight
from trueup.api.workshop import Workshop
from trueup.destination.environment import Interpreter
from trueup.destination.installed import InstalledDistribution
from trueup.errors import ResolutionError
from trueup.reporting import Event
from trueup.resolution.artifact import Artifact, Resolution, Wheel
from trueup.resolution.choice import choose_resolver
from trueup.resolution.direct import resolve_direct
from trueup.resolution.memo import memoised
from trueup.resolution.origin import artifact_of_origin
from trueup.resolution.promises import demands_hashes
from trueup.resolution.request import LocalProject, Request, RequestedItem
from trueup.resolution.resolver import Question
from trueup.values import dataclass, replace

if TYPE_CHECKING:
    from trueup.freshness.footing import Footing
    from trueup.resolution.resolver import Resolver

__all__ = ["Answer", "Built", "answer"]


@dataclass(frozen=True, slots=True)
class Built:
    """A local project of the request, and what its build gave.

    Attributes:
        artifact: name and version as its metadata has them.
        pack: what the build gave; None where just that is installed already.
        fingerprint: what the build depended on, as it is kept in the dist-info directory.
        installed: what is installed from that very build.
        footing: what the verdict stands on that it is fresh; None where that is more than looks.
    """

    artifact: Artifact
    pack: Pack | None
    fingerprint: bytes = b""
    installed: InstalledDistribution | None = None
    footing: Footing | None = None

    @property
    def metadata(self) -> bytes:
        """The content of its METADATA.

        Raises:
            StoreError: the pack is gone or damaged.
        """
        if self.pack is not None:
            return self.pack.read(f"{self.pack.root}/{self.pack.dist_info}/METADATA")
        assert self.installed is not None  # noqa: S101 - one of the two is always there
        with open(os.path.join(self.installed.path, "METADATA"), "rb") as source:
            return source.read()

    def metadata_wheel(self, folder: str, paths: Collection[str] = ()) -> str:
        """Write the wheel that tells a resolver of it below `folder`; return its path.

        Args:
            folder: a folder of the store.
            paths: projects that the resolver is told of by name: whoever needs one by its path is
                said to need it by name.
        """
        from trueup.acquisition.metadata_wheel import write_metadata_wheel
        from trueup.api.neighbours import without_places

        if self.pack is not None:
            dist_info = self.pack.dist_info
        else:
            assert self.installed is not None  # noqa: S101 - one of the two is always there
            dist_info = os.path.basename(self.installed.path)
        return write_metadata_wheel(dist_info, without_places(self.metadata, paths), folder)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request comes to.

    Attributes:
        resolution: one exact artifact for each distribution.
        standing: names that are met by what is installed from an address.
        resolver: who was asked, now or before; None where nobody had to be.
        told: when that answer was given, in seconds since the epoch.
    """

    resolution: Resolution
    standing: frozenset[str] = frozenset()
    resolver: Resolver | None = None
    told: float = 0.0


def answer(
    request: Request,
    interpreter: Interpreter,
    built: Mapping[str, Built],
    installed: Mapping[str, InstalledDistribution],
    workshop: Workshop,
    locked: Resolution | None = None,
) -> Answer:
    """Return one exact artifact for each distribution that `request` comes to.

    Args:
        request: what was asked for.
        interpreter: for whom.
        built: local project's path to its build.
        installed: what stays where it may; {} for an answer that only the request decides.
        workshop: store, network, reporter.
        locked: what the lock of the request has, where it names one.

    Raises:
        ResolutionError: there is no answer.
    """
    if locked is not None:
        found: Resolution | None = _with_built(locked, request, built)
    else:
        found = _without_resolver(request, interpreter, built, workshop)
    resolved = Answer(found) if found else _ask(request, interpreter, built, installed, workshop)
    loose = unpinned(resolved.resolution.artifacts) if request.require_hashes else []
    if loose:
        raise ResolutionError(
            f"hashes are required, and nothing pins {', '.join(loose)}",
            hint="give each of them a --hash, or drop --require-hashes",
        )
    return resolved


def _without_resolver(
    request: Request, interpreter: Interpreter, built: Mapping[str, Built], workshop: Workshop
) -> Resolution | None:
    projects = {path: one.artifact for path, one in built.items()}
    if not (request.items or request.projects):
        return Resolution(())
    direct = resolve_direct(request, projects, interpreter)
    if direct is not None or built or not demands_hashes(request):
        return direct
    from trueup.resolution.pinned import resolve_pinned

    def held(digest: str) -> str:
        pack = workshop.store.find_pack(digest)
        return pack.wheel if pack else ""

    return resolve_pinned(request, interpreter, workshop.fetcher.read, held=held)


def _ask(
    request: Request,
    interpreter: Interpreter,
    built: Mapping[str, Built],
    installed: Mapping[str, InstalledDistribution],
    workshop: Workshop,
) -> Answer:
    """Ask the resolver, or remember what it said to the very same question."""
    workshop.reporter(Event("resolving", interpreter.prefix))
    resolver = choose_resolver(
        workshop.resolver_variables,
        interpreter,
        memory=workshop.interpreters,
        meanwhile=foresight(workshop),
    )
    own = {one.artifact.name for one in built.values()}
    others = {name: one for name, one in installed.items() if name not in own}
    folder = workshop.store.folder("metadata")
    standing = _standing(request, others, interpreter, folder)
    asked = _with_standing(request, built, standing)
    question = Question(
        request=asked,
        interpreter=interpreter,
        preferences=_preferences(request, others, standing),
        projects={path: one.metadata_wheel(folder, built) for path, one in built.items()},
        offline=workshop.offline,
        complete=True,
    )
    told: list[float] = []
    resolution = memoised(
        resolver,
        question,
        workshop.store.folder("resolutions"),
        refresh=workshop.refresh,
        environment=workshop.resolver_variables,
        told=told.append,
    )
    workshop.reporter(Event("resolved", interpreter.prefix, f"{len(resolution.artifacts)}"))
    for warning in resolution.warnings:
        workshop.reporter(Event("warning", "resolution", warning))
    urls = {_url(path) for path in standing.values()}
    stays = frozenset(
        one.name
        for one in resolution.artifacts
        if isinstance(one.source, Wheel) and one.source.url in urls
    )
    resolution = _with_origins(resolution, {name: others[name] for name in stays})
    return Answer(_with_built(resolution, request, built), stays, resolver, *told)


def _standing(
    request: Request,
    installed: Mapping[str, InstalledDistribution],
    interpreter: Interpreter,
    folder: str,
) -> Mapping[str, str]:
    """Write wheels that tell of what no index may know; with nothing there, there is none."""
    if not any(one.direct_url for one in installed.values()):
        return {}
    from trueup.api.standing import standing_wheels

    return standing_wheels(request, installed, interpreter.markers, folder)


def _with_origins(
    resolution: Resolution, standing: Mapping[str, InstalledDistribution]
) -> Resolution:
    """Put where it came from in the place of each wheel that only told of what stands.

    That wheel holds metadata and nothing else: whatever puts the distribution in place again, as
    damage or `--force-reinstall` do, has to get the real one.
    """
    origins = {
        name: artifact_of_origin(name, one.version, one.direct_url or {})
        for name, one in standing.items()
    }
    artifacts = tuple(origins.get(one.name) or one for one in resolution.artifacts)
    return replace(resolution, artifacts=artifacts)


def _with_standing(
    request: Request, built: Mapping[str, Built], standing: Mapping[str, str]
) -> Request:
    """Add to `request` what limits it, and the projects that others of it need by path."""
    limits = (f"{name} @ {_url(path)}" for name, path in standing.items())
    items = (RequestedItem(text, Requirement(text)) for text in limits)
    asked = {one.path for one in request.projects}
    unasked = (
        LocalProject(path, name=one.artifact.name, origin="what another project needs")
        for path, one in built.items()
        if path not in asked
    )
    return replace(
        request,
        constraints=(*request.constraints, *items),
        projects=(*request.projects, *unasked),
    )


def _with_built(resolution: Resolution, request: Request, built: Mapping[str, Built]) -> Resolution:
    """Put each local project's own artifact where the resolver has it, by name."""
    own = {one.artifact.name: one.artifact for one in built.values()}
    artifacts = tuple(own.get(one.name, one) for one in resolution.artifacts)
    asked = {one.path for one in request.projects}
    needed = {one.artifact.name for path, one in built.items() if path not in asked}
    items = (item.requirement for item in request.items)
    needed -= {canonicalize_name(one.name) for one in items if one is not None}
    return replace(resolution, artifacts=artifacts, requested=resolution.requested - needed)


def _preferences(
    request: Request, installed: Mapping[str, InstalledDistribution], standing: Mapping[str, str]
) -> dict[str, str]:
    """Return the versions that stay where they may."""
    if request.upgrade:
        return {}
    return {
        name: one.version
        for name, one in installed.items()
        if name not in request.upgrade_packages and name not in standing
    }


def _url(path: str) -> str:
    from pathlib import Path

    return Path(path).as_uri()
