"""Uninstalling from the environment of a session."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from trueup.errors import RequestError

if TYPE_CHECKING:
    from trueup_nox.commands import Errand
    from trueup_nox.environment import TrueupEnvironment
    from trueup_nox.narration import Narrator

__all__ = ["uninstall"]


def uninstall(
    errand: Errand,
    environment: TrueupEnvironment,
    variables: Mapping[str, str],
    narrator: Narrator,
) -> int:
    """Remove what is named; a name that is not installed is warned of, as pip does.

    Args:
        errand: what `pip uninstall` or `uv pip uninstall` is told.
        environment: of the session.
        variables: that a command would get.
        narrator: told of progress, and of what came of it.

    Returns:
        The exit code, which is 0.

    Raises:
        TrueupError: one cannot be removed; none was.
    """
    from trueup.api.uninstalling import uninstall_names
    from trueup.api.workshop import open_workshop
    from trueup.cli.summary import summary_lines
    from trueup.destination.locate import open_environment

    names = _names(errand.arguments, variables)
    with open_workshop(variables=variables, reporter=narrator) as workshop:
        where = open_environment(environment.location, memory=workshop.interpreters)
        report = uninstall_names(names, where, workshop)
    narrator.say(summary_lines(report))
    return 0


def _names(arguments: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """Return what `pip uninstall` and `uv pip uninstall` are to remove."""
    names: list[str] = []
    addresses: list[str] = []
    files: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        if word in {"-r", "--requirement", "--requirements"}:
            files.append(next(waiting, ""))
        elif word.startswith(("--requirement=", "--requirements=")):
            files.append(word.partition("=")[2])
        elif word.startswith("-r"):
            files.append(word[2:])
        elif not word.startswith("-"):
            (addresses if "://" in word else names).append(word)
        elif word not in {"-y", "--yes", "-q", "--quiet", "-v", "--verbose"}:
            raise RequestError(
                f"{word} is not an option of uninstall here",
                hint="run the real program: `session.run('uv', ...)` with its full path",
            )
    if files or addresses:
        from trueup.resolution.assembly import parse_request
        from trueup.resolution.request_input import RequestInput

        raw = RequestInput(requirements=tuple(addresses), requirement_files=tuple(files))
        request = parse_request(raw, base=os.getcwd(), environment=variables)
        names += [one.requirement.name for one in request.items if one.requirement is not None]
    if not names:
        raise RequestError("nothing to uninstall is named", hint="name a distribution")
    return names
