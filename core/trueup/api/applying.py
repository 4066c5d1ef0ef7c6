"""Applying a plan: packs are acquired, then the environment changes in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from trueup.acquisition.acquire import acquire
from trueup.acquisition.pack import Pack
from trueup.acquisition.supply import Acquired, Supply
from trueup.api.delivering import deliver
from trueup.destination.contents import record_paths
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.destination.twins import with_twins
from trueup.errors import StoreError
from trueup.freshness.fingerprint import FILE_NAME
from trueup.installation.ahead import Ahead, staging_ahead
from trueup.installation.plan import Addition, Plan
from trueup.installation.record import Delivery
from trueup.installation.transaction import Outcome
from trueup.values import dataclass, field, replace

if TYPE_CHECKING:
    from trueup.destination.company import Company

__all__ = ["Applied", "Work", "apply"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan.

    Attributes:
        acquired: normalized name to the pack that was put in place.
        outcome: what the transaction did.
        replaced: normalized name to the files that went, for the running process.
        seconds: "acquire" and "write" to seconds.
        again: packs that come so often that compiling them, in the background, is worth it.
    """

    acquired: Mapping[str, Acquired]
    outcome: Outcome
    replaced: Mapping[str, tuple[str, ...]]
    seconds: Mapping[str, float]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A plan with what it takes to carry it out.

    Attributes:
        plan: what is to change.
        built: normalized name to the pack of a local project that has been built already.
        fingerprints: normalized name to what such a build depended on.
        remake: makes the environment anew before anything is written; None where it stays.
        compiled: bytecode is to come with the sources; None for where it has been made already.
    """

    plan: Plan
    built: Mapping[str, Pack] = field(default_factory=dict)
    fingerprints: Mapping[str, bytes] = field(default_factory=dict)
    remake: Callable[[], Environment] | None = None
    compiled: bool | None = None


def apply(work: Work, environment: Environment, supply: Supply) -> Applied:
    """Do `work`. The caller holds the environment's lock.

    Args:
        work: what to do.
        environment: where.
        supply: where packs come from.

    Raises:
        TrueupError: something cannot be acquired or written; the environment is as it was, or
            where it was to be made anew, empty.
    """
    started = time.perf_counter()
    plan = work.plan
    if plan.empty and work.remake is None:
        return Applied({}, Outcome(), {}, {})
    going = [one.distribution for one in plan.remove]
    going += [one.replaces for one in plan.add if one.replaces is not None]
    going = with_twins(environment, going)
    replaced = _files_of(going, environment) if environment.running else {}
    with staging_ahead(environment, supply.reporter) as ahead:
        acquired = _acquire(plan, _telling(supply, work, ahead), work.built)
        if work.compiled:
            from trueup.acquisition.compilation import make_bytecode

            packs = [one.pack for one in acquired.values()]
            make_bytecode(supply.store, packs, environment.interpreter)
        ready = time.perf_counter()
        # Not before all is at hand: what cannot be answered or got must not cost what is there.
        where = work.remake() if work.remake else environment
        try:
            outcome, again = _write(work, where, acquired, going, supply, ahead)
        except StoreError:
            # Somebody pruned the store between finding a pack and using it: get it once more.
            acquired = _acquire(plan, supply, work.built)
            outcome, again = _write(work, where, acquired, going, supply, ahead)
    seconds = {"acquire": ready - started, "write": time.perf_counter() - ready}
    return Applied(acquired, outcome, replaced, seconds, again)


def _telling(supply: Supply, work: Work, ahead: Ahead) -> Supply:
    """Return `supply`, by which what has come is staged while the rest is on its way.

    Not where the environment is made anew first, nor where bytecode is to come along.
    """
    if work.remake is not None or work.compiled:
        return supply
    coming = {one.artifact.name: one for one in work.plan.add}

    def stage(name: str, acquired: Acquired, company: Company) -> None:
        if name in coming:  # a build asks by its own supply, for another environment
            delivery = _delivery(coming[name], acquired, work.fingerprints.get(name, b""))
            ahead.stage(delivery, company)

    return replace(supply, ready=stage)


def _acquire(plan: Plan, supply: Supply, built: Mapping[str, Pack]) -> dict[str, Acquired]:
    wanted = [one.artifact for one in plan.add if one.artifact.name not in built]
    acquired = acquire(wanted, supply)
    for one in plan.add:
        name = one.artifact.name
        if name in built:
            from trueup.acquisition.direct_url import direct_url

            acquired[name] = Acquired(built[name], direct_url(one.artifact.source), "build")
    return acquired


def _write(
    work: Work,
    environment: Environment,
    acquired: Mapping[str, Acquired],
    going: list[InstalledDistribution],
    supply: Supply,
    ahead: Ahead,
) -> tuple[Outcome, bool]:
    """Carry out `work`; return what came of it, and whether the background has something to do."""
    deliveries = []
    for one in work.plan.add:
        name = one.artifact.name
        delivery = _delivery(one, acquired[name], work.fingerprints.get(name, b""))
        deliveries.append(delivery)
    return deliver(
        environment,
        going,
        deliveries,
        supply.store,
        supply.variables,
        compiled=work.compiled,
        ahead=ahead.take,
    )


def _delivery(addition: Addition, acquired: Acquired, fingerprint: bytes) -> Delivery:
    extra = {FILE_NAME: fingerprint} if fingerprint else {}
    return Delivery(acquired.pack, addition.requested, acquired.direct_url, extra)


def _files_of(
    going: list[InstalledDistribution], environment: Environment
) -> dict[str, tuple[str, ...]]:
    return {one.name: tuple(record_paths(one, environment) or ()) for one in going}
