"""Where the environment of the project is, although the runner of hooks puts its own before it.

pre-commit and prek start a hook with VIRTUAL_ENV set to the hook's own environment, and with that
one's programs first on PATH; an environment that was active before comes after it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress

from trueup.errors import TrueupError
from trueup.freshness.editables.outside import redirected

__all__ = ["all_environments", "find_environments"]

_CONFIG = "pyvenv.cfg"
_PROGRAMS = "Scripts" if os.name == "nt" else "bin"


def find_environments(given: tuple[str, ...], project: str) -> list[str]:
    """Return the environments of a project, by the first of these ways that finds one.

    What is given; `[tool.trueup] environments` of pyproject.toml; UV_PROJECT_ENVIRONMENT; the first
    folder of PATH, but the hook's own, that belongs to a virtual environment; `.venv`, a folder or
    a file that names one (PEP 832); `venv`; CONDA_PREFIX.

    Args:
        given: paths from the command line; they are returned as they are.
        project: the top folder of the project.
    """
    if given:
        return [os.path.join(project, os.path.expanduser(one)) for one in given]
    settled = _settled(project)
    if settled:
        return [os.path.join(project, os.path.expanduser(one)) for one in settled]
    return next(([place] for place in _guesses(project) if _is_environment(place)), [])


def all_environments(given: tuple[str, ...], project: str) -> list[str]:
    """Return the environments of a project, `.venv`, and those that tools keep for it."""
    from trueup.destination.hosted import hosted_environments

    places = find_environments(given, project)
    known = {os.path.realpath(one) for one in places}
    own = next(([one] for one in _in_project(project) if _is_environment(one)), [])
    for one in (*own, *hosted_environments(project)):
        if os.path.realpath(one) not in known:
            known.add(os.path.realpath(one))
            places.append(one)
    return places


def _settled(project: str) -> list[str]:
    path = os.path.join(project, "pyproject.toml")
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return []
    if b"trueup" not in content:  # most projects say nothing: do not read TOML for them
        return []
    import tomllib

    try:
        settings = tomllib.loads(content.decode()).get("tool", {}).get("trueup", {})
    except ValueError:  # whoever judges the project says what is wrong with it
        return []
    listed = settings.get("environments", [])
    return [str(one) for one in listed] if isinstance(listed, list) else []


def _guesses(project: str) -> Iterator[str]:
    chosen = os.environ.get("UV_PROJECT_ENVIRONMENT")
    if chosen:
        yield os.path.join(project, chosen)
    own = os.path.realpath(sys.prefix)
    candidates: list[str] = []
    for entry in os.get_exec_path():
        prefix, name = os.path.split(os.path.normpath(entry))
        if name == _PROGRAMS and os.path.isfile(os.path.join(prefix, _CONFIG)):
            candidates.append(prefix)
    for prefix in candidates:
        if os.path.realpath(prefix) != own and not _is_of_runner(prefix):
            yield prefix
    yield from _in_project(project)
    conda = os.environ.get("CONDA_PREFIX")
    if conda:
        yield conda


def _in_project(project: str) -> Iterator[str]:
    hidden = os.path.join(project, ".venv")
    if os.path.isfile(hidden):
        with suppress(TrueupError):  # it names nothing: look further
            yield redirected(hidden)
    yield hidden
    yield os.path.join(project, "venv")


def _is_of_runner(prefix: str) -> bool:
    """Whether an environment is another hook's: theirs lie in the folder of the runner."""
    parts = os.path.normpath(os.path.realpath(prefix)).split(os.sep)
    return any(part.startswith("py_env-") for part in parts)


def _is_environment(place: str) -> bool:
    if not os.path.isdir(place):
        return False
    marks = (_CONFIG, "conda-meta")
    return any(os.path.exists(os.path.join(place, mark)) for mark in marks)
