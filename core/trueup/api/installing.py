"""Installing, from an order to an environment that tells the truth; read it top to bottom."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from trueup.acquisition.supply import Acquired, Supply
from trueup.api.aftermath import own, tell_of, with_conflicts
from trueup.api.answering import Answer, Built, answer
from trueup.api.locked import answer_of_lock, with_locked_projects
from trueup.api.order import Order
from trueup.api.provision import supply_for
from trueup.api.report import Added, InstallReport, Kept, Removed
from trueup.api.shelving import clear_shelves
from trueup.api.workshop import Workshop
from trueup.destination.contents import requires
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution, read_installed
from trueup.destination.locate import ensure_changeable
from trueup.destination.lock import environment_lock
from trueup.destination.twins import read_twins
from trueup.installation.damage import find_damage
from trueup.installation.plan import Plan, PlanChoices, decide
from trueup.installation.transaction import recover
from trueup.resolution.artifact import Directory, Resolution
from trueup.resolution.request import LocalProject, Request
from trueup.resolution.satisfaction import find_unmet
from trueup.values import replace

if TYPE_CHECKING:
    from trueup.api.applying import Applied
    from trueup.freshness.footing import Footing
    from trueup.importability import Sighting

__all__ = ["install_order"]


def install_order(order: Order, workshop: Workshop) -> InstallReport:
    """Carry out `order`: afterwards the environment holds what was asked for, or is as it was.

    Raises:
        TrueupError: any of its kinds; nothing was changed.
    """
    environment = order.environment
    if order.dry_run:  # nothing is changed: no lock is made, and nothing is recovered
        return _install(order, environment, workshop)
    ensure_changeable(environment, break_system_packages=order.break_system_packages)
    with environment_lock(environment, timeout=order.wait, reporter=workshop.reporter):
        # What an interrupted change left of an environment goes with it, where that is made anew.
        recovered = () if order.remake else recover(environment, reporter=workshop.reporter)
        report = _install(order, environment, workshop)
        if order.request.projects:
            from trueup.api.extras import remember_extras

            remember_extras(environment, order.request, exact=order.exact)
        if order.compile_bytecode and report.added and report.kept:
            from trueup.api.compiling import compile_all

            compile_all(environment, workshop)
        if not order.more_to_come:
            clear_shelves(environment, workshop.reporter)
        report = replace(report, recovered=recovered)
        return _pictured(with_conflicts(report, order, workshop.reporter), order)


def _pictured(report: InstallReport, order: Order) -> InstallReport:
    """Keep what tells the next such run that nothing would be another."""
    if order.remade is None or report.repeat is None or report.conflicts or order.more_to_come:
        return report
    from trueup.installation.picturing import take_picture

    environment = order.environment
    identity = take_picture(environment)
    if not identity:
        return report
    picture = (environment.root, environment.state, identity)
    grounds = replace(order.remade(report.repeat), picture=picture)
    return replace(report, grounds=grounds, repeat=replace(report.repeat, identity=identity))


def _install(order: Order, environment: Environment, workshop: Workshop) -> InstallReport:
    """Do it, under the environment's lock."""
    started = time.perf_counter()
    installed = {} if order.remake else read_installed(environment)
    damaged = find_damage(environment, installed, edited_too=order.exact)
    damaged |= _told_of_twins(environment, installed)
    if not (damaged or order.remake):
        footings = _nothing_to_do(order, installed, workshop)
        if footings is not None:
            kept = tuple(Kept(one.name, one.version) for one in installed.values())
            nothing = InstallReport(environment.root, kept=kept, dry_run=order.dry_run)
            return _with_grounds(nothing, order, footings)
    looked = time.perf_counter()
    locked = answer_of_lock(order)
    if locked is not None:
        order = with_locked_projects(order, locked)
    supply = supply_for(order.request, environment.interpreter, workshop)
    built = _built(order, supply, installed, damaged)
    projects = time.perf_counter()
    answered = _answered(order, built, installed, damaged, workshop, locked)
    built |= _built_of(answered.resolution, order, supply, installed, damaged, built)
    choices = _choices(order, answered, built, damaged)
    choices = replace(choices, protected=own(order, installed) | order.spared)
    plan = decide(installed, answered.resolution, choices)
    resolved = time.perf_counter()
    if order.dry_run:
        return replace(_report(environment, plan, {}), dry_run=True)
    before = _look_around(environment)
    packs = {one.artifact.name: one.pack for one in built.values() if one.pack is not None}
    fingerprints = {one.artifact.name: one.fingerprint for one in built.values()}
    from trueup.api.applying import Work, apply

    work = Work(plan, packs, fingerprints, order.remake, order.compile_bytecode)
    applied = apply(work, environment, supply)
    report = _report(environment, plan, applied.acquired)
    seconds = {"look": looked - started}
    seconds |= {"projects": projects - looked} if built else {}
    seconds |= {"resolve": resolved - projects, **applied.seconds}
    report = replace(report, displaced=applied.outcome.displaced, seconds=seconds)
    if not installed and (order.remake is None or order.remade is not None):
        report = replace(report, repeat=order.repeatable(answered, applied.acquired))
    tell_of(report, workshop.reporter)
    if applied.again:
        from trueup.api.anticipating import compile_later

        compile_later(environment, workshop.store)
    return report if before is None else _importable(report, before, applied, order)


def _importable(
    report: InstallReport, before: Sighting, applied: Applied, order: Order
) -> InstallReport:
    """Let the running process import what was put in place; return `report` with what it keeps."""
    from trueup.importability import make_importable

    change = make_importable(
        before,
        directories=applied.outcome.touched,
        replaced=applied.replaced,
        reload=order.reload,
    )
    return replace(report, stale_modules=change.stale_modules)


def _look_around(environment: Environment) -> Sighting | None:
    """Return what the running process sees, if it is its own environment that changes."""
    if not environment.running:
        return None
    from trueup.importability import look

    return look()


def _told_of_twins(
    environment: Environment, installed: Mapping[str, InstalledDistribution]
) -> dict[str, str]:
    """Return what is there more than once, which is damage: two tools were at work at once."""
    return {
        name: f"it is there more than once: {', '.join(one.path for one in twins)}"
        for name, twins in read_twins(environment, installed).items()
    }


def _built(
    order: Order,
    supply: Supply,
    installed: Mapping[str, InstalledDistribution],
    damaged: Mapping[str, str],
) -> dict[str, Built]:
    """Build what is stale of the local projects; a run without any does not import what builds."""
    if not order.request.projects:
        return {}
    from trueup.api.projects import build_projects

    return build_projects(order, supply, installed, damaged)


def _answered(
    order: Order,
    built: Mapping[str, Built],
    installed: Mapping[str, InstalledDistribution],
    damaged: Mapping[str, str],
    workshop: Workshop,
    locked: Resolution | None,
) -> Answer:
    """Return what the request comes to; nobody is asked where what the projects need is there."""
    if built and locked is None:
        from trueup.api.projects import settle

        if (settled := settle(order, built, installed, damaged)) is not None:
            return Answer(settled)
    interpreter = order.environment.interpreter
    return answer(order.request, interpreter, built, installed, workshop, locked)


def _built_of(
    resolution: Resolution,
    order: Order,
    supply: Supply,
    installed: Mapping[str, InstalledDistribution],
    damaged: Mapping[str, str],
    known: Mapping[str, Built],
) -> dict[str, Built]:
    """Build what is stale of the projects that only the answer names: a lock may, a constraint."""
    asked = [
        LocalProject(
            os.path.realpath(one.source.path),
            editable=one.source.editable,
            origin="the resolution",
            name=one.name,
        )
        for one in resolution.artifacts
        if isinstance(one.source, Directory) and os.path.realpath(one.source.path) not in known
    ]
    if not asked:
        return {}
    from trueup.api.projects import build_projects

    return build_projects(order, supply, installed, damaged, asked)


def _with_grounds(
    report: InstallReport, order: Order, footings: Collection[Footing | None]
) -> InstallReport:
    """Add what told that there is nothing to do, for the next glance."""
    grounds = order.grounds().with_projects(footings)
    report = replace(report, grounds=grounds)
    if order.request.projects:
        return report
    return replace(report, decided_by=grounds.places, decided_without=grounds.absent)


def _nothing_to_do(
    order: Order, installed: Mapping[str, InstalledDistribution], workshop: Workshop
) -> Collection[Footing | None] | None:
    """Return what verdicts on local projects stand on, if what is installed is the answer; or None.

    Nobody is asked.
    """
    request: Request | None = order.request
    fresh: Mapping[str, Built] = {}
    if order.exact or order.reinstall_all or order.reinstall:
        return None
    footings: Collection[Footing | None] = ()
    if order.request.projects:
        from trueup.api.projects import as_requirements, standing_projects

        fresh = standing_projects(order, installed, workshop.variables)
        request = as_requirements(order, fresh)
        footings = [one.footing for one in fresh.values()]
    markers = order.environment.interpreter.markers
    places = {path: one.artifact.name for path, one in fresh.items()}
    if request is None or find_unmet(request, installed, requires, markers, places):
        return None
    return footings


def _choices(
    order: Order, answered: Answer, built: Mapping[str, Built], damaged: Mapping[str, str]
) -> PlanChoices:
    return PlanChoices(
        exact=order.exact,
        reinstall_all=order.reinstall_all,
        reinstall=order.reinstall,
        standing=answered.standing,
        current=frozenset(one.artifact.name for one in built.values() if one.installed is not None),
        damaged=damaged,
    )


def _report(
    environment: Environment, plan: Plan, acquired: Mapping[str, Acquired]
) -> InstallReport:
    added: list[Added] = []
    for one in plan.add:
        got = acquired.get(one.artifact.name)
        source = one.artifact.source
        added.append(
            Added(
                name=one.artifact.name,
                version=got.pack.version if got else one.artifact.version,
                previous=one.replaces.version if one.replaces else "",
                how=got.how if got else "",
                reason=one.reason,
                editable=isinstance(source, Directory) and source.editable,
            )
        )
    gone = (
        Removed(one.distribution.name, one.distribution.version, one.reason) for one in plan.remove
    )
    kept = (Kept(one.name, one.version) for one in plan.keep)
    return InstallReport(
        environment.root,
        added=tuple(added),
        removed=tuple(sorted(gone, key=lambda one: one.name)),
        kept=tuple(sorted(kept, key=lambda one: one.name)),
    )
