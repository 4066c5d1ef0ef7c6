"""The hook `refresh-editables`: mend what is stale, after a checkout, a merge or a rewrite.

Never at a commit, and never while the runner has set changes aside, which it does at every stage:
what is built then is stale as soon as they are back.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from trueup.errors import TrueupError
from trueup.freshness.outcome import Fresh

from trueup_precommit.looking import Finding, look
from trueup_precommit.options import parse_options
from trueup_precommit.runner import set_aside_since
from trueup_precommit.whereabouts import all_environments, find_environments

__all__ = ["refresh"]

_STAGES = frozenset(("post-checkout", "post-merge", "post-rewrite", "manual"))


def refresh(arguments: Sequence[str]) -> int:
    """Mend the stale installs of the project in the working directory.

    Returns:
        0 if all is fresh now, 1 if something could not be mended, 2 where it must not run.
    """
    options = parse_options("refresh-editables", arguments)
    stage = os.environ.get("PRE_COMMIT_HOOK_STAGE") or os.environ.get("PREK_HOOK_STAGE", "")
    if stage and stage not in _STAGES:
        print(f"refresh-editables does not run at {stage}: it would build what is set aside")
        return 2
    project = os.getcwd()
    find = all_environments if options.every else find_environments
    places = find(options.environments, project)
    if not places and options.require_environment:
        print("no environment found (name one with --env)")
        return 2
    since = set_aside_since()
    code = 0
    for place in places:
        try:
            for one in (one for one in look(place, options.names, since) if _is_due(one)):
                if since is None:
                    _mend(one)
                else:
                    _leave(one)
                    code = 1
        except TrueupError as error:
            print(f"{error.problem}\n    {error.hint}" if error.hint else error.problem)
            code = 1
    return code


def _is_due(one: Finding) -> bool:
    """Whether there is something to mend it from; what is unknown is left alone."""
    from trueup.freshness.outcome import Stale

    return isinstance(one.verdict, Stale) and os.path.isdir(one.directory)


def _leave(one: Finding) -> None:
    title = f"{one.distribution.name} {one.distribution.version}"
    print(f"{title} is stale, and is not refreshed while changes are set aside")
    print(f"    mend it with: {one.command}")


def _mend(one: Finding) -> None:
    """Install a project again, as it was installed: editable or not, into the same place."""
    title = f"{one.distribution.name} {one.distribution.version}"
    if one.distribution.installer == "trueup":
        from trueup.api.checking import refresh as refresh_recorded

        refresh_recorded(one.distribution.name, environment=one.environment)
    else:
        from trueup.api.public import install

        wanted = {"editable": one.directory} if one.editable else {}
        copies = () if one.editable else (one.directory,)
        install(*copies, **wanted, environment=one.environment, reinstall=True)  # type: ignore[arg-type]  # either form
    again = [
        found
        for found in look(one.environment, (one.distribution.name,), None)
        if not isinstance(found.verdict, Fresh)
    ]
    print(f"{title}: refreshed" if not again else f"{title}: refreshed, as far as can be told")
