"""The local projects of a request: what is there already and fresh, and what has to be built."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from packaging.requirements import Requirement

from trueup.acquisition.identity import unmet_python
from trueup.acquisition.supply import Supply
from trueup.api.answering import Built
from trueup.api.judging import (
    circumstances_of,
    fingerprint_of,
    from_project,
    judge_now,
    sight_now,
)
from trueup.api.neighbours import neighbours
from trueup.api.order import Order
from trueup.api.tracking import Tracked, build_tracked, recorded_build
from trueup.destination.contents import requirements_in, requires
from trueup.destination.installed import InstalledDistribution
from trueup.destination.lock import state_lock
from trueup.errors import RequestError
from trueup.freshness.fingerprint import Circumstances, Fingerprint
from trueup.freshness.footing import Footing, footing_of
from trueup.freshness.storage import encode
from trueup.freshness.verdict import Fresh, Stale, Verdict, judge
from trueup.reporting import Event
from trueup.resolution.answer import holds
from trueup.resolution.artifact import Resolution
from trueup.resolution.direct import artifact_of_project
from trueup.resolution.request import LocalProject, Request, RequestedItem
from trueup.resolution.satisfaction import find_unmet
from trueup.values import dataclass, replace

__all__ = ["as_requirements", "build_projects", "settle", "standing_projects"]


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is installed from a project, and whether a build now would give it."""

    distribution: InstalledDistribution
    fingerprint: Fingerprint
    verdict: Verdict
    footing: Footing | None


def standing_projects(
    order: Order,
    installed: Mapping[str, InstalledDistribution],
    variables: Mapping[str, str],
    asked: Iterable[LocalProject] | None = None,
) -> dict[str, Built]:
    """Return the projects of the request that are installed and fresh, by path.

    Nothing is built, nothing is asked, and no program is started but where a version came from a
    repository.

    Args:
        order: what is to be done.
        installed: what is there.
        variables: the environment variables that a build would start from.
        asked: the projects to look at; None for those of the request whose marker holds.
    """

    def stand(project: LocalProject) -> Built | None:
        if order.reinstall_all or order.rebuild:
            return None
        standing = _standing(order, project, installed, variables)
        if standing is None or not isinstance(standing.verdict, Fresh):
            return None
        present = standing.distribution
        if present.name in order.reinstall:
            return None
        _check_name(project, present.name)
        artifact = artifact_of_project(project, present.name, present.version)
        content = encode(standing.fingerprint)
        return Built(artifact, None, content, present, standing.footing)

    return _walk(order, installed, _applying(order) if asked is None else asked, stand)


def build_projects(
    order: Order,
    supply: Supply,
    installed: Mapping[str, InstalledDistribution],
    damaged: Mapping[str, str],
    asked: Iterable[LocalProject] | None = None,
) -> dict[str, Built]:
    """Return every local project of the request whose marker holds, by path; build what must be.

    With them those that they need by path, and so on.

    Raises:
        SourceError, BuildError: there is no project, or its backend fails.
        RequestError: it is another distribution than was asked for.
    """
    asked = list(_applying(order) if asked is None else asked)
    standing = standing_projects(order, installed, supply.variables, asked)

    def build(project: LocalProject) -> Built:
        known = standing.get(project.path)
        if known is not None and known.artifact.name not in damaged:
            return known
        tracked = _reuse_or_build(order, project, supply, installed)
        _check_name(project, tracked.pack.name)
        artifact = artifact_of_project(project, tracked.pack.name, tracked.pack.version)
        return Built(artifact, tracked.pack, tracked.content)

    return _walk(order, installed, asked, build)


def _walk(
    order: Order,
    installed: Mapping[str, InstalledDistribution],
    asked: Iterable[LocalProject],
    take: Callable[[LocalProject], Built | None],
) -> dict[str, Built]:
    """Return what `take` makes of each project that was asked for, and of all that these need."""
    found: dict[str, Built] = {}
    waiting = list(asked)
    seen: set[tuple[str, frozenset[str]]] = set()
    for project in waiting:  # it grows: what was asked for comes first, and decides how
        if (project.path, project.extras) in seen:
            continue
        seen.add((project.path, project.extras))
        built = found.get(project.path) or take(project)
        if built is None:
            continue
        found[project.path] = built
        if order.request.dependencies and not order.request.lock:
            markers = order.environment.interpreter.markers
            waiting.extend(neighbours(project, built.metadata, markers, installed))
    return found


def as_requirements(order: Order, built: Mapping[str, Built]) -> Request | None:
    """Return the request of `order` with each project as a requirement on what is installed.

    None where one of them is not installed and fresh: then the request needs more.
    """
    items: list[RequestedItem] = []
    for project in _applying(order):
        known = built.get(project.path)
        if known is None:
            return None
        extras = f"[{','.join(sorted(project.extras))}]" if project.extras else ""
        text = f"{known.artifact.name}{extras}"
        items.append(RequestedItem(text, Requirement(text), origin=project.origin))
    request = order.request
    return replace(request, items=(*request.items, *items), projects=())


def settle(
    order: Order,
    built: Mapping[str, Built],
    installed: Mapping[str, InstalledDistribution],
    damaged: Collection[str],
) -> Resolution | None:
    """Return the resolution where all that the projects need is installed, so nobody is asked.

    None where more has to come, or more was asked for. Most edits of a project change nothing of
    what it needs.

    Raises:
        StoreError: a pack is gone or damaged.
        EnvironmentProblem: metadata makes no sense.
    """
    names = {one.artifact.name for one in built.values()}
    again = {*order.reinstall, *damaged}
    if not built or order.exact or order.reinstall_all or again - names:
        return None
    metadata = {one.artifact.name: one.metadata for one in built.values()}
    interpreter = order.environment.interpreter
    if any(unmet_python(one, interpreter) for one in metadata.values()):
        return None  # the resolver tells whose demand it is
    there = dict(installed)
    for one in built.values():
        name, version = one.artifact.name, one.artifact.version
        there[name] = InstalledDistribution(name, version, "", "dist-info", "")

    def needs(one: InstalledDistribution) -> list[Requirement]:
        content = metadata.get(one.name)
        return requires(one) if content is None else requirements_in(content, one.name)

    request = as_requirements(order, built)
    places = {path: one.artifact.name for path, one in built.items()}
    if request is None or find_unmet(request, there, needs, interpreter.markers, places):
        return None
    artifacts = sorted((one.artifact for one in built.values()), key=lambda one: one.name)
    asked = {built[project.path].artifact.name for project in _applying(order)}
    return Resolution(tuple(artifacts), frozenset(asked))


def _applying(order: Order) -> Iterator[LocalProject]:
    markers = order.environment.interpreter.markers
    return (one for one in order.request.projects if holds(one.marker, markers))


def _standing(
    order: Order,
    project: LocalProject,
    installed: Mapping[str, InstalledDistribution],
    variables: Mapping[str, str],
) -> _Standing | None:
    for present in from_project(installed, project.path):
        fingerprint = fingerprint_of(present)
        if fingerprint is None:
            continue
        now = _circumstances(order, project)
        # A path that leads through links can lead elsewhere tomorrow, and no look would show it.
        straight = project.straight
        sight = sight_now(fingerprint, now, order.environment.interpreter, variables)
        footing = footing_of(fingerprint, sight, variables) if straight else None
        verdict = judge(fingerprint, now, sight)
        return _Standing(present, fingerprint, verdict, footing)
    return None


def _circumstances(order: Order, project: LocalProject) -> Circumstances:
    build = order.request.build
    return circumstances_of(
        project,
        order.environment.interpreter,
        build.config_settings,
        isolation=build.build_isolation,
    )


def _reuse_or_build(
    order: Order,
    project: LocalProject,
    supply: Supply,
    installed: Mapping[str, InstalledDistribution],
) -> Tracked:
    circumstances = _circumstances(order, project)
    with _project_lock(circumstances.tree, supply):
        recorded = recorded_build(circumstances, supply)
        if recorded is not None and not _must_build(order, recorded):
            verdict = judge_now(
                recorded.fingerprint, circumstances, supply.interpreter, supply.variables
            )
            if isinstance(verdict, Fresh):
                return recorded
        _tell(order, project, installed, supply)
        previous = recorded.fingerprint if recorded else _previous(project, installed)
        return build_tracked(circumstances, supply, previous)


def _must_build(order: Order, recorded: Tracked) -> bool:
    return order.reinstall_all or order.rebuild or recorded.pack.name in order.reinstall


def _previous(
    project: LocalProject, installed: Mapping[str, InstalledDistribution]
) -> Fingerprint | None:
    for present in from_project(installed, project.path):
        fingerprint = fingerprint_of(present)
        if fingerprint is not None and fingerprint.circumstances.editable == project.editable:
            return fingerprint
    return None


def _tell(
    order: Order,
    project: LocalProject,
    installed: Mapping[str, InstalledDistribution],
    supply: Supply,
) -> None:
    """Say in one line what is built again, and why."""
    standing = _standing(order, project, installed, supply.variables)
    if standing is None or not isinstance(standing.verdict, Stale):
        return
    first, *others = standing.verdict.reasons
    more = f", and {len(others)} more" if others else ""
    name = standing.distribution.name
    supply.reporter(Event("note", name, f"{name} is built again: {first.message}{more}"))


@contextmanager
def _project_lock(tree: str, supply: Supply) -> Iterator[None]:
    """Hold the project's lock: two builds in one tree would spoil each other, and both records."""
    name = hashlib.sha256(os.fsencode(tree)).hexdigest()[:32]
    state = os.path.join(supply.store.folder("locks"), f"project-{name}")
    with state_lock(state, tree, reporter=supply.reporter):
        yield


def _check_name(project: LocalProject, name: str) -> None:
    if project.name and project.name != name:
        raise RequestError(
            f"{project.path} is asked for as {project.name}, and is {name}",
            hint="name it by its own name",
        )
