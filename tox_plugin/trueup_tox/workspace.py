"""Workspaces of uv: projects that lie in one tree and know each other by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name

__all__ = ["Workspace", "find_workspace", "member_folders", "read_table", "subtable"]


class Workspace(NamedTuple):  # tox loads this in every run, and the core's values would come along
    """One workspace.

    Attributes:
        root: the folder that the others are members of.
        table: the content of its pyproject.toml.
        members: normalized name to folder.
    """

    root: str
    table: Mapping[str, Any]
    members: Mapping[str, str]

    @property
    def sources(self) -> dict[str, Any]:
        """The sources that hold for all members, by normalized name."""
        found = subtable(self.table, "tool", "uv", "sources")
        return {canonicalize_name(name): value for name, value in found.items()}


def find_workspace(root: str) -> Workspace | None:
    """Return the workspace that the project in `root` belongs to, or None."""
    directory = root
    while True:
        table = read_table(os.path.join(directory, "pyproject.toml"))
        if "workspace" in subtable(table, "tool", "uv"):
            members = {directory, *member_folders(directory, table)}
            if root in members:
                return Workspace(directory, table, dict(_named(members)))
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent


def member_folders(root: str, table: Mapping[str, Any]) -> set[str]:
    """Return the folders that are members of the workspace in `root`."""
    from glob import glob

    described = subtable(table, "tool", "uv", "workspace")
    found: dict[str, set[str]] = {}
    for key in ("members", "exclude"):
        patterns = described.get(key)
        found[key] = {
            os.path.normpath(path)
            for pattern in (patterns if isinstance(patterns, list) else ())
            for path in glob(os.path.join(root, str(pattern)))
        }
    return found["members"] - found["exclude"]


def _named(folders: set[str]) -> list[tuple[str, str]]:
    names: list[tuple[str, str]] = []
    for folder in sorted(folders):
        name = subtable(read_table(os.path.join(folder, "pyproject.toml")), "project").get("name")
        if isinstance(name, str):
            names.append((canonicalize_name(name), folder))
    return names


def read_table(path: str) -> dict[str, Any]:
    """Return a TOML file; {} for one that is not there or no TOML, which its owner tells better."""
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError):
        return {}


def subtable(table: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table inside of `table`, or {}."""
    found: Any = table
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}
