"""Installing into the environment of a session, by the core's front door."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from time import time_ns
from typing import TYPE_CHECKING

from trueup.errors import RequestError
from trueup.values import replace

if TYPE_CHECKING:
    from trueup.api.report import InstallReport
    from trueup.destination.environment import Environment
    from trueup.resolution.install_options import InstallOptions
    from trueup.resolution.request_input import RequestInput

    from trueup_nox.commands import Errand
    from trueup_nox.environment import TrueupEnvironment
    from trueup_nox.narration import Narrator

__all__ = ["install"]


def install(
    errand: Errand,
    environment: TrueupEnvironment,
    variables: Mapping[str, str],
    narrator: Narrator,
) -> int:
    """Install; where a glance shows that there is nothing to do, hardly anything is imported.

    Args:
        errand: "install" or "sync", and its arguments.
        environment: of the session.
        variables: that a command would get.
        narrator: told of progress, and of what came of it.

    Returns:
        The exit code that pip or uv would have.

    Raises:
        TrueupError: any of its kinds; nothing was changed.
    """
    from trueup import glance

    sight = _what_decides(errand, environment, variables)
    known = glance.look(sight, variables=variables)
    if known is not None:
        narrator.say(known.splitlines())
        return 0
    since = time_ns()
    from trueup.api.front import Surroundings, install_input
    from trueup.cli.summary import summary_lines
    from trueup.resolution.install_grammar import parse_install_arguments

    if variables.get("UV_PYTHON") == environment.location:
        # nox's word for the environment that is meant anyway
        variables = {name: value for name, value in variables.items() if name != "UV_PYTHON"}
    raw, options = parse_install_arguments(errand.arguments, environment=variables)
    if errand.verb == "sync":
        raw, options = _as_uv_syncs(raw), replace(options, exact=True)
    where, options = _destination(options, environment, variables)
    around = Surroundings(
        where,
        variables=variables,
        reporter=narrator,
        more_to_come=where is not None and environment.renewing,
    )
    report = install_input(raw, options, around)
    verbosity = options.verbose - options.quiet
    lines = [] if verbosity < 0 or options.json else list(summary_lines(report, verbosity))
    narrator.say(lines)
    _hand_over(report, options, narrator)
    if (
        report.grounds.places
        and where is not None
        and not (options.report or options.json or _remote(raw))
    ):
        journal = os.path.join(report.environment, ".trueup", "journal")
        told = "".join(f"{line}\n" for line in lines)
        grounds = report.grounds.as_keywords()
        grounds |= {"absent": [*report.grounds.absent, journal], "variables": variables}
        glance.remember(sight, told, since=since, **grounds)
    return 1 if options.check and report.changed else 0


def _what_decides(
    errand: Errand, environment: TrueupEnvironment, variables: Mapping[str, str]
) -> list[str]:
    """Return what an answer of "nothing to do" is remembered under, beside nox's own variables."""
    named = sorted(
        f"{name}={value}"
        for name, value in variables.items()
        if os.environ.get(name) != value and name not in {"NOX_CURRENT_SESSION", "TMPDIR"}
    )
    without = sorted(name for name in os.environ if name not in variables)
    return ["nox", environment.location, *named, *without, errand.verb, *errand.arguments]


def _as_uv_syncs(raw: RequestInput) -> RequestInput:
    """Return the request of `uv pip sync FILE...`: exactly what the files say."""
    locks = [each for each in raw.requirements if os.path.basename(each).startswith("pylock.")]
    files = [each for each in raw.requirements if each not in locks]
    if len(locks) > 1 or (locks and files):
        raise RequestError(
            "`uv pip sync` takes one lock file, or requirement files", hint="name one of the two"
        )
    return replace(
        raw,
        requirements=(),
        requirement_files=(*raw.requirement_files, *files),
        pylock=locks[0] if locks else raw.pylock,
        dependencies=False,
    )


def _destination(
    options: InstallOptions, environment: TrueupEnvironment, variables: Mapping[str, str]
) -> tuple[Environment | None, InstallOptions]:
    """Return the session's environment; None, and how to find another one, where that is meant."""
    from trueup.acquisition.store import open_store
    from trueup.destination.locate import open_environment

    programs = {os.path.join(environment.bin, name) for name in ("python", "python3", "python.exe")}
    own = not options.system and options.python in {"", environment.location, *programs}
    if own and not (options.target or options.prefix):
        root = options.cache_dir or variables.get("TRUEUP_CACHE_DIR")
        memory = None if options.no_cache else open_store(root).folder("interpreters")
        return open_environment(environment.location, memory=memory), options
    return None, replace(options, python=environment.location) if own else options


def _hand_over(report: InstallReport, options: InstallOptions, narrator: Narrator) -> None:
    """Give the report to machines that want it."""
    text = json.dumps(report.as_json(), indent=2)
    if options.json or options.report == "-":
        narrator.say([text])
    elif options.report:
        with open(options.report, "w", encoding="utf-8") as file:
            file.write(text)


def _remote(raw: RequestInput) -> bool:
    """Whether something was read that lies elsewhere, or can be read only once."""
    named = (*raw.requirement_files, *raw.constraint_files)
    return any("://" in each or each == "-" for each in named)
