"""Dependency groups (PEP 735): requirements that a pyproject.toml keeps under a name."""

from __future__ import annotations

import os
from collections.abc import Iterable

from packaging.dependency_groups import DependencyGroupResolver

from trueup.errors import RequestError
from trueup.resolution.problems import Problems
from trueup.resolution.request import LocalProject, RequestedItem
from trueup.resolution.requirement import parse_requirement
from trueup.resolution.toml_file import read_toml

__all__ = ["read_groups", "split_group"]


def split_group(text: str) -> tuple[str, str]:
    """Return the (path, name) that `--group [PATH:]NAME` stands for; the path may be "".

    A name holds no colon, so the last one parts them, whatever the path looks like.

    Raises:
        RequestError: there is no name.
    """
    path, _, name = text.rpartition(":")
    if not name.strip():
        raise RequestError(f"--group {text!r} names no group", hint="Write --group NAME")
    return path, name.strip()


def read_groups(
    pyproject_path: str, names: Iterable[str]
) -> tuple[RequestedItem | LocalProject, ...]:
    """Return what dependency groups ask for, included groups in their place.

    Args:
        pyproject_path: the absolute path of a pyproject.toml.
        names: names of groups, in any spelling.

    Raises:
        RequestError: the file cannot be read, a group is missing, malformed or includes itself, or
            a requirement cannot be understood; with every problem.
    """
    content = read_toml(pyproject_path)
    tables = content.get("dependency-groups")
    if not isinstance(tables, dict):
        raise RequestError(
            f"{pyproject_path} has no table [dependency-groups]",
            hint='Write it there (PEP 735), such as: [dependency-groups] test = ["pytest"]',
        )
    problems = Problems()
    try:
        resolver = DependencyGroupResolver(tables)
    except ExceptionGroup as errors:
        raise _told(pyproject_path, "its dependency groups", errors, tables) from errors
    wanted: list[RequestedItem | LocalProject] = []
    for name in names:
        origin = f"group {name!r} of {pyproject_path}"
        with problems.collecting():
            try:
                requirements = resolver.resolve(name)
            except ExceptionGroup as errors:
                raise _told(pyproject_path, f"group {name!r}", errors, tables) from errors
            base = os.path.dirname(pyproject_path)
            wanted += [
                parse_requirement(str(each), origin=origin, base=base) for each in requirements
            ]
    problems.raise_if_any(f"{pyproject_path} has groups that cannot be used")
    return tuple(wanted)


def _told(
    path: str, subject: str, errors: ExceptionGroup[Exception], tables: Iterable[str]
) -> RequestError:
    lines = []
    for error in errors.exceptions:
        # A KeyError quotes its message; packaging raises its parent, LookupError.
        reason = str(error).replace("\n", " ")
        known = (
            f" (there are: {', '.join(sorted(tables))})" if isinstance(error, LookupError) else ""
        )
        lines.append(f"{path}, {subject}: {reason}{known}")
    if len(lines) == 1:
        return RequestError(lines[0])
    return RequestError(f"{path}: {subject} cannot be used", lines=tuple(lines))
