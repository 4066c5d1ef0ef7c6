"""A folder with an environment, and trueup in it: as a user runs it, or as a program calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import trueup
from trueup.reporting import Event
from trueup.resolution.request_input import RequestInput

__all__ = ["Door", "Home", "Outcome", "Wish"]

Door = Literal["command", "process"]


@dataclass(frozen=True)
class Wish:
    """What is to be installed, in words that both doors understand; paths are below the root."""

    editable: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    index: tuple[str, ...] = ()

    def arguments(self, root: Path) -> list[str]:
        """Return what follows `trueup install`."""
        said = [part for one in self.editable for part in ("-e", _place(root, one))]
        said += [_place(root, one) for one in self.plain]
        said += [part for one in self.files for part in ("-r", str(root / one))]
        said += [part for one in self.settings for part in ("--config-settings", one)]
        return [*said, *self.index]


@dataclass(frozen=True)
class Outcome:
    """What an install told: names that were put in place, and the warnings."""

    added: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    said: str = ""


@dataclass
class Home:
    """A root folder with an environment in it."""

    root: Path
    name: str = "venv"
    environment: Path = field(init=False)
    python: Path = field(init=False)
    told: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.environment = self.root / self.name
        self.run("venv", "-q", "--clear", str(self.environment))
        scripts = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
        self.python = self.environment / scripts

    def run(self, *arguments: str, code: int | None = 0) -> str:
        """Run the command to its end, and return all that it said."""
        done = subprocess.run(
            [sys.executable, "-m", "trueup", *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        said = done.stdout + done.stderr
        assert code is None or done.returncode == code, said
        return said

    def install(self, *arguments: str, command: str = "install") -> str:
        return self.run(command, "-p", str(self.environment), *arguments)

    def fulfil(self, wish: Wish, door: Door) -> Outcome:
        """Install `wish` through one of the two doors."""
        if door == "command":
            return self._by_command(wish)
        events: list[Event] = []
        report = trueup.install(
            *(_place(self.root, one) for one in wish.plain),
            editable=[_place(self.root, one) for one in wish.editable],
            requirement_files=[self.root / one for one in wish.files],
            environment=trueup.open_environment(self.environment),
            reporter=events.append,
            request=RequestInput(
                config_settings=wish.settings,
                no_index="--no-index" in wish.index,
                find_links=wish.index[2::2] if "--no-index" in wish.index else (),
            ),
        )
        told = "\n".join(one.message for one in events)
        return Outcome(tuple(one.name for one in report.added), report.warnings, told)

    def _by_command(self, wish: Wish) -> Outcome:
        import json

        said = self.install("--json", *wish.arguments(self.root))
        report = json.loads(said[said.index("{") : said.rindex("}") + 1])
        added = tuple(one["name"] for one in report["added"])
        return Outcome(added, tuple(report["warnings"]), said)

    def check(self, *names: str) -> int:
        """Return the exit code of `trueup check`; what it said is in `told`."""
        done = subprocess.run(
            [sys.executable, "-m", "trueup", "check", "-p", str(self.environment), *names],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        self.told = done.stdout + done.stderr
        return done.returncode

    def evaluate(self, expression: str, module: str) -> str:
        """Return what an expression comes to in the environment, or the line of its error."""
        done = subprocess.run(
            [self.python, "-c", f"import {module}; print({expression})"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def _place(root: Path, named: str) -> str:
    """Return the absolute path of `named`, which may have extras behind it."""
    return str(root / named)
