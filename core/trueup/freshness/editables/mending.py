"""The command that mends an install, in the words of whoever made it."""

from __future__ import annotations

import os
import shlex

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.freshness.editables.origin import Origin
from trueup.freshness.editables.project import Project

__all__ = ["mending_command"]


def mending_command(
    distribution: InstalledDistribution,
    environment: Environment,
    origin: Origin,
    project: Project | None,
    mechanism: str = "",
) -> str:
    """Return the command line that makes an install what its project says now.

    Args:
        distribution: what was judged.
        environment: where it is installed.
        origin: its source tree, which may be gone.
        project: what the tree says of itself, if it is there.
        mechanism: how the environment leads to it.
    """
    installer = distribution.installer
    python = environment.interpreter.executable
    editable = origin.editable
    place = _short(origin.directory) if project else "PATH-OF-THE-PROJECT"
    option = "-e " if editable else ""
    if mechanism == "link tree":  # nobody remembers what was said, and the tree shows it
        option = f"--config-settings editable_mode=strict {option}"
    if installer == "trueup":
        return f"trueup refresh --python {_quoted(environment.root)} {distribution.name}"
    if project is not None and project.backend == "maturin" and installer in {"maturin", ""}:
        return "maturin develop" if place == "." else f"cd {_quoted(place)} && maturin develop"
    if installer == "uv":
        target = f"--python {_quoted(_short(python))} "
        flag = f"--reinstall-package {distribution.name}"
        return f"uv pip install {target}{flag} {option}{_quoted(place)}"
    known = {
        "pdm": "pdm install",
        "poetry": "poetry install",
        "flit": _flit(distribution, _short(python) if place == "." else python, mechanism),
    }
    by_pdm = not installer and project is not None and _is_of_pdm(project)
    name = "pdm" if by_pdm else installer.lower()
    tool = next((command for word, command in known.items() if word in name), "")
    if tool:
        return tool if place == "." else f"cd {_quoted(place)} && {tool}"
    force = "" if editable else "--force-reinstall --no-deps "
    return f"{_quoted(_short(python))} -m pip install {force}{option}{_quoted(place)}"


def _is_of_pdm(project: Project) -> bool:
    """Whether PDM manages a project: older versions of it leave no name in what they install."""
    return any(os.path.isfile(project.path(name)) for name in ("pdm.lock", ".pdm-python"))


def _flit(distribution: InstalledDistribution, python: str, mechanism: str) -> str:
    """Return flit's command; it leaves the metadata of another version, which has to go first."""
    ways = {"symbolic link": "--symlink ", "path": "--pth-file "}
    away = f"{_quoted(python)} -m pip uninstall -q -y {distribution.name}"
    return f"{away} && flit install {ways.get(mechanism, '')}--python {_quoted(python)}"


def _short(path: str) -> str:
    """Return a path relative to the working directory where it lies below."""
    here = os.getcwd()
    if path == here:
        return "."
    return os.path.join(".", path[len(here) + 1 :]) if path.startswith(here + os.sep) else path


def _quoted(text: str) -> str:
    if os.name == "nt":
        return f'"{text}"' if " " in text else text
    return shlex.quote(text)
