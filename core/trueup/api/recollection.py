"""What a call from Python came to, if everything that decided it still looks the same.

The command line remembers what it printed; a program wants the values, so these are remembered in
their stead. A glance tells whether they hold: see `trueup.glance`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from trueup import glance
from trueup.api.judgement import Judgement
from trueup.api.report import InstallReport, Kept
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.freshness.outcome import Fresh

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from trueup.api.basis import Basis
    from trueup.api.whereabouts import Where
    from trueup.resolution.install_options import InstallOptions
    from trueup.resolution.request_input import RequestInput

__all__ = [
    "recalled_check",
    "recalled_install",
    "remember_check",
    "remember_install",
    "words_of_check",
    "words_of_install",
]

_RECORD = "trueup.json"  # `trueup.freshness.fingerprint` has it, too, and much more


def words_of_check(where: Where, names: Sequence[str]) -> list[str]:
    """Return what tells one question from another.

    Args:
        where: the environment, as it was named.
        names: of distributions.
    """
    return ["check, from Python", *_place(where), *names]


def recalled_check(words: Sequence[str]) -> list[Judgement] | None:
    """Return the judgements that `remember_check` was given, if they still hold."""
    told = glance.recall(words)
    if told is None:
        return None
    try:
        return [_judgement(*row) for row in told]
    except OSError:  # it goes just now
        return None


def _judgement(path: str, editable: bool, environment: str, *found: Any) -> Judgement:
    distribution = InstalledDistribution(*found)
    with open(os.path.join(distribution.path, _RECORD), "rb") as file:
        record = file.read()
    return Judgement(distribution, path, editable, Fresh(), record, environment=environment)


def remember_check(words: Sequence[str], judged: Sequence[Judgement], basis: Basis) -> None:
    """Remember judgements, where all are fresh and looks tell whether they still are."""
    if all(one.fresh and one.record for one in judged):
        basis.remember(words, [_row(one, one.distribution) for one in judged])


def _row(one: Judgement, found: InstalledDistribution) -> list[Any]:
    said = (found.name, found.version, found.path, found.kind, found.metadata_path)
    return [one.path, one.editable, one.environment, *said]


def words_of_install(
    raw: RequestInput, options: InstallOptions, where: Where, *, reload: bool
) -> list[str]:
    """Return what tells one order from another.

    Args:
        raw: what is asked for.
        options: how.
        where: the environment, as it was named.
        reload: what becomes of modules that were imported.
    """
    return ["install, from Python", *_place(where), repr(raw), repr(options), str(reload)]


def recalled_install(words: Sequence[str]) -> InstallReport | None:
    """Return the report that `remember_install` was given, if there is still nothing to do."""
    told = glance.recall(words)
    if told is None:
        return None
    environment, dry_run, places, absent, kept = told
    return InstallReport(
        environment,
        kept=tuple(Kept(name, version) for name, version in kept),
        dry_run=dry_run,
        decided_by=tuple(places),
        decided_without=tuple(absent),
    )


def remember_install(words: Sequence[str], where: Where, report: InstallReport, since: int) -> None:
    """Remember a report of nothing to do, where looks tell whether that still holds.

    Args:
        words: what was asked.
        where: the environment, as it was named.
        report: what came of it.
        since: when it began, in nanoseconds since the epoch.
    """
    if not report.grounds.places or report.grounds.picture or report.changed:
        return
    if report.warnings or report.recovered or report.conflicts:  # to be told of again
        return
    looks = []
    if isinstance(where, str | os.PathLike):
        from trueup.api.grounding import grounds_of_name

        named = grounds_of_name(os.fspath(where), os.environ)
        if named is None:  # a program was searched for
            return
        looks = glance.looks(named.places)
    kept = [(one.name, one.version) for one in report.kept]
    told = report.grounds.as_keywords()
    told["marks"] = (*told["marks"], *looks)
    decided = (report.decided_by, report.decided_without)
    answer = (report.environment, report.dry_run, *decided, kept)
    glance.remember(words, answer, **told, since=since)


def _place(where: Where) -> tuple[str, ...]:
    """Return the words for an environment; of one that was opened, all that was learned of it."""
    if where is None:
        return "running", sys.prefix, sys.base_prefix
    if isinstance(where, Environment):
        return "opened", repr(where)
    return "named", os.fspath(where)
