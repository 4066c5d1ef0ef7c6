"""Taking distributions out of an environment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from packaging.utils import canonicalize_name

from trueup.api.aftermath import tell_of
from trueup.api.gathering import Gathering
from trueup.api.report import InstallReport, Kept, Removed
from trueup.api.workshop import Workshop
from trueup.destination.contents import record_paths
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution, read_installed
from trueup.destination.locate import ensure_changeable
from trueup.destination.lock import environment_lock
from trueup.destination.twins import with_twins
from trueup.importability import look, make_importable
from trueup.installation.transaction import carry_out, recover
from trueup.reporting import Event
from trueup.values import replace

__all__ = ["uninstall_names"]


def uninstall_names(
    names: Sequence[str],
    environment: Environment,
    workshop: Workshop,
    *,
    dry_run: bool = False,
    break_system_packages: bool = False,
    wait: float | None = None,
) -> InstallReport:
    """Remove the named distributions; a name that is not installed is warned of, as pip does.

    Raises:
        TrueupError: one cannot be removed; none was.
    """
    recovered: tuple[str, ...] = ()
    reporter = Gathering(workshop.reporter)
    with ExitStack() as held:
        if not dry_run:
            ensure_changeable(environment, break_system_packages=break_system_packages)
            held.enter_context(environment_lock(environment, timeout=wait, reporter=reporter))
            recovered = recover(environment, reporter=reporter)
        installed = read_installed(environment)
        going: dict[str, InstalledDistribution] = {}
        for name in names:
            present = installed.get(canonicalize_name(name))
            if present is None:
                message = f"{name} is not installed, so it is not removed"
                reporter(Event("warning", name, message))
            else:
                going[present.name] = present
        before = look() if environment.running else None
        replaced = {
            name: tuple(record_paths(one, environment) or ()) for name, one in going.items()
        }
        touched: tuple[str, ...] = ()
        if going and not dry_run:
            removed = with_twins(environment, list(going.values()))
            touched = carry_out(environment, removed, (), reporter=reporter).touched
    report = InstallReport(
        environment.root,
        removed=tuple(Removed(one.name, one.version, "asked for") for one in going.values()),
        kept=tuple(Kept(one.name, one.version) for n, one in installed.items() if n not in going),
        recovered=recovered,
        warnings=reporter.warnings,
        dry_run=dry_run,
    )
    if not dry_run:
        tell_of(report, reporter)
    if before is None or not touched:
        return report
    change = make_importable(before, directories=touched, replaced=replaced)
    return replace(report, stale_modules=change.stale_modules)
