"""With which extras local projects were asked for: metadata does not tell, and a refresh must know.

They are kept in the environment's state directory. Asking again adds to them, as the distributions
that an extra brought stay installed, too; asking for exactly this replaces them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress

from trueup.api.judging import from_project
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.errors import EnvironmentProblem
from trueup.resolution.request import Request

__all__ = ["read_extras", "remember_extras"]

_VERSION = 1


def read_extras(environment: Environment) -> dict[str, frozenset[str]]:
    """Return normalized name to extras of what was installed from local projects."""
    try:
        with open(_path(environment), encoding="utf-8") as file:
            told = json.load(file)
        if told["version"] != _VERSION:
            return {}
        return {name: frozenset(map(str, extras)) for name, extras in told["extras"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # nothing was asked for, or nobody can tell: then it is as before the record


def remember_extras(environment: Environment, request: Request, *, exact: bool) -> None:
    """Take down the extras of the local projects in `request`, which are installed now.

    The caller holds the environment's lock.

    Args:
        environment: where they are.
        request: what was asked for.
        exact: and nothing else is to be there.

    Raises:
        EnvironmentProblem: the record cannot be written.
    """
    known = read_extras(environment)
    if not any(one.extras for one in request.projects) and not (exact and known):
        return
    installed = read_installed(environment)
    found = {} if exact else {name: each for name, each in known.items() if name in installed}
    for project in request.projects:
        for present in from_project(installed, project.path):
            found[present.name] = found.get(present.name, frozenset()) | project.extras
    if found != known:
        _write(environment, {name: each for name, each in found.items() if each})


def _write(environment: Environment, extras: Mapping[str, frozenset[str]]) -> None:
    told = {
        "version": _VERSION,
        "extras": {name: sorted(each) for name, each in sorted(extras.items())},
    }
    path = _path(environment)
    new = f"{path}.{os.getpid()}.tmp"
    try:
        with open(new, "w", encoding="utf-8") as file:
            json.dump(told, file)
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):  # it may not even have been made
            os.unlink(new)
        raise EnvironmentProblem(
            f"{path} cannot be written: {error.strerror}",
            hint="everything is installed; make room there, and install once more",
        ) from error


def _path(environment: Environment) -> str:
    return os.path.join(environment.state, "extras.json")
