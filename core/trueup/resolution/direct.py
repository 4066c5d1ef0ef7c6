"""A request that holds its own answer: exact files and local projects, and no dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from trueup.destination.environment import Interpreter
from trueup.resolution.address import fragment_hashes, recorded
from trueup.resolution.answer import holds
from trueup.resolution.artifact import Archive, Artifact, Directory, Resolution, Wheel
from trueup.resolution.promises import WEAK
from trueup.resolution.request import LocalProject, Request, RequestedItem
from trueup.resolution.wheel_ranking import WheelRanking

__all__ = ["artifact_of_project", "resolve_direct"]


def resolve_direct(
    request: Request, projects: Mapping[str, Artifact], interpreter: Interpreter
) -> Resolution | None:
    """Return the resolution of a request that needs no resolver, or None where it needs one.

    Args:
        request: what was asked for; only `--no-deps` can do without a resolver.
        projects: local project's path to its artifact.
        interpreter: for whom: its markers and tags decide.
    """
    if request.dependencies or request.lock or request.constraints:
        return None
    artifacts: dict[str, Artifact] = {}
    items = (item for item in request.items if _applies(item, interpreter))
    for artifact in (*projects.values(), *(_artifact_of_item(item) for item in items)):
        if artifact is None or artifact.name in artifacts:
            return None
        artifacts[artifact.name] = artifact
    wheels = (one.source for one in artifacts.values() if isinstance(one.source, Wheel))
    ranking = WheelRanking(interpreter.tags)
    if any(ranking.rank(wheel.filename) is None for wheel in wheels):
        return None  # a resolver tells why a wheel does not fit
    ordered = tuple(artifacts[name] for name in sorted(artifacts))
    return Resolution(ordered, frozenset(artifacts))


def artifact_of_project(project: LocalProject, name: str, version: str) -> Artifact:
    """Return the artifact of a local project whose name and version its build has told."""
    return Artifact(name, version, Directory(project.path, project.editable), direct=True)


def _applies(item: RequestedItem, interpreter: Interpreter) -> bool:
    return item.requirement is None or holds(item.requirement.marker, interpreter.markers)


def _artifact_of_item(item: RequestedItem) -> Artifact | None:
    requirement = item.requirement
    if requirement is None or not requirement.url or "+" in urlsplit(requirement.url).scheme:
        return None
    name, url = canonicalize_name(requirement.name), recorded(requirement.url)
    promised = {*item.hashes, *fragment_hashes(requirement.url)}
    hashes = tuple(sorted(pair for pair in promised if pair[0] not in WEAK))
    if len({algorithm for algorithm, _ in hashes}) != len(hashes):
        return None  # several files would do
    filename = unquote(urlsplit(url).path).rpartition("/")[2]
    if filename.endswith(".whl"):
        try:
            found, version = parse_wheel_filename(filename)[:2]
        except (InvalidWheelFilename, ValueError):
            return None
        wheel = Wheel(url, filename, hashes)
        return Artifact(name, str(version), wheel, direct=True) if found == name else None
    fragment = dict(parse_qsl(urlsplit(requirement.url).fragment))
    archive = Archive(url, hashes, fragment.get("subdirectory", "").strip("/"))
    return Artifact(name, "", archive, direct=True)
