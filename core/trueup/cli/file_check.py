"""`trueup check --deep`: is every file as it was installed?"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

from trueup.api.places import project_places
from trueup.api.repairing import altered_files, altered_in
from trueup.api.settling import settle
from trueup.cli.console import listening
from trueup.destination.environment import Environment
from trueup.destination.installed import normalized_name, read_installed
from trueup.destination.locate import open_environment
from trueup.errors import BrokenEnvironment, RequestError
from trueup.installation.verification import AlteredFile

__all__ = ["find_altered_files", "lines_of_files"]


def find_altered_files(said: argparse.Namespace) -> list[AlteredFile]:
    """Return the altered files of the environments that are meant; only of what was named.

    Raises:
        RequestError: what was named is installed in none of them.
        TrueupError: one cannot be read.
    """
    wanted = {normalized_name(name): name for name in said.names}
    found: list[AlteredFile] = []
    known: set[str] = set()
    with listening(-said.quiet) as reporter:
        for place in _places(said):
            try:
                environment = _open(place, said)
            except BrokenEnvironment as error:
                own = altered_in(error.root)
                if not own:
                    raise
                found += own
                continue
            settle(environment, reporter)
            known.update(read_installed(environment))
            found += altered_files(environment)
    known.update(one.name for one in found)
    for name in wanted.keys() - known:
        raise RequestError(
            f"{wanted[name]} is not installed here", hint="`trueup list` tells what is"
        )
    return [one for one in found if not wanted or one.name in wanted]


def _places(said: argparse.Namespace) -> list[str | None]:
    """Return the environments that are named; None for the one that is meant where none is."""
    return [*said.places, *(project_places(os.getcwd()) if said.every else ())] or [None]


def _open(place: str | None, said: argparse.Namespace) -> Environment:
    if place is None:
        return open_environment(target_directory=said.target, prefix=said.prefix)
    return open_environment(place)


def lines_of_files(altered: Sequence[AlteredFile]) -> Iterator[str]:
    """Yield what people are told of altered files; the way out goes to the error stream."""
    for one in altered:
        whose = f"{one.name} {one.version}" if one.name else "the environment itself"
        yield f"{one.kind:7} {one.path} ({whose})"
    if altered:
        sys.stdout.flush()
        print("hint: trueup install --repair", file=sys.stderr)
    else:
        yield "Every file is as it was installed"
