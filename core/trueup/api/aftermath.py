"""After a change: what came and went is told, and what does not fit together any more."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from trueup.api.order import Order
from trueup.api.report import InstallReport
from trueup.destination.contents import requires
from trueup.destination.installed import InstalledDistribution, read_installed
from trueup.errors import EnvironmentProblem
from trueup.reporting import Event, Reporter
from trueup.resolution.conflicts import closure, find_conflicts
from trueup.resolution.promises import demands_hashes
from trueup.values import replace

__all__ = ["own", "tell_of", "with_conflicts"]


def own(order: Order, installed: Mapping[str, InstalledDistribution]) -> frozenset[str]:
    """Return what trueup itself stands on, if it runs in this environment: it never saws that off.

    Raises:
        EnvironmentProblem: metadata cannot be read.
    """
    if not (order.exact and order.environment.running):
        return frozenset()
    return closure("trueup", installed, requires, order.environment.interpreter.markers)


def tell_of(report: InstallReport, reporter: Reporter) -> None:
    """Tell of each distribution that went or came."""
    for gone in report.removed:
        reporter(Event("removed", gone.name, gone.version))
    for one in report.added:
        reporter(Event("added", one.name, one.version))


def with_conflicts(report: InstallReport, order: Order, reporter: Reporter) -> InstallReport:
    """Return `report` with the requirements that are not met now, each told as a warning.

    The resolver has seen to it that what it answered fits together. Left are the requirements of
    what was there before and stays, for what has changed; with `strict`, all of them.
    """
    changed = {one.name for one in report.added} | {one.name for one in report.removed}
    if not order.strict and (not changed or not order.request.dependencies):
        return report
    found = tuple(_conflicts(order, None if order.strict else changed))
    for sentence in found:
        reporter(Event("warning", order.environment.root, sentence))
    return replace(report, conflicts=found)


def _conflicts(order: Order, changed: Collection[str] | None) -> list[str]:
    environment = order.environment
    installed = read_installed(environment)
    markers = environment.interpreter.markers
    found: list[str] = []
    # What is pinned and hashed names its dependencies itself, and no resolver has looked whether.
    pinned = demands_hashes(order.request)
    for name in sorted(installed):
        about = changed
        if changed is not None and name in changed:
            if not pinned:
                continue
            about = None
        try:
            conflicts = list(find_conflicts(installed, requires, markers, of={name}, about=about))
        except EnvironmentProblem as error:  # of something that was not asked about
            found.append(error.problem)
        else:
            found += map(str, conflicts)
    return found
