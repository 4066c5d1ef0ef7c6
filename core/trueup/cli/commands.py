"""What each command does: open what it needs, call the use case, show what came of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import time_ns

from trueup import glance
from trueup.api.front import Surroundings, install_input
from trueup.api.report import InstallReport
from trueup.cli.console import listening
from trueup.cli.repetition import remember_repeat
from trueup.cli.summary import summary
from trueup.errors import EnvironmentProblem
from trueup.reporting import Reporter
from trueup.resolution.install_grammar import parse_install_arguments
from trueup.resolution.install_options import InstallOptions
from trueup.resolution.request_input import RequestInput
from trueup.values import replace

__all__ = ["install", "shown", "sync"]


def install(said: argparse.Namespace) -> int:
    """Install what was asked for."""
    return _install(said.arguments, exact=False)


def sync(said: argparse.Namespace) -> int:
    """Install what was asked for, and remove the rest."""
    return _install(said.arguments, exact=True)


def _install(arguments: Sequence[str], *, exact: bool) -> int:
    since = time_ns()
    words = ["sync" if exact else "install", *arguments]
    raw, options = parse_install_arguments(arguments, environment=os.environ)
    options = replace(options, exact=exact or options.exact)
    verbosity = options.verbose - options.quiet
    with (
        listening(verbosity, progress=options.progress, color=options.color) as listener,
        _timed(options, listener) as reporter,
    ):
        remembering = verbosity <= 0 and not (_written(options) or options.json or _remote(raw))
        around = Surroundings(reporter=reporter, remembering=remembering)
        report = install_input(raw, options, around)
    text = shown(report, verbosity, as_json=options.json or options.report == "-")
    sys.stdout.write(text)
    if options.report not in {"", "-"}:
        _write_report(report, os.path.join(options.directory, options.report))
    if report.grounds.places and not (_written(options) or report.warnings or _remote(raw)):
        if report.grounds.picture:
            text = shown(_from_store(report), verbosity, as_json=False)
        glance.remember(words, text, since=since, **report.grounds.as_keywords())
    if not _remote(raw):
        remember_repeat(words, options.python, report, since)
    unfit = options.strict and report.conflicts
    return 1 if unfit or (options.check and report.changed) else 0


def _written(options: InstallOptions) -> bool:
    """Whether each run has something to write, also one with nothing to do."""
    return bool(options.report or options.timings)


@contextmanager
def _timed(options: InstallOptions, reporter: Reporter) -> Iterator[Reporter]:
    """Yield what listens; where the user wants to see the times, they are written at the end."""
    if not options.timings:
        yield reporter
        return
    from trueup.cli.timeline import Timeline
    from trueup.cli.timings_page import timings_page

    path = os.path.join(options.directory, options.timings)
    timeline = Timeline(reporter)
    try:
        page = open(path, "w", encoding="utf-8")  # noqa: SIM115 - before anything is changed
    except OSError as error:
        raise EnvironmentProblem(
            f"{path} cannot be written: {error.strerror}",
            hint="nothing was changed; name another file behind --timings",
        ) from error
    with page:
        try:
            yield timeline
        finally:  # what failed late took its time, too
            page.write(timings_page(timeline.spans(), "Where the time went"))


def _write_report(report: InstallReport, path: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as out:
            json.dump(report.as_json(), out, indent=2)
    except OSError as error:
        raise EnvironmentProblem(
            f"the report cannot be written to {path}: {error.strerror}",
            hint="everything else is done; name another file behind --report",
        ) from error


def _remote(raw: RequestInput) -> bool:
    """Whether something was read that lies elsewhere, or can be read only once."""
    named = (*raw.requirement_files, *raw.constraint_files)
    return any("://" in each or each == "-" for each in named)


def _from_store(report: InstallReport) -> InstallReport:
    """Return what there will be to tell next time, when nothing has to be got any more."""
    return replace(report, added=tuple(replace(one, how="store") for one in report.added))


def shown(report: InstallReport, verbosity: int, *, as_json: bool) -> str:
    """Return what is printed of a report."""
    if as_json:
        return json.dumps(report.as_json(), indent=2) + "\n"
    return summary(report, verbosity)
