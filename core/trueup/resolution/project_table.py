"""The `[project]` table (PEP 621) as a list of requirements: `-r pyproject.toml`, as uv has it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from trueup.errors import RequestError
from trueup.resolution.problems import Problems
from trueup.resolution.request import LocalProject, RequestedItem
from trueup.resolution.requirement import parse_requirement
from trueup.resolution.toml_file import read_toml

__all__ = ["read_project_dependencies"]


def read_project_dependencies(
    path: str, *, extras: Iterable[str] = (), all_extras: bool = False
) -> tuple[RequestedItem | LocalProject, ...]:
    """Return what a project depends on, without the project itself.

    Args:
        path: the absolute path of a pyproject.toml.
        extras: names of optional dependencies to take, too.
        all_extras: take them all.

    Raises:
        RequestError: the file cannot be read, has no static list, lacks an extra, or holds what
            cannot be understood; with every problem.
    """
    project = read_toml(path).get("project")
    if not isinstance(project, dict):
        raise RequestError(f"{path} has no table [project]", hint="Install the directory itself")
    dynamic = project.get("dynamic", [])
    for key in ("dependencies", "optional-dependencies"):
        if isinstance(dynamic, list) and key in dynamic:
            raise RequestError(
                f"{path} leaves its {key} to its build backend (dynamic)",
                hint=f"Install the project: {os.path.dirname(path)}",
            )
    problems = Problems()
    known = _named_lists(project.get("optional-dependencies", {}), path, problems)
    chosen = list(known) if all_extras else [canonicalize_name(extra) for extra in extras]
    written = _strings(project.get("dependencies", []), f"{path}, dependencies", problems)
    reader = _Reader(path, canonicalize_name(str(project.get("name", ""))), known, problems)
    reader.take(written, "dependencies")
    for extra in chosen:
        reader.take_extra(extra)
    problems.raise_if_any(f"{path} has dependencies that cannot be understood")
    return tuple(reader.wanted)


class _Reader:
    """Follows extras of the project that name the project itself (`name[other]`)."""

    def __init__(
        self, path: str, name: str, known: Mapping[str, list[str]], problems: Problems
    ) -> None:
        self.path = path
        self.name = name
        self.known = known
        self.problems = problems
        self.wanted: list[RequestedItem | LocalProject] = []
        self.seen: set[str] = set()

    def take_extra(self, extra: str) -> None:
        if extra in self.seen:
            return
        self.seen.add(extra)
        if extra not in self.known:
            there = ", ".join(sorted(self.known)) or "none"
            self.problems.add(f"{self.path} has no extra {extra!r} (there are: {there})")
            return
        self.take(self.known[extra], f"extra {extra!r}")

    def take(self, written: list[str], title: str) -> None:
        folder = os.path.dirname(self.path)
        for text in written:
            with self.problems.collecting():
                item = parse_requirement(text, origin=f"{self.path}, {title}", base=folder)
                requirement = item.requirement if isinstance(item, RequestedItem) else None
                if requirement is None or canonicalize_name(requirement.name) != self.name:
                    self.wanted.append(item)
                    continue
                for extra in sorted(requirement.extras):
                    self.take_extra(canonicalize_name(extra))


def _named_lists(tables: Any, path: str, problems: Problems) -> dict[str, list[str]]:
    if not isinstance(tables, dict):
        problems.add(f"{path}: optional-dependencies is not a table")
        return {}
    return {
        canonicalize_name(name): _strings(each, f"{path}, extra {name!r}", problems)
        for name, each in tables.items()
    }


def _strings(value: Any, title: str, problems: Problems) -> list[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    problems.add(f"{title}: not a list of strings")
    return []
