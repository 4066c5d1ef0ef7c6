"""An install done again: what one asked for is put into another empty environment.

The same words, in the same place, under the same variables, with files that look the same, come to
the same packs for an interpreter with the same facts: nothing is parsed, nobody is asked, and what
parses and asks is not imported. Everything that is done to the environment is done as always: its
lock, its journal, the checks of each pack, RECORD and receipts. Wherever something is not as it was
remembered, the usual way is gone from its start.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from trueup.acquisition.store import Store, open_store
from trueup.acquisition.store_folder import UnsafeStore
from trueup.api.delivering import compile_again, deliver
from trueup.api.repeat import Repeat, interpreter_key
from trueup.api.report import Added, InstallReport
from trueup.api.shelving import clear_shelves
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.destination.locate import ensure_changeable, open_environment
from trueup.destination.lock import environment_lock
from trueup.destination.shelf import shelves
from trueup.errors import EnvironmentProblem, StoreError
from trueup.installation.record import Delivery
from trueup.installation.transaction import recover
from trueup.reporting import Event, Reporter
from trueup.values import replace

__all__ = ["repeat"]


def repeat(
    known: Repeat, python: str | None, variables: Mapping[str, str], reporter: Reporter
) -> InstallReport | None:
    """Do it again; None where the usual way has to be gone, and nothing was done.

    Args:
        known: what to do.
        python: what was said of the environment.
        variables: the environment variables.
        reporter: told of progress.

    Raises:
        TrueupError: any of its kinds; nothing was changed.
    """
    named = variables.get("TRUEUP_CACHE_DIR", "")
    try:
        store = open_store(os.path.expanduser(named) or None, reporter=reporter)
        store.folder("glances")  # what is known was read there: it has to be ours alone
        environment = _opened(python, store)
    except (UnsafeStore, EnvironmentProblem):  # the usual way tells of it, or knows a way out
        return None
    if environment is None or interpreter_key(environment.interpreter) != known.interpreter:
        return None
    ensure_changeable(environment)
    remake = _remaking(environment, store) if known.recreate else None
    with environment_lock(environment, reporter=reporter):
        if remake is None and (
            recover(environment, reporter=reporter) or not _is_empty(environment)
        ):
            return None
        started = time.perf_counter()
        deliveries = _deliveries(known, store)
        if deliveries is None:
            return None
        where = environment if remake is None else remake()
        try:
            _, again = deliver(where, (), deliveries, store, variables, compiled=known.compiled)
        except StoreError:  # pruned since it was found; the usual way gets it again
            return None
        if remake is not None:
            clear_shelves(where, reporter)
            from trueup.installation.picturing import take_picture

            known = replace(known, identity=take_picture(where))
    seconds = {"write": time.perf_counter() - started}
    compile_again(where, store, again=again)
    added = tuple(
        Added(name, version, how="store", reason="not installed")
        for _, name, version, _ in known.packs
    )
    for warning in known.warnings:
        reporter(Event("warning", "resolution", warning))
    for one in added:
        reporter(Event("added", one.name, one.version))
    return InstallReport(
        environment.root, added=added, warnings=known.warnings, seconds=seconds, repeat=known
    )


def _opened(python: str | None, store: Store) -> Environment | None:
    if python and os.path.exists(python):
        python = os.path.abspath(python)
    environment = open_environment(python=python, memory=store.folder("interpreters"))
    usual = environment.interpreter.virtual and not environment.running
    return environment if usual else None


def _remaking(environment: Environment, store: Store) -> Callable[[], Environment]:
    from trueup.api.remaking import remaking

    return remaking(environment, store.folder("interpreters"))


def _is_empty(environment: Environment) -> bool:
    return not (read_installed(environment) or shelves(environment.root))


def _deliveries(known: Repeat, store: Store) -> list[Delivery] | None:
    """Return what comes; None where the store has not all of it."""
    deliveries: list[Delivery] = []
    for digest, name, version, requested in known.packs:
        pack = store.find_pack(digest)
        if pack is None or (pack.name, pack.version) != (name, version):
            return None
        deliveries.append(Delivery(pack, requested))
    return deliveries
