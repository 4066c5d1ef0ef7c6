"""Telling nox's user what trueup does: to nox's log, and to where a command's output would go."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING

from nox.logger import logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.reporting import Event

__all__ = ["Narrator", "quieten_libraries"]

_TALKATIVE = ("charset_normalizer", "keyring", "requests", "urllib3")

_OUTPUT = {
    "building": "Building {subject}",
    "built": "Built {message}",
    "downloaded": "Downloaded {subject}",
}


def quieten_libraries() -> None:
    """Keep what libraries tell their developers out of nox's log, which shows all there is.

    nox does the same for those that it uses itself. A level that somebody has set stays.
    """
    for name in _TALKATIVE:
        library = logging.getLogger(name)
        if library.level == logging.NOTSET:
            library.setLevel(logging.WARNING)


class Narrator:
    """A reporter for one errand; may be called from several threads.

    What a user has to know goes to nox's log, as its own messages do. The rest is what a command
    would print: to the terminal, to the file behind `stdout=`, or kept, for `silent=True`.
    """

    def __init__(self, *, silent: bool, log: bool, stdout: int | IO[str] | None) -> None:
        """Prepare to tell.

        Args:
            silent: keep what would be printed.
            log: tell nox's log what is no warning.
            stdout: a file, a descriptor or a constant of `subprocess` for what would be printed.
        """
        self._kept: list[str] = []
        self._keeps = silent or stdout == subprocess.PIPE
        self._log = log
        self._stdout = stdout
        self._said: set[str] = set()
        self._lock = threading.Lock()

    @property
    def text(self) -> str:
        """What was kept."""
        return "".join(f"{line}\n" for line in self._kept)

    def __call__(self, event: Event, /) -> None:
        """Tell of `event`, each sentence once."""
        message = event.message or event.subject
        with self._lock:
            match event.kind:
                case "warning" | "recovered":
                    self._once(message, warning=True)
                case "note" | "waiting":
                    self._once(message, warning=False)
                case kind if kind in _OUTPUT:
                    self._print(_OUTPUT[kind].format(subject=event.subject, message=message))

    def say(self, lines: Iterable[str]) -> None:
        """Print lines as a command would."""
        with self._lock:
            for line in lines:
                self._print(line)

    def _once(self, message: str, *, warning: bool) -> None:
        if message in self._said:
            return
        self._said.add(message)
        if warning:
            logger.warning("%s", message)
        elif self._log:
            logger.info("%s", message)

    def _print(self, line: str) -> None:
        if self._keeps:
            self._kept.append(line)
        elif self._stdout is None:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        elif isinstance(self._stdout, int):
            if self._stdout >= 0:  # not DEVNULL
                os.write(self._stdout, f"{line}\n".encode())
        else:
            # As a child process would write: to the file itself, behind what is there.
            self._stdout.flush()
            os.write(self._stdout.fileno(), f"{line}\n".encode())
