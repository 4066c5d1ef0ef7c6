"""What makes environments: apart from what installs, which imports ten times as much."""

from __future__ import annotations

import os
import sys

from trueup.acquisition.store_folder import own_folder
from trueup.destination.creation import create_environment
from trueup.destination.discovery import find_interpreter
from trueup.destination.facts import interpreter_facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from trueup.cli.plain import Plain
    from trueup.destination.environment import Environment

__all__ = ["venv"]


def venv(said: argparse.Namespace | Plain) -> int:
    """Make a virtual environment."""
    memory = own_folder("interpreters")
    program = find_interpreter(said.python, memory=memory) if said.python else None
    environment = create_environment(
        said.directory,
        interpreter_facts(program, memory=memory),
        prompt=said.prompt,
        system_site_packages=said.system_site_packages,
        clear=said.clear,
        allow_existing=said.allow_existing,
        memory=memory,
    )
    version = ".".join(map(str, environment.interpreter.version))
    if said.json:
        import json

        print(json.dumps({"environment": environment.root, "version": version}))
    elif not said.quiet:
        print(f"Made {environment.root} with Python {version}")
        print(_how_to_activate(environment), file=sys.stderr)
    return 0


def _how_to_activate(environment: Environment) -> str:
    scripts = environment.scheme.scripts
    if os.name == "nt":
        return f"Activate it with: {os.path.join(scripts, 'activate')}"
    return f"Activate it with: source {os.path.join(scripts, 'activate')}"
