"""Judging environments by their places: no Python is started that a verdict does not need."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from trueup.api.basis import Basis
from trueup.api.judgement import Judgement
from trueup.api.judging import fingerprint_of, judge_distribution, project_path
from trueup.api.settling import settle
from trueup.destination.environment import Environment
from trueup.destination.hosted import hosted_environments
from trueup.destination.installed import (
    InstalledDistribution,
    normalized_name,
    read_installed,
)
from trueup.destination.locate import open_environment
from trueup.destination.venv_config import NAME
from trueup.errors import EnvironmentProblem, TrueupError
from trueup.freshness.editables.outside import environment_from_outside, redirected
from trueup.freshness.outcome import Unknown

__all__ = ["judge_place", "project_places"]


def judge_place(
    place: str,
    variables: Mapping[str, str],
    names: Collection[str] = (),
    *,
    memory: str | None = None,
    basis: Basis | None = None,
) -> list[Judgement]:
    """Judge what is installed from local projects in the environment at a place, by name.

    Only a record of trueup's own needs what the environment's Python tells of itself; where that
    Python is gone, nobody can tell.

    Args:
        place: the folder of a virtual environment, a `.venv` file, or a Python program in one; or
            what else `open_environment` understands.
        variables: environment variables that a build would start from.
        names: only these; () for all.
        memory: as for `open_environment`.
        basis: collects what the verdicts stand on.

    Raises:
        EnvironmentProblem: there is no environment.
        InterpreterNotFound: no interpreter has that version or name.
    """
    environment = _from_outside(place) or open_environment(place, memory=memory)
    settle(environment)
    if basis is not None:
        basis.is_named(place)
        basis.is_opened(environment)
    wanted = {normalized_name(name) for name in names}
    judged = (
        _judge(one, environment, variables, memory=memory, basis=basis)
        for _, one in sorted(read_installed(environment).items())
        if not wanted or one.name in wanted
    )
    return [one for one in judged if one is not None]


def _judge(
    distribution: InstalledDistribution,
    environment: Environment,
    variables: Mapping[str, str],
    *,
    memory: str | None,
    basis: Basis | None,
) -> Judgement | None:
    seen_from_outside = not environment.interpreter.tags
    if seen_from_outside and _has_record(distribution):
        try:
            environment = open_environment(environment.root, memory=memory)
            if basis is not None:
                basis.is_opened(environment)
        except TrueupError as error:
            path = distribution.editable_location or ""
            verdict = Unknown(error.problem)
            return Judgement(distribution, path, bool(path), verdict, environment=environment.root)
    return judge_distribution(distribution, environment, variables, basis)


def _has_record(distribution: InstalledDistribution) -> bool:
    return project_path(distribution) is not None and fingerprint_of(distribution) is not None


def _from_outside(place: str) -> Environment | None:
    """Return a virtual environment, nothing of which was started; None for what else it may be."""
    path = os.path.abspath(os.path.expanduser(place))
    folder = os.path.dirname(os.path.dirname(path)) if os.path.isfile(path) else path
    named = os.path.basename(path) == ".venv" and os.path.isfile(path)
    if not named and not os.path.isfile(os.path.join(folder, NAME)):
        return None
    return environment_from_outside(place)


def project_places(project: str) -> list[str]:
    """Return the environments that belong to a project: its own, and those tools keep for it.

    Args:
        project: its top folder.

    Returns:
        The active environment or `.venv`, `.tox/*`, `.nox/*`, and the environments of hooks that
        were made from local paths; each once.
    """
    hidden = os.path.join(project, ".venv")
    places = [os.environ.get("VIRTUAL_ENV") or "", hidden]
    if os.path.isfile(hidden):
        try:
            places[1] = redirected(hidden)
        except EnvironmentProblem:  # it names nothing
            places[1] = ""
    places = [place for place in places if place and os.path.isfile(os.path.join(place, NAME))]
    every = [*places, *hosted_environments(project)]
    return list({os.path.realpath(place): place for place in reversed(every)}.values())[::-1]
