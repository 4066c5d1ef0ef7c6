"""Ahead: distributions are staged while others are still on their way.

What is staged lies in a folder of its own beside that of the transaction to come, and is swept up
like one: nobody looks at it before the journal says that all is there.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trueup.installation.journal import Staged, is_open
from trueup.installation.record import Delivery
from trueup.installation.staging import stage
from trueup.installation.transaction import new_folder, sweep, written

if TYPE_CHECKING:
    from trueup.destination.company import Company
    from trueup.destination.environment import Environment
    from trueup.reporting import Reporter

__all__ = ["Ahead", "staging_ahead"]


class Ahead:
    """What is staged already; safe to use from many threads.

    Args:
        environment: where it goes.
        reporter: told of what is written.
    """

    def __init__(self, environment: Environment, reporter: Reporter) -> None:
        self._environment = environment
        self._reporter = reporter
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._staged: dict[str, tuple[Delivery, Staged]] = {}
        self._folder = ""

    def stage(self, delivery: Delivery, company: Company) -> None:
        """Have `company` stage `delivery`; where that fails, it is for the transaction to do."""
        try:
            place = self._new_place()
        except OSError:  # for the transaction to meet, and to tell
            return
        with written(delivery, self._reporter):
            done = company.do(stage, self._environment, delivery, place)
        if done is not None:
            self._staged[delivery.pack.digest] = (delivery, done[0])
        elif os.path.isdir(place):  # there may be no room for it twice
            import shutil

            shutil.rmtree(place, ignore_errors=True)

    def _new_place(self) -> str:
        with self._lock:
            if not self._folder:
                self._folder = new_folder(self._environment)
            return os.path.join(self._folder, str(next(self._numbers)))

    def sweep(self) -> None:
        """Remove what was not put in place."""
        # If there is a journal, whoever finishes what it says needs all this.
        if self._folder and not is_open(self._environment):
            sweep(self._folder)

    def take(self, delivery: Delivery) -> Staged | None:
        """Return `delivery` as it was staged; None where it was not, or another one."""
        known, staged = self._staged.get(delivery.pack.digest, (None, None))
        if staged is None or known != delivery:
            return None
        there = all(os.path.isdir(move.staged) for move in staged.moves)
        return staged if there else None


@contextmanager
def staging_ahead(environment: Environment, reporter: Reporter) -> Iterator[Ahead]:
    """Remove, in the end, what was staged ahead and not put in place.

    Args:
        environment: where it is to go. The caller holds its lock, and has recovered it.
        reporter: told of what is written.
    """
    ahead = Ahead(environment, reporter)
    try:
        yield ahead
    finally:
        ahead.sweep()
