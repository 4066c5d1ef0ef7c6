"""Projects beside a project: directories that its metadata asks for (`name @ file:///directory`).

A resolver would build one by itself, and remember by its own rules what came of it. So they are
judged and built as what was asked for by path is; the resolver gets their metadata, and that of
whoever asks for them without the address.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from trueup.api.judging import from_project
from trueup.destination.contents import requirements_in
from trueup.destination.installed import InstalledDistribution
from trueup.resolution.address import local_path
from trueup.resolution.request import LocalProject

__all__ = ["neighbours", "project_at", "without_places"]

_NEED = re.compile(rb"(?mi)^Requires-Dist:[ \t]*([^\r\n]*)")


def project_at(requirement: Requirement) -> str:
    """Return the folder of the project that a requirement names by address; "" where it does not.

    Links are resolved; an archive or a wheel at a path is no folder.
    """
    path = local_path(requirement.url) if requirement.url else None
    return os.path.realpath(path) if path and os.path.isdir(path) else ""


def neighbours(
    project: LocalProject,
    metadata: bytes,
    markers: Mapping[str, str],
    installed: Mapping[str, InstalledDistribution],
) -> Iterator[LocalProject]:
    """Yield the projects that `project` needs by path.

    Args:
        project: who asks; its extras decide, too.
        metadata: the content of its METADATA.
        markers: the environment of PEP 508 markers.
        installed: what is there; who has a neighbour editable keeps it so.
    """
    if b"file:" not in metadata:  # as nearly always: reading it would cost milliseconds
        return
    for requirement in requirements_in(metadata, project.path):
        path = project_at(requirement)
        if not path or not _applies(requirement, markers, project.extras):
            continue
        standing = (one.direct_url or {} for one in from_project(installed, path))
        yield LocalProject(
            path,
            editable=any((one.get("dir_info") or {}).get("editable") for one in standing),
            extras=frozenset(map(canonicalize_name, requirement.extras)),
            origin=f"what {project.name or project.path} needs",
            name=canonicalize_name(requirement.name),
        )


def without_places(metadata: bytes, paths: Collection[str]) -> bytes:
    """Return METADATA that asks for the projects at `paths` by name, and no more by address."""
    head, gap, description = _parts(metadata)

    def by_name(found: re.Match[bytes]) -> bytes:
        try:
            requirement = Requirement(found[1].decode())
        except (InvalidRequirement, UnicodeDecodeError):
            return found[0]
        if project_at(requirement) not in paths:
            return found[0]
        requirement.url = None
        return b"Requires-Dist: " + str(requirement).encode()

    return _NEED.sub(by_name, head) + gap + description


def _parts(metadata: bytes) -> tuple[bytes, bytes, bytes]:
    """Split METADATA at the empty line that ends its headers."""
    found = re.search(rb"\r?\n\r?\n", metadata)
    if found is None:
        return metadata, b"", b""
    return metadata[: found.start()], found[0], metadata[found.end() :]


def _applies(requirement: Requirement, markers: Mapping[str, str], extras: Collection[str]) -> bool:
    marker = requirement.marker
    asked = ("", *extras)
    return marker is None or any(marker.evaluate({**markers, "extra": one}) for one in asked)
