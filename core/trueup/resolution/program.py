"""Running a resolver's program: its output kept, its secrets hidden, its version remembered."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trueup.destination.memory import recall, remember
from trueup.errors import ResolutionError
from trueup.resolution.address import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Outcome", "remembered_version", "run", "version_number"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program said; both texts are without credentials."""

    status: int
    output: str
    errors: str


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> Outcome:
    """Run a program to its end and return what it said.

    An interrupt ends the program as well (`subprocess.run` sees to it); there is no time limit,
    because only the program knows whether its network is slow or gone.

    Raises:
        ResolutionError: it cannot be started.
    """
    import subprocess

    try:
        done = subprocess.run(
            arguments,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ResolutionError(
            f"{arguments[0]} cannot be started: {error.strerror or error}.",
            hint="Name a resolver that works: TRUEUP_RESOLVER=uv or pip.",
        ) from error
    return Outcome(done.returncode, redact(done.stdout), redact(done.stderr))


def version_number(text: str) -> tuple[int, ...]:
    """Return the numbers of a release such as "0.9.2", for comparing."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def remembered_version(
    path: str, memory: str | None, ask: Callable[[str], str | None]
) -> str | None:
    """Return a program's version, asked once for each state of its file.

    Args:
        path: the program.
        memory: a folder for the note; None for none.
        ask: starts the program and returns its version, or None where it gives none.
    """
    if memory is None:
        return ask(path)
    try:
        status = os.stat(path)
    except OSError:
        return None
    identity = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    known = recall(memory, "program", path, identity)
    if isinstance(known, str):
        return known
    version = ask(path)
    if version is not None:
        remember(memory, "program", path, identity, version)
    return version
