"""Refreshing: what is stale is built again and installed as it was, and nothing else is touched."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from trueup.api.extras import read_extras
from trueup.api.front import Surroundings, prepared
from trueup.api.installing import install_order
from trueup.api.judgement import Judgement
from trueup.api.judging import judge_installed
from trueup.api.order import Order
from trueup.api.report import InstallReport
from trueup.destination.environment import Environment
from trueup.errors import RequestError
from trueup.resolution.install_grammar import parse_install_arguments
from trueup.resolution.request import LocalProject, Request
from trueup.values import replace

__all__ = ["refresh_environment"]


def refresh_environment(
    environment: Environment, names: Sequence[str] = (), around: Surroundings | None = None
) -> InstallReport:
    """Build again what a build now would give otherwise, and install it with the options it had.

    Args:
        environment: where.
        names: what is to be fresh afterwards; () for everything that trueup installed from a
            local project.
        around: variables, reporter and base directory; its environment is not looked at.

    Raises:
        RequestError: a name is not installed from a local project, or not by trueup.
        TrueupError: a build or the install of it fails; nothing was changed.
    """
    around = around or Surroundings()
    variables = os.environ if around.variables is None else around.variables
    judged = judge_installed(environment, variables, names)
    _check_names(names, judged)
    due = [one for one in judged if not one.fresh and one.fingerprint is not None]
    if not due:
        return InstallReport(environment.root)
    extras = read_extras(environment)
    # What the surroundings say of indexes and builds counts; that "." is asked for does not.
    raw, options = parse_install_arguments(["."], environment=variables)
    with prepared(replace(raw, requirements=()), options, around) as (request, workshop):
        reports = [
            install_order(Order(_request_for(each, request, extras), environment), workshop)
            for each in _alike(due)
        ]
    return _together(reports, environment)


def _check_names(names: Sequence[str], judged: Sequence[Judgement]) -> None:
    from packaging.utils import canonicalize_name

    known = {one.distribution.name: one for one in judged}
    for name in names:
        one = known.get(canonicalize_name(name))
        if one is None:
            raise RequestError(
                f"{name} is not installed from a local project",
                hint="`trueup check` tells what is",
            )
        if one.fingerprint is None:
            raise RequestError(
                f"{name} cannot be refreshed, for trueup keeps no record of its build",
                hint=f"install it anew: trueup install {'-e ' if one.editable else ''}{one.path}",
            )


def _alike(due: Sequence[Judgement]) -> list[list[Judgement]]:
    """Sort into those that can be installed together: isolation is said once for all."""
    isolated = [one for one in due if one.fingerprint and not one.fingerprint.circumstances.site]
    others = [one for one in due if one not in isolated]
    return [group for group in (isolated, others) if group]


def _request_for(
    due: Sequence[Judgement], around: Request, extras: Mapping[str, frozenset[str]]
) -> Request:
    projects: list[LocalProject] = []
    isolation = True
    for one in due:
        assert one.fingerprint is not None  # noqa: S101 - the others were left out
        was = one.fingerprint.circumstances
        isolation = not was.site
        projects.append(
            LocalProject(
                os.path.realpath(one.path),
                editable=one.editable,
                extras=extras.get(one.distribution.name, frozenset()),
                config_settings=was.config_settings,
                origin="what is installed",
                name=one.distribution.name,
            )
        )
    build = replace(around.build, build_isolation=isolation, config_settings=())
    return replace(around, projects=tuple(projects), build=build)


def _together(reports: Sequence[InstallReport], environment: Environment) -> InstallReport:
    if len(reports) == 1:
        return reports[0]
    return replace(
        reports[-1],
        environment=environment.root,
        added=tuple(one for report in reports for one in report.added),
        removed=tuple(one for report in reports for one in report.removed),
        warnings=tuple(one for report in reports for one in report.warnings),
    )
