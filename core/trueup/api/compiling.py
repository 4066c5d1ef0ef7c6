"""Bytecode of what was there already: made in place, by the environment's own interpreter."""

from __future__ import annotations

import subprocess

from trueup.api.workshop import Workshop
from trueup.destination.environment import Environment
from trueup.reporting import Event

__all__ = ["compile_all"]


def compile_all(environment: Environment, workshop: Workshop) -> None:
    """Let the environment's own interpreter make bytecode of what has none or an old one."""
    command = [environment.interpreter.executable, "-I", "-m", "compileall", "-q", "-j", "0"]
    done = subprocess.run(
        [*command, *environment.library_directories], capture_output=True, text=True, check=False
    )
    if done.returncode:
        # Files that are no valid Python for this version (templates, tests) are not our failure.
        said = (done.stdout + done.stderr).strip().splitlines()
        told = f"some files have no bytecode: {said[0] if said else 'compileall failed'}"
        workshop.reporter(Event("note", environment.root, told))
