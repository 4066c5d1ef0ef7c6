"""Running a resolver's program: its output kept, its secrets hidden, its version remembered."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from trueup.destination.memory import recall, remember
from trueup.errors import ResolutionError
from trueup.resolution.address import redact
from trueup.values import dataclass

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Outcome", "remembered_version", "run", "version_number"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program said; both texts are without credentials."""

    status: int
    output: str
    errors: str


class _Running:
    """A program that runs in a thread of its own, so that an interrupt cannot tear its start apart.

    `subprocess.run` leaves a program behind when the interrupt comes while it is being started,
    and does not wait for one that it killed: CPython's `Popen.__exit__` returns at once then.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.arguments = arguments
        self.environment = environment
        self.lock = threading.Lock()
        self.begun = threading.Event()
        self.done = threading.Event()
        self.stopped = False
        self.process: subprocess.Popen[str] | None = None
        self.fault: Exception | None = None
        self.outcome: Outcome | None = None

    def work(self) -> None:
        """Start the program and read what it says, to its end."""
        try:
            process = self._start()
            self.begun.set()
            if process is not None:
                with process:
                    output, errors = process.communicate()
                self.outcome = Outcome(process.returncode, redact(output), redact(errors))
        except Exception as fault:  # noqa: BLE001 - it is raised again where it can be caught
            self.fault = fault
        finally:
            self.begun.set()
            self.done.set()

    def _start(self) -> subprocess.Popen[str] | None:
        import subprocess

        with self.lock:
            if not self.stopped:
                self.process = subprocess.Popen(
                    self.arguments,
                    env=dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    encoding="utf-8",
                    errors="replace",
                )
            return self.process

    def stop(self) -> None:
        """End the program, or see to it that it never starts."""
        with self.lock:
            self.stopped = True
        if self.process is not None:
            self.process.kill()
            self.process.wait()  # not its output: a build it had started may hold that open


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    meanwhile: Callable[[], None] | None = None,
) -> Outcome:
    """Run a program to its end and return what it said.

    An interrupt ends the program as well; there is no time limit, because only the program knows
    whether its network is slow or gone.

    Args:
        arguments: the program and its arguments.
        environment: all its variables.
        meanwhile: done once, as soon as the program has started. Not earlier: two threads of Python
            that both have something to do hold one another up, and the program would start late.

    Raises:
        ResolutionError: it cannot be started.
    """
    running = _Running(arguments, environment)
    thread = threading.Thread(target=running.work, name=os.path.basename(arguments[0]), daemon=True)
    try:
        thread.start()
        if meanwhile is not None:
            running.begun.wait()
            meanwhile()
        # Not `thread.join()`: CPython 3.11 takes a thread for ended when a join is interrupted.
        running.done.wait()
    except BaseException:
        running.stop()
        raise
    if isinstance(running.fault, OSError | ValueError):  # a null byte is a ValueError
        reason = getattr(running.fault, "strerror", None) or running.fault
        raise ResolutionError(
            f"{arguments[0]} cannot be started: {reason}.",
            hint="Name a resolver that works: TRUEUP_RESOLVER=uv or pip.",
        ) from running.fault
    if running.outcome is None:
        raise running.fault or AssertionError("a program that was not stopped has an outcome")
    return running.outcome


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
