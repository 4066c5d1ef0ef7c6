"""Repairing: what is not as it was installed is put in place again, and nothing else changes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from trueup.api.aftermath import tell_of
from trueup.api.order import Order
from trueup.api.provision import supply_for
from trueup.api.report import Added, InstallReport, Kept
from trueup.api.restoring import Broken, Restored, restore
from trueup.api.workshop import Workshop
from trueup.destination.environment import STATE, Environment
from trueup.destination.installed import InstalledDistribution, read_installed
from trueup.destination.locate import ensure_changeable
from trueup.destination.lock import environment_lock, state_lock
from trueup.destination.skeleton import altered_parts, mend_skeleton
from trueup.errors import BrokenEnvironment
from trueup.importability import look, make_importable
from trueup.installation.ownership import receipt_of
from trueup.installation.transaction import carry_out, recover
from trueup.installation.verification import AlteredFile, find_altered, find_ruins
from trueup.reporting import Reporter
from trueup.values import replace

__all__ = ["altered_files", "altered_in", "mend_broken", "repair"]


def altered_files(environment: Environment) -> list[AlteredFile]:
    """Return every file of an environment that is missing or not as it was installed, by path.

    Raises:
        EnvironmentProblem: the environment cannot be read.
    """
    installed = read_installed(environment)
    ruined = (one for files in find_ruins(environment, installed).values() for one in files)
    found = {
        one.path: one
        for one in (*altered_in(environment.root), *find_altered(environment, installed), *ruined)
    }
    return sorted(found.values(), key=lambda one: (one.name, one.path))


def altered_in(root: str) -> list[AlteredFile]:
    """Return what is not as trueup made it of the environment in `root` itself.

    Raises:
        EnvironmentProblem: a file cannot be read.
    """
    return [AlteredFile("", "", path, kind) for path, kind in altered_parts(root)]


def mend_broken(error: BrokenEnvironment, reporter: Reporter) -> tuple[str, ...]:
    """Put back what trueup made of an environment that cannot be opened; return the paths.

    Args:
        error: what opening it said.
        reporter: told for whom there is to wait.

    Raises:
        BrokenEnvironment: trueup has no note of what it was.
    """
    with state_lock(os.path.join(error.root, STATE), error.root, reporter=reporter):
        mended = mend_skeleton(error.root)
    if not mended:
        raise error
    return tuple(mended)


def repair(order: Order, workshop: Workshop) -> InstallReport:
    """Put back every distribution of the order's environment that is not as it was installed.

    Args:
        order: where, and how far to go; what it requests is not looked at, only where it looks.
        workshop: store, network, reporter.

    Raises:
        TrueupError: one cannot be put back; nothing was changed.
    """
    environment = order.environment
    recovered: tuple[str, ...] = ()
    mended = [path for path, _ in altered_parts(environment.root)]
    with ExitStack() as held:
        if not order.dry_run:
            ensure_changeable(environment, break_system_packages=order.break_system_packages)
            held.enter_context(
                environment_lock(environment, timeout=order.wait, reporter=workshop.reporter)
            )
            recovered = recover(environment, reporter=workshop.reporter)
            mended = mend_skeleton(environment.root)
        installed = read_installed(environment)
        broken = _find_broken(environment, installed)
        supply = supply_for(order.request, environment.interpreter, workshop)
        restored = (
            {}
            if order.dry_run
            else {one.distribution.name: restore(one, order, supply, workshop) for one in broken}
        )
        before = look() if environment.running else None
        touched: tuple[str, ...] = ()
        if restored:
            going = [one.distribution for one in broken]
            deliveries = [one.delivery for one in restored.values()]
            touched = carry_out(environment, going, deliveries, reporter=supply.reporter).touched
    report = _report(order, installed, broken, restored)
    report = replace(report, recovered=recovered, mended=tuple(mended))
    if order.dry_run:
        return report
    tell_of(report, workshop.reporter)
    if before is None or not touched:
        return report
    change = make_importable(before, directories=touched, replaced={}, reload=order.reload)
    return replace(report, stale_modules=change.stale_modules)


def _find_broken(
    environment: Environment, installed: Mapping[str, InstalledDistribution]
) -> list[Broken]:
    files: dict[str, list[AlteredFile]] = {}
    for one in find_altered(environment, installed):
        files.setdefault(one.name, []).append(one)
    found = [(installed[name], several) for name, several in files.items()]
    found += find_ruins(environment, installed).items()
    broken: list[Broken] = []
    for distribution, several in sorted(found, key=lambda pair: pair[0].name):
        receipt = receipt_of(environment, distribution)
        broken.append(Broken(distribution, tuple(several), receipt.pack if receipt else ""))
    return broken


def _report(
    order: Order,
    installed: Mapping[str, InstalledDistribution],
    broken: Sequence[Broken],
    restored: Mapping[str, Restored],
) -> InstallReport:
    added = []
    for one in broken:
        name, version = one.distribution.name, one.distribution.version
        got = restored.get(name)
        how = got.how if got else ""
        editable = one.distribution.editable_location is not None
        added.append(Added(name, version, version, how, one.reason, editable))
    names = {one.distribution.name for one in broken}
    kept = (Kept(one.name, one.version) for one in installed.values() if one.name not in names)
    return InstallReport(
        order.environment.root,
        added=tuple(added),
        kept=tuple(sorted(kept, key=lambda one: one.name)),
        dry_run=order.dry_run,
    )
