"""The rounds: every tool once, then every tool again, so that a busy minute hits all of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.measure import CommandFailed, Sample, measure, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.cases import Case
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


def run_cases(cases: Sequence[Case], rounds: int, workshop: Workshop) -> list[Outcome]:
    """Measure `cases`, group by group, and return an outcome for each.

    Within a group the order is A B C A B C ..., after one round that only warms up. A case that
    fails is told and left out from then on; the others go on.
    """
    groups = dict.fromkeys(case.group for case in cases)
    return [
        outcome
        for group in groups
        for outcome in _run_group([c for c in cases if c.group == group], rounds, workshop)
    ]


def _run_group(cases: Sequence[Case], rounds: int, workshop: Workshop) -> list[Outcome]:
    outcomes = [Outcome(case) for case in cases]
    for outcome in outcomes:
        _unless_failed(outcome, _get_ready, workshop)
    for number in range(rounds + 1):
        name = f"round {number} of {rounds}" if number else "warm-up"
        print(f"{cases[0].group}: {name}", file=sys.stderr, flush=True)
        for outcome in outcomes:
            sample = _unless_failed(outcome, _one_round, workshop)
            if sample and number:
                outcome.samples.append(sample)
    for outcome in outcomes:
        if outcome.target:
            workshop.give_back(outcome.target)
    return outcomes


def _unless_failed(
    outcome: Outcome, step: Callable[[Outcome, Workshop], Sample | None], workshop: Workshop
) -> Sample | None:
    if outcome.failure:
        return None
    try:
        return step(outcome, workshop)
    except CommandFailed as error:
        outcome.failure = str(error)
        outcome.samples.clear()
        print(f"{outcome.case.group}: {outcome.case.label} failed\n{error}", file=sys.stderr)
        return None


def _get_ready(outcome: Outcome, workshop: Workshop) -> None:
    workshop.set_up(outcome.case)
    if outcome.case.reuse:
        target = workshop.new_target()
        _prepare(outcome.case, target, workshop)
        outcome.target = target


def _prepare(case: Case, target: str, workshop: Workshop) -> None:
    environment = workshop.environment(case, target)
    for command in case.prepare:
        run(workshop.filled(command, case, target), environment)


def _one_round(outcome: Outcome, workshop: Workshop) -> Sample:
    case = outcome.case
    target = outcome.target or workshop.new_target()
    if not case.reuse:
        _prepare(case, target, workshop)
    commands = [workshop.filled(command, case, target) for command in case.command]
    sample = measure(commands, workshop.environment(case, target))
    if not case.reuse:
        workshop.give_back(target)
    return sample
