"""Delivering: distributions come into an environment, with the bytecode that is there for them."""

from __future__ import annotations

from collections.abc import Sequence

from trueup.acquisition.bytecode import find_bytecode
from trueup.acquisition.store import Store
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.installation.commit import Outcome
from trueup.installation.record import Delivery
from trueup.installation.transaction import carry_out
from trueup.values import replace

__all__ = ["deliver"]


def deliver(
    environment: Environment,
    going: Sequence[InstalledDistribution],
    coming: Sequence[Delivery],
    store: Store,
    *,
    compiled: bool | None = None,
) -> Outcome:
    """Change the environment in one transaction. The caller holds its lock.

    Args:
        environment: where.
        going: what is taken out.
        coming: what is put in place, without bytecode.
        store: where bytecode is; its reporter is told of what happens.
        compiled: False for no bytecode.

    Raises:
        TrueupError: something cannot be written; the environment is as it was.
    """
    if compiled is not False:
        found = [find_bytecode(store, one.pack, environment.interpreter) for one in coming]
        coming = [
            one if made is None else replace(one, bytecode=made)
            for one, made in zip(coming, found, strict=True)
        ]
    return carry_out(environment, going, coming, reporter=store.reporter)
