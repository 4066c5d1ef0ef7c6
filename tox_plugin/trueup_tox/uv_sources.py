"""`tool.uv.sources`: what a project says of where its dependencies come from, as pip's words.

The keys are uv's: https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from trueup.values import dataclass, field

from trueup_tox.workspace import find_workspace, read_table, subtable

__all__ = ["Sourced", "sourced_requirements"]


@dataclass(frozen=True, slots=True)
class Sourced:
    """A dependency that comes from somewhere else than an index.

    Attributes:
        name: normalized.
        arguments: what has it installed from there, in pip's grammar.
        directory: the local project that it is, or "".
        of_workspace: it is a member of the project's workspace.
    """

    name: str
    arguments: tuple[str, ...]
    directory: str = ""
    of_workspace: bool = False


def sourced_requirements(root: str, extras: Iterable[str] | None = None) -> list[Sourced]:
    """Return what the project in `root` needs from its sources, and what that needs from its own.

    Args:
        root: the project's folder.
        extras: extras of the project that are wanted; None for all.
    """
    walk = _Walk()
    if extras is None:
        table = read_table(os.path.join(root, "pyproject.toml"))
        extras = subtable(table, "project", "optional-dependencies")
    walk.visit(os.path.abspath(root), frozenset(map(canonicalize_name, extras)))
    return list(walk.found.values())


@dataclass(slots=True)
class _Walk:
    found: dict[tuple[str, tuple[str, ...]], Sourced] = field(default_factory=dict)
    seen: set[tuple[str, frozenset[str]]] = field(default_factory=set)

    def visit(self, root: str, extras: frozenset[str]) -> None:
        if (root, extras) in self.seen:
            return
        self.seen.add((root, extras))
        table = read_table(os.path.join(root, "pyproject.toml"))
        workspace = find_workspace(root)
        sources = {**(workspace.sources if workspace else {}), **_sources_of(table)}
        indexes = {**(_indexes_of(workspace.table) if workspace else {}), **_indexes_of(table)}
        for requirement in _requirements(table, sources, extras):
            name = canonicalize_name(requirement.name)
            for source in _entries(sources.get(name), extras):
                base = root if name in _sources_of(table) or workspace is None else workspace.root
                members = workspace.members if workspace else {}
                self._take(_Choice(requirement, source, base, members, indexes))

    def _take(self, choice: _Choice) -> None:
        found = choice.sourced()
        if found is None:
            return
        self.found.setdefault((found.name, found.arguments), found)
        if found.directory:
            self.visit(found.directory, frozenset(map(canonicalize_name, choice.wanted.extras)))


@dataclass(frozen=True, slots=True)
class _Choice:
    """A requirement, and the source that it is to come from."""

    wanted: Requirement
    source: Mapping[str, Any]
    base: str
    members: Mapping[str, str]
    indexes: Mapping[str, str]

    def sourced(self) -> Sourced | None:
        name = canonicalize_name(self.wanted.name)
        source = self.source
        if source.get("workspace"):
            member = self.members.get(name)
            if member is None:
                return None
            editable = source.get("editable", True)
            return Sourced(name, self._local(member, editable=editable), member, of_workspace=True)
        if "path" in source:
            path = os.path.normpath(os.path.join(self.base, str(source["path"])))
            path = os.path.join(path, str(source.get("subdirectory", "")).strip("/")).rstrip("/")
            arguments = self._local(path, editable=source.get("editable", False))
            return Sourced(name, arguments, path if os.path.isdir(path) else "")
        if "git" in source or "url" in source:
            return Sourced(name, (f"{self._named} @ {_address(source)}{self._condition}",))
        url = self.indexes.get(str(source.get("index", "")))
        # The whole request asks that index too: an index for one name alone is uv's alone.
        return None if url is None else Sourced(name, (f"--extra-index-url={url}",))

    def _local(self, path: str, *, editable: bool) -> tuple[str, ...]:
        extras = f"[{','.join(sorted(self.wanted.extras))}]" if self.wanted.extras else ""
        if editable:
            return ("-e", f"{path}{extras}{self._condition}")
        from pathlib import Path

        return (f"{self._named} @ {Path(path).as_uri()}{self._condition}",)

    @property
    def _named(self) -> str:
        extras = f"[{','.join(sorted(self.wanted.extras))}]" if self.wanted.extras else ""
        return f"{self.wanted.name}{extras}"

    @property
    def _condition(self) -> str:
        markers = [str(each) for each in (self.wanted.marker, self.source.get("marker")) if each]
        # An extra has been looked at already: there is none of that name where this is installed.
        markers = [each for each in markers if "extra" not in each]
        return " ; " + " and ".join(f"({each})" for each in markers) if markers else ""


def _address(source: Mapping[str, Any]) -> str:
    """Return the address that a source names, as a requirement has it."""
    inside = source.get("subdirectory")
    fragment = f"#subdirectory={inside}" if inside else ""
    if "url" in source:
        return f"{source['url']}{fragment}"
    revision = next((source[key] for key in ("rev", "tag", "branch") if key in source), "")
    url = str(source["git"]).removeprefix("git+")
    return f"git+{url}{f'@{revision}' if revision else ''}{fragment}"


def _sources_of(table: Mapping[str, Any]) -> dict[str, Any]:
    found = subtable(table, "tool", "uv", "sources")
    return {canonicalize_name(name): value for name, value in found.items()}


def _indexes_of(table: Mapping[str, Any]) -> dict[str, str]:
    found = subtable(table, "tool", "uv").get("index")
    entries = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return {
        str(each["name"]): str(each["url"]) for each in entries if {"name", "url"} <= each.keys()
    }


def _entries(source: Any, extras: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the places in a source: one, or a list of them with a condition each."""
    for each in source if isinstance(source, list) else [source]:
        if not isinstance(each, dict) or "group" in each:
            continue
        if "extra" not in each or canonicalize_name(str(each["extra"])) in extras:
            yield each


def _requirements(
    table: Mapping[str, Any], sources: Mapping[str, Any], extras: frozenset[str]
) -> Iterator[Requirement]:
    """Yield what the project needs; everything that has a source where only a build can tell."""
    project = subtable(table, "project")
    if "dependencies" in (project.get("dynamic") or ()) or not project:
        yield from map(Requirement, sources)
        return
    optional = subtable(project, "optional-dependencies")
    wanted = [*(project.get("dependencies") or ())]
    for extra, needs in optional.items():
        wanted += needs if canonicalize_name(extra) in extras else ()
    for text in wanted:
        try:
            yield Requirement(text)
        except InvalidRequirement:  # whoever builds the project tells it better
            continue
