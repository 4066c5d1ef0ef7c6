"""What is installed: told, and taken out by name."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from trueup.api.settling import settle
from trueup.api.uninstalling import uninstall_names
from trueup.api.workshop import open_workshop
from trueup.cli.commands import shown
from trueup.cli.console import listening
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.destination.locate import open_environment
from trueup.errors import RequestError
from trueup.resolution.assembly import parse_request
from trueup.resolution.request_input import RequestInput

__all__ = ["list_installed", "uninstall"]


def uninstall(said: argparse.Namespace) -> int:
    """Remove what was named."""
    verbosity = said.verbose - said.quiet
    with listening(verbosity) as reporter, open_workshop(reporter=reporter) as workshop:
        names = [*said.names, *_names_in(said.requirement)]
        if not names:
            raise RequestError(
                "nothing to remove is named", hint="usage: trueup uninstall NAME [NAME ...]"
            )
        report = uninstall_names(
            names,
            _where(said, workshop.interpreters),
            workshop,
            dry_run=said.dry_run,
            break_system_packages=said.break_system_packages,
        )
    sys.stdout.write(shown(report, verbosity, as_json=said.json))
    return 0


def _names_in(files: Sequence[str]) -> list[str]:
    if not files:
        return []
    raw = RequestInput(requirement_files=tuple(files))
    request = parse_request(raw, base=os.getcwd(), environment=os.environ)
    return [item.requirement.name for item in request.items if item.requirement is not None]


def _where(said: argparse.Namespace, memory: str | None) -> Environment:
    return open_environment(
        python=said.python, target_directory=said.target, prefix=said.prefix, memory=memory
    )


def list_installed(said: argparse.Namespace) -> int:
    """Tell what is installed, in order of name."""
    environment = _where(said, None)
    with listening(-said.quiet) as reporter:
        settle(environment, reporter)
    found = sorted(read_installed(environment).values(), key=lambda one: one.name)
    if said.editable:
        found = [one for one in found if one.editable_location]
    if said.json or said.format == "json":
        rows = [
            {"name": one.name, "version": one.version, "installer": one.installer}
            | (
                {"editable_project_location": one.editable_location}
                if one.editable_location
                else {}
            )
            for one in found
        ]
        print(json.dumps(rows))
        return 0
    if said.format == "freeze":
        for one in found:
            place = one.editable_location
            print(f"-e {place}" if place else f"{one.name}=={one.version}")
        return 0
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        print(f"{one.name:{width}}  {one.version}  {one.editable_location or ''}".rstrip())
    return 0
