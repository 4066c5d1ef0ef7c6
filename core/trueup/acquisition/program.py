"""Running the programs of version control systems: never asking, never telling a password."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from trueup.acquisition.credentials import redact_text
from trueup.errors import SourceError
from trueup.values import dataclass, field

if TYPE_CHECKING:
    import subprocess

__all__ = ["Program"]


@dataclass(frozen=True, slots=True)
class Program:
    """One program, such as git, and the environment it runs in.

    Attributes:
        name: as it is called on PATH.
        environment: all of its environment variables.
        about: whose source it gets, for messages; without credentials.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    about: str = ""

    def run(self, *arguments: str, cwd: str | None = None) -> str:
        """Run it and return what it wrote to its standard output.

        Raises:
            SourceError: it is not there, or it failed; `detail` is what it said.
        """
        code, output, errors = self._run(arguments, cwd)
        if code:
            what = next((word for word in arguments if not word.startswith("-")), "")
            said = redact_text(errors.strip() or output.strip())
            raise SourceError(f"{self.about}: {self.name} {what} failed ({code})", detail=said)
        return output

    def ask(self, *arguments: str, cwd: str | None = None) -> str | None:
        """Run it for a question; return what it wrote, or None if it ended with an error."""
        code, output, _ = self._run(arguments, cwd)
        return None if code else output

    def _run(self, arguments: Sequence[str], cwd: str | None) -> tuple[int, str, str]:
        import subprocess

        program = shutil.which(self.name, path=self.environment.get("PATH"))
        if program is None:
            raise SourceError(
                f"{self.about} needs {self.name}, which is not on PATH",
                hint=f"Install {self.name}.",
            )
        try:
            # In a session of its own: there is no terminal for ssh to ask for a password on.
            process = subprocess.Popen(
                [program, *arguments],
                cwd=cwd,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="surrogateescape",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SourceError(f"{self.about}: {self.name} cannot be started: {error}") from error
        with process:
            try:
                output, errors = process.communicate()
            except BaseException:
                _end(process)
                raise
        return process.returncode, output, errors


def _end(process: subprocess.Popen[str]) -> None:
    """End a program and all that it started."""
    if os.name == "nt":
        process.kill()
        return
    import signal

    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
