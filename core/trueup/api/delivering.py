"""Delivering: distributions come into an environment, with the bytecode that is there for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trueup.acquisition.background import is_wanted
from trueup.acquisition.bytecode import find_bytecode
from trueup.acquisition.store import Store
from trueup.acquisition.uses import is_due
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.installation.commit import Outcome
from trueup.installation.record import Delivery
from trueup.installation.second_writer import Ready, not_ready
from trueup.installation.transaction import carry_out
from trueup.values import replace

__all__ = ["compile_again", "deliver"]


def deliver(  # noqa: PLR0913 - what changes and where, and settings with defaults
    environment: Environment,
    going: Sequence[InstalledDistribution],
    coming: Sequence[Delivery],
    store: Store,
    variables: Mapping[str, str],
    *,
    compiled: bool | None = None,
    ahead: Ready = not_ready,
) -> tuple[Outcome, bool]:
    """Change the environment in one transaction. The caller holds its lock.

    Args:
        environment: where.
        going: what is taken out.
        coming: what is put in place, without bytecode.
        store: where bytecode is; its reporter is told of what happens.
        variables: the environment variables.
        compiled: False for no bytecode, True where all of it has just been made.
        ahead: tells what of `coming` is staged already.

    Returns:
        What came of it, and whether some of it comes so often that compiling it in the background
        is worth it.

    Raises:
        TrueupError: something cannot be written; the environment is as it was.
    """
    if compiled is not False:
        found = [find_bytecode(store, one.pack, environment.interpreter) for one in coming]
        coming = [
            one if made is None else replace(one, bytecode=made)
            for one, made in zip(coming, found, strict=True)
        ]
    again = compiled is None and is_wanted(variables) and _again(environment, coming, store)
    return carry_out(environment, going, coming, reporter=store.reporter, ahead=ahead), again


def _again(environment: Environment, coming: Sequence[Delivery], store: Store) -> bool:
    """Remember that `coming` is installed here; return whether it comes again and again."""
    unfinished = [one for one in coming if one.bytecode is None or not one.bytecode.complete]
    if not unfinished or not store.writable:
        return False
    if all(one.bytecode for one in unfinished) and not is_due(store, environment.interpreter):
        return False
    from trueup.api.anticipating import anticipated

    return anticipated(unfinished, environment, store)


def compile_again(environment: Environment, store: Store, *, again: bool) -> None:
    """Have compiled, in the background, what was delivered and comes `again` and again."""
    if again:
        from trueup.api.anticipating import compile_later

        compile_later(environment, store)
