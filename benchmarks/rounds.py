"""The rounds: every tool once, then every tool again, so that a busy minute hits all of them."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.measure import CommandFailed, Sample, measure, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.case import Case, Command
    from benchmarks.supplies import Supplies
    from benchmarks.workshop import Workshop

__all__ = ["Outcome", "run_cases"]


@dataclass(slots=True)
class Outcome:
    """What came of one case.

    Attributes:
        case: what was measured.
        samples: one for each round, in order; the warm-up is not among them.
        failure: why there are none, or "".
        target: the environment that all rounds share, where the case wants that.
    """

    case: Case
    samples: list[Sample] = field(default_factory=list)
    failure: str = ""
    target: str = ""


def run_cases(cases: Sequence[Case], rounds: int, supplies: Supplies) -> list[Outcome]:
    """Measure `cases`, group by group, and return an outcome for each.

    Within a group the order is A B C A B C ..., after one round that only warms up. A case that
    fails is told and left out from then on; the others go on. One that takes part in fewer rounds
    than the others takes part in the first ones.
    """
    groups = list(dict.fromkeys(case.group for case in cases))
    outcomes: list[Outcome] = []
    for number, group in enumerate(groups, start=1):
        heading = f"[{number}/{len(groups)}] {group}"
        among = [case for case in cases if case.group == group]
        outcomes += _run_group(heading, among, rounds, supplies)
    return outcomes


def _run_group(
    heading: str, cases: Sequence[Case], rounds: int, supplies: Supplies
) -> list[Outcome]:
    outcomes = [Outcome(case) for case in cases]
    for outcome in outcomes:
        _unless_failed(outcome, _get_ready, supplies)
    begun = time.perf_counter()
    for number in range(rounds + 1):
        taking = [one for one in outcomes if not 0 < one.case.most < number]
        for outcome in taking:
            sample = _unless_failed(outcome, _one_round, supplies)
            if sample and number:
                outcome.samples.append(sample)
    told = f"{rounds} rounds in {time.perf_counter() - begun:.1f} s"
    print(f"{heading}: {told}", file=sys.stderr, flush=True)
    for outcome in outcomes:
        if outcome.target:
            supplies.workshop.give_back(outcome.target)
    return outcomes


def _unless_failed(
    outcome: Outcome, step: Callable[[Outcome, Supplies], Sample | None], supplies: Supplies
) -> Sample | None:
    if outcome.failure:
        return None
    try:
        return step(outcome, supplies)
    except CommandFailed as error:
        outcome.failure = str(error)
        outcome.samples.clear()
        print(f"{outcome.case.group}: {outcome.case.label} failed\n{error}", file=sys.stderr)
        return None


def _get_ready(outcome: Outcome, supplies: Supplies) -> None:
    supplies.set_up(outcome.case)
    if outcome.case.reuse:
        target = supplies.workshop.new_target()
        _prepare(outcome.case, outcome.case.prepare, target, supplies.workshop)
        outcome.target = target


def _prepare(case: Case, commands: Sequence[Command], target: str, workshop: Workshop) -> None:
    environment = workshop.environment(case, target)
    for command in commands:
        # The first one makes the folder in which the others run.
        folder = workshop.filled((case.folder,), case, target)[0]
        there = folder if folder and os.path.isdir(folder) else None
        run(workshop.filled(command, case, target), environment, folder=there)


def _one_round(outcome: Outcome, supplies: Supplies) -> Sample:
    case, workshop = outcome.case, supplies.workshop
    target = outcome.target or workshop.new_target()
    _prepare(case, (*(() if case.reuse else case.prepare), *case.before), target, workshop)
    sample = measure(
        [workshop.filled(command, case, target) for command in case.command],
        workshop.environment(case, target),
        folder=workshop.filled((case.folder,), case, target)[0] or None,
        inner=case.inner,
    )
    if not case.reuse:
        workshop.give_back(target)
    return sample
