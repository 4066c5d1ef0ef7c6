"""A local project as a wheel file, for a host that wants the file itself."""

from __future__ import annotations

import os

from trueup.acquisition.pack import Pack
from trueup.acquisition.supply import Supply
from trueup.acquisition.wheel_export import export_wheel
from trueup.api.build_wish import BuildWish, ProjectWheel
from trueup.api.front import Surroundings, prepared
from trueup.api.judging import circumstances_of, judge_now
from trueup.api.order import Order
from trueup.api.projects import build_projects
from trueup.api.provision import supply_for
from trueup.api.tracking import recorded_build
from trueup.destination.locate import open_environment
from trueup.errors import RequestError
from trueup.freshness.verdict import Stale
from trueup.reporting import Event
from trueup.resolution.install_grammar import parse_install_arguments

__all__ = ["BuildWish", "ProjectWheel", "build_project"]


def build_project(wish: BuildWish, around: Surroundings | None = None) -> ProjectWheel:
    """Return the wheel of a local project; build it where a build would give something else.

    An install with `wish.arguments` afterwards, for the same interpreter and with the same
    variables, finds this build and builds nothing.

    Args:
        wish: what to build.
        around: variables, reporter and base directory; its environment is not looked at.

    Raises:
        SourceError, BuildError: there is no project, or its backend fails.
        TrueupError: what the build needs cannot be had.
    """
    around = around or Surroundings()
    variables = os.environ if around.variables is None else around.variables
    raw, options = parse_install_arguments(wish.arguments, environment=variables)
    with prepared(raw, options, around) as (request, workshop):
        environment = open_environment(python=wish.python, memory=workshop.interpreters)
        order = Order(request=request, environment=environment)
        supply = supply_for(request, environment.interpreter, workshop)
        _tell_why(order, supply)
        pack, fingerprint = _only_build(order, supply)
        path = export_wheel(pack, wish.folder)
        metadata = pack.read(f"{pack.root}/{pack.dist_info}/METADATA")
    return ProjectWheel(path, pack.name, pack.version, metadata, fingerprint)


def _only_build(order: Order, supply: Supply) -> tuple[Pack, bytes]:
    for built in build_projects(order, supply, {}, {}).values():
        if built.pack is not None:  # nothing is installed here, so there always is one
            return built.pack, built.fingerprint
    raise RequestError("there is no project to build", hint="name a directory with a project in it")


def _tell_why(order: Order, supply: Supply) -> None:
    """Say what has changed since the last build, if there was one."""
    for project in order.request.projects:
        now = circumstances_of(
            project,
            supply.interpreter,
            order.request.build.config_settings,
            isolation=order.request.build.build_isolation,
        )
        recorded = recorded_build(now, supply)
        if recorded is None:
            continue
        verdict = judge_now(recorded.fingerprint, now, supply.interpreter, supply.variables)
        if isinstance(verdict, Stale):
            first, *others = verdict.reasons
            more = f", and {len(others)} more" if others else ""
            name = recorded.pack.name
            told = f"{name} is built again: {first.message}{more}"
            supply.reporter(Event("note", name, told))
