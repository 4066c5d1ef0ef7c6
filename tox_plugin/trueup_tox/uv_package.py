"""`package = uv` and `uv-editable`: the project with its dependencies from `tool.uv.sources`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from tox.tox_env.package import PathPackage

if TYPE_CHECKING:
    from pathlib import Path

    from tox.config.sets import CoreConfigSet

__all__ = ["UV_KINDS", "SourcedProject", "lowered", "project_root"]

UV_KINDS = ("uv", "uv-editable")


class SourcedProject(PathPackage):
    """A local project that is installed together with what it needs, and that from its sources."""

    def __init__(self, path: Path, extras: Iterable[str], *, editable: bool) -> None:
        """Name the project; nothing is read yet."""
        super().__init__(path)
        self.extras = tuple(sorted(extras))
        self.editable = editable

    @property
    def arguments(self) -> list[str]:
        """What would follow `install`."""
        from trueup_tox.uv_sources import sourced_requirements

        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        arguments = [*(["-e"] if self.editable else []), f"{self.path}{extras}"]
        for each in sourced_requirements(str(self.path), self.extras):
            if not each.directory or not os.path.samefile(each.directory, self.path):
                arguments += each.arguments
        return arguments

    @property
    def lines(self) -> list[str]:
        """The same as lines of a requirements file."""
        words = iter(self.arguments)
        return [f"{word} {next(words)}" if word == "-e" else word for word in words]


def project_root(core: CoreConfigSet) -> str:
    """Return the folder of the project under test."""
    try:
        return os.path.abspath(str(core["package_root"]))
    except KeyError:  # nothing is packaged in this run
        return os.path.abspath(str(core["tox_root"]))


def lowered(arguments: list[str], root: str) -> tuple[list[str], list[str]]:
    """Put members of the project's workspace where `arguments` ask for them by name.

    A name that `tool.uv.sources` calls a member of the workspace is never meant to come from an
    index, whatever builds the project.

    Returns:
        The new arguments, and those of them that stand for members.
    """
    members = _members(root)
    kept: list[str] = []
    local: list[str] = []
    for each in arguments:
        found = members.get(_name(each))
        if found is None:
            kept.append(each)
        elif not set(found) <= set(local):
            local += found
    return [*kept, *local], local


def _members(root: str) -> dict[str, tuple[str, ...]]:
    try:
        with open(os.path.join(root, "pyproject.toml"), "rb") as file:
            if b"workspace" not in file.read():
                return {}
    except OSError:
        return {}
    from trueup_tox.uv_sources import sourced_requirements

    found = sourced_requirements(root)
    return {each.name: each.arguments for each in found if each.of_workspace}


def _name(requirement: str) -> str:
    from trueup_tox.leftovers import named

    parsed = None if requirement.startswith("-") else named(requirement)
    return "" if parsed is None else canonicalize_name(parsed.name)
