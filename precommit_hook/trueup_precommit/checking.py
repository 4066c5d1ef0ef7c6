"""The hook `stale-editables`: look, and say what does not match its source. It changes nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from trueup.errors import TrueupError
from trueup.freshness.outcome import Fresh, Stale

from trueup_precommit.looking import Finding, look
from trueup_precommit.options import Options, parse_options
from trueup_precommit.runner import set_aside_since
from trueup_precommit.whereabouts import all_environments, find_environments

__all__ = ["check"]

_FRESH, _STALE, _UNKNOWN = 0, 1, 2


def check(arguments: Sequence[str]) -> int:
    """Check the environments of the project in the working directory.

    Returns:
        0 if all is fresh or there is nothing to check, 1 if something is stale, 2 if something
        cannot be told.
    """
    options = parse_options("stale-editables", arguments)
    project = os.getcwd()
    find = all_environments if options.every else find_environments
    places = find(options.environments, project)
    if not places:
        print("no environment found, nothing to check (name one with --env)")
        return _UNKNOWN if options.require_environment else _FRESH
    code = _FRESH
    since = set_aside_since()
    for place in places:
        try:
            found = look(place, options.names, since)
        except TrueupError as error:
            print(str(error))
            code = code or _UNKNOWN
            continue
        for one in found:
            for line in _lines(one, options):
                print(line)
        code = _together(code, [_code(one, options) for one in found])
    sys.stdout.flush()
    return code


def _code(one: Finding, options: Options) -> int:
    if isinstance(one.verdict, Fresh):
        return _FRESH
    if isinstance(one.verdict, Stale):
        return _STALE
    return _FRESH if options.allow_unknown else _UNKNOWN


def _together(code: int, more: list[int]) -> int:
    """Return the code of all: what is stale weighs more than what is unknown."""
    codes = {code, *more}
    return _STALE if _STALE in codes else max(codes)


def _lines(one: Finding, options: Options) -> Iterator[str]:
    title = f"{one.distribution.name} {one.distribution.version}"
    if isinstance(one.verdict, Stale):
        messages = [reason.message for reason in one.verdict.reasons]
        more = f" (and {len(messages) - 3} more)" if len(messages) > 3 else ""
        yield f"{title} is stale: {'; '.join(messages[:3])}{more}"
        yield f"    mend it with: {one.command}"
    elif not isinstance(one.verdict, Fresh):
        if options.verbose or not options.allow_unknown:
            yield f"{title}: cannot be told: {one.verdict.reason}"
            yield f"    to be sure: {one.command}"
    elif options.verbose:
        yield f"{title} is fresh"
    if one.unchecked and (options.verbose or not isinstance(one.verdict, Fresh)):
        names = ", ".join(os.path.relpath(path, one.directory) for path in one.unchecked)
        yield f"    not checked, for changes of it are set aside at this moment: {names}"
