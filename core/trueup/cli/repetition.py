"""The same install into another empty environment: known by its words, before they are parsed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from trueup import glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from trueup.api.report import InstallReport

__all__ = ["remember_repeat", "repeated"]

_KIND = "again"
_FLAGS = ("-p", "--python")


def repeated(arguments: Sequence[str]) -> int | None:
    """Carry out a command line that has been carried out before; None where it has to be parsed.

    Args:
        arguments: the whole command line behind the program's name.

    Raises:
        TrueupError: any of its kinds; nothing was changed.
    """
    split = _split(arguments)
    told = glance.recall([_KIND, *split[0]]) if split else None
    if split is None or told is None:
        return None
    from trueup.api.repeat import repeat_from
    from trueup.api.repeating import repeat
    from trueup.cli.console import listening
    from trueup.cli.summary import summary

    known = repeat_from(told)
    if known is None:
        return None
    with listening(known.verbosity, progress=known.progress, color=known.color) as reporter:
        report = repeat(known, split[1], os.environ, reporter)
    if report is None:
        return None
    if report.repeat is not None and report.repeat.identity != known.identity:
        # Bytecode has come, say: whoever parses knows what a look at the next one has to see.
        glance.forget([_KIND, *split[0]])
    sys.stdout.write(summary(report, known.verbosity))
    return 0


def remember_repeat(
    arguments: Sequence[str], python: str, report: InstallReport, since: int
) -> None:
    """Let the next such command line, for whichever environment, do without being parsed.

    Args:
        arguments: as for `repeated`.
        python: what they were understood to say of the environment.
        report: what came of them.
        since: when they began to be carried out, in nanoseconds since the epoch: a requirement
            file that was edited meanwhile is not the one that was read.
    """
    split = _split(arguments)
    known = report.repeat
    if known is None or split is None or (split[1] or "") != python:
        return
    if report.warnings != known.warnings:  # of what the next environment may not have: files, say
        return
    told = known.as_plain()
    glance.remember([_KIND, *split[0]], told, since=since, **known.grounds.as_keywords())


def _split(arguments: Sequence[str]) -> tuple[list[str], str | None] | None:
    """Return the words without what is said of the environment, and that; None at any doubt.

    Whether it was what these words mean is known when they were parsed once: in the same place,
    between the same words, another value means the same.
    """
    words: list[str] = []
    found: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        flag, separator, value = word.partition("=")
        words.append(word)
        if word in _FLAGS:
            found.append(next(waiting, ""))
        elif flag in _FLAGS and separator:
            words[-1] = f"{flag}="
            found.append(value)
    if len(found) > 1 or any(not value or value.startswith("-") for value in found):
        return None
    return words, (found[0] if found else None)
