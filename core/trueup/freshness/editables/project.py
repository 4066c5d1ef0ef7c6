"""A source tree as its own files describe it: which backend builds it, and with what settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from trueup.freshness.editables.setup_script import SetupScript, read_setup_script
from trueup.values import dataclass, field

__all__ = ["Backend", "Project", "read_project", "table"]

Backend = str
"""What builds: one of the words of `_BACKENDS`, or the name of a module that is not known here."""

_BACKENDS = {
    "setuptools.build_meta": "setuptools",
    "setuptools.build_meta:__legacy__": "setuptools",
    "hatchling.build": "hatchling",
    "hatchling.ouroboros": "hatchling",
    "flit_core.buildapi": "flit",
    "flit.buildapi": "flit",
    "pdm.backend": "pdm",
    "pdm.pep517.api": "pdm",
    "poetry.core.masonry.api": "poetry-core",
    "poetry.masonry.api": "poetry-core",
    "uv_build": "uv_build",
    "scikit_build_core.build": "scikit-build-core",
    "mesonpy": "meson-python",
    "maturin": "maturin",
}


@dataclass(frozen=True, slots=True)
class Project:
    """A source tree.

    Attributes:
        directory: its top folder, absolute.
        pyproject: the content of pyproject.toml; empty where there is none.
        setup_cfg: section to key to value, of setup.cfg, for setuptools only.
        setup_script: what setup.py says, for setuptools only; None where there is none.
        backend: what builds it.
        problem: why its files cannot be read; "" if they can.
    """

    directory: str
    pyproject: Mapping[str, Any]
    setup_cfg: Mapping[str, Mapping[str, str]]
    setup_script: SetupScript | None
    backend: Backend
    problem: str = ""
    broken: str = field(default="", compare=False)

    @property
    def declared(self) -> Mapping[str, Any]:
        """The `[project]` table (PEP 621)."""
        return table(self.pyproject, "project")

    @property
    def dynamic(self) -> frozenset[str]:
        """The fields that the backend fills in."""
        return frozenset(str(one) for one in self.declared.get("dynamic", ()))

    def path(self, *parts: str) -> str:
        """Return the absolute path of something in the tree."""
        return os.path.normpath(os.path.join(self.directory, *parts))

    def tool(self, *names: str) -> Mapping[str, Any]:
        """Return a table below `[tool]`; empty where there is none."""
        return table(self.pyproject, "tool", *names)


def table(content: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return a nested table; empty where there is none."""
    found: Any = content
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def read_project(directory: str) -> Project:
    """Return the description of a source tree; `problem` says what of it cannot be read."""
    pyproject, problem, broken = _pyproject(directory)
    system = table(pyproject, "build-system")
    named = str(system.get("build-backend", "setuptools.build_meta"))
    backend = named if "backend-path" in system else _BACKENDS.get(named, named)
    setup_cfg: Mapping[str, Mapping[str, str]] = {}
    script = None
    if backend == "setuptools":
        script = read_setup_script(os.path.join(directory, "setup.py"))
        path = os.path.join(directory, "setup.cfg")
        if os.path.isfile(path):
            try:
                setup_cfg = _setup_cfg(path)
            except ValueError as error:
                problem, broken = f"setup.cfg cannot be read: {error}", path
    return Project(directory, pyproject, setup_cfg, script, backend, problem, broken)


def _pyproject(directory: str) -> tuple[Mapping[str, Any], str, str]:
    import tomllib

    path = os.path.join(directory, "pyproject.toml")
    try:
        with open(path, "rb") as file:
            return tomllib.load(file), "", ""
    except FileNotFoundError:
        return {}, "", ""
    except (OSError, ValueError) as error:  # TOML and UTF-8 errors are both ValueErrors
        return {}, f"pyproject.toml cannot be read: {error}", path


def _setup_cfg(path: str) -> Mapping[str, Mapping[str, str]]:
    from configparser import ConfigParser
    from configparser import Error as ConfigError

    parser = ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except ConfigError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    return {name: dict(parser[name]) for name in parser.sections()}
