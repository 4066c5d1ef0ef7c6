"""From a resolver's artifacts to the resolution: local projects, promises, who asked for what."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.utils import canonicalize_name, parse_wheel_filename

from trueup.errors import RequestError
from trueup.resolution.address import (
    file_url,
    is_wheel_at,
    key_of_address,
    key_of_source,
    split_bare,
)
from trueup.resolution.artifact import Artifact, Directory, Resolution
from trueup.resolution.promises import hold_to_promises
from trueup.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trueup.resolution.request import LocalProject, Request
    from trueup.resolution.resolver import Question

__all__ = ["answer", "asked_names", "holds", "item_line", "project_lines", "project_name"]


def holds(marker: Marker | str | None, markers: Mapping[str, str]) -> bool:
    """Say whether a PEP 508 marker holds for an interpreter's markers; none always does."""
    if not marker:
        return True
    parsed = Marker(marker) if isinstance(marker, str) else marker
    return parsed.evaluate({**markers, "extra": ""})


def project_name(project: LocalProject, question: Question) -> str:
    """Return a local project's normalized name, from the wheel that carries its metadata.

    Raises:
        RequestError: the question brings no such wheel.
    """
    return str(parse_wheel_filename(os.path.basename(_metadata(project, question)))[0])


def _metadata(project: LocalProject, question: Question) -> str:
    try:
        return question.projects[project.path]
    except KeyError:
        raise RequestError(
            f"The metadata of the local project {project.path} is not known.",
            hint="Give the resolver a wheel file that carries it.",
        ) from None


def project_lines(question: Question) -> list[str]:
    """Return a requirement for each local project: the wheel that carries its metadata, by address.

    So no resolver walks or builds a source tree itself: one that follows links into a cycle never
    ends, and what it builds would be thrown away.
    """
    lines = []
    for project in question.request.projects:
        url = file_url(_metadata(project, question))
        extras = f"[{','.join(sorted(project.extras))}]" if project.extras else ""
        marker = f" ; {project.marker}" if project.marker else ""
        lines.append(f"{project_name(project, question)}{extras} @ {url}{marker}")
    return lines


def item_line(text: str, origin: str) -> str:
    r"""Return an item as one line of a requirement file.

    Raises:
        RequestError: a resolver would read an option, or more than one line, out of it.
    """
    stripped = text.strip()
    if not stripped or stripped.startswith("-") or "\n" in stripped or "\r" in stripped:
        raise RequestError(f"{text!r} ({origin}) is not one requirement.")
    return stripped


def asked_names(
    request: Request, artifacts: Iterable[Artifact], markers: Mapping[str, str]
) -> frozenset[str]:
    """Return the normalized names of what the request itself names, if the marker holds."""
    addressed = {key_of_source(each.source): each.name for each in artifacts if each.direct}
    names: set[str] = set()
    marker: Marker | str | None
    for item in request.items:
        if item.requirement is None:
            url, marker = split_bare(item.text)
            name = addressed.get(key_of_address(url))
        else:
            name, marker = canonicalize_name(item.requirement.name), item.requirement.marker
        if name is not None and holds(marker, markers):
            names.add(name)
    return frozenset(names)


def answer(
    artifacts: Iterable[Artifact], question: Question, warnings: Iterable[str]
) -> Resolution:
    """Return the resolution: local projects as directories, promises kept, names marked.

    Raises:
        ResolutionError: an artifact breaks a promised hash.
        RequestError: the question misses the metadata of a local project.
    """
    request, markers = question.request, question.interpreter.markers
    projects = [each for each in request.projects if holds(each.marker, markers)]
    restored = hold_to_promises((_restore(each, projects, question) for each in artifacts), request)
    asked = asked_names(request, restored, markers)
    asked |= {project_name(each, question) for each in projects}
    ordered = tuple(sorted(restored, key=lambda each: each.name))
    return Resolution(ordered, asked & {each.name for each in ordered}, tuple(warnings))


def _restore(artifact: Artifact, projects: Iterable[LocalProject], question: Question) -> Artifact:
    """Return a local project's artifact where a resolver was given the wheel of its metadata."""
    mine = [each for each in projects if is_wheel_at(artifact.source, _metadata(each, question))]
    if not mine:
        return artifact
    editable = any(each.editable for each in mine)
    return replace(artifact, source=Directory(mine[0].path, editable), direct=True)
