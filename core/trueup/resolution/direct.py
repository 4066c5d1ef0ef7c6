"""A request that holds its own answer: exact files and local projects, and no dependencies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)

from trueup.resolution.artifact import Archive, Artifact, Directory, Resolution, Wheel
from trueup.resolution.request import LocalProject, Request, RequestedItem

__all__ = ["artifact_of_project", "resolve_direct"]


def resolve_direct(
    request: Request, projects: Mapping[str, Artifact], markers: Mapping[str, str]
) -> Resolution | None:
    """Return the resolution of a request that needs no resolver, or None where it needs one.

    Args:
        request: what was asked for; only `--no-deps` can do without a resolver.
        projects: local project's path to its artifact.
        markers: the environment of PEP 508 markers.
    """
    if request.dependencies or request.lock or request.constraints:
        return None
    artifacts: dict[str, Artifact] = {one.name: one for one in projects.values()}
    for item in request.items:
        marker = item.requirement.marker if item.requirement else None
        if marker is not None and not marker.evaluate({**markers, "extra": ""}):
            continue
        artifact = _artifact_of_item(item)
        if artifact is None or artifact.name in artifacts:
            return None
        artifacts[artifact.name] = artifact
    ordered = tuple(artifacts[name] for name in sorted(artifacts))
    return Resolution(ordered, frozenset(artifacts))


def artifact_of_project(project: LocalProject, name: str, version: str) -> Artifact:
    """Return the artifact of a local project whose name and version its build has told."""
    return Artifact(name, version, Directory(project.path, project.editable), direct=True)


def _artifact_of_item(item: RequestedItem) -> Artifact | None:
    requirement = item.requirement
    if requirement is None or not requirement.url or "+" in urlsplit(requirement.url).scheme:
        return None
    url, _, fragment = requirement.url.partition("#")
    name = canonicalize_name(requirement.name)
    promised = [part.split("=", 1) for part in fragment.split("&") if "=" in part]
    hashes = item.hashes or tuple(
        (key, value) for key, value in promised if key in {"sha256", "sha384", "sha512"}
    )
    filename = os.path.basename(unquote(urlsplit(url).path))
    if filename.endswith(".whl"):
        try:
            version = str(parse_wheel_filename(filename)[1])
        except (InvalidWheelFilename, InvalidSdistFilename):
            return None
        return Artifact(name, version, Wheel(url, filename, hashes), direct=True)
    subdirectory = dict(promised).get("subdirectory", "") if promised else ""
    return Artifact(name, "", Archive(url, hashes, subdirectory), direct=True)
