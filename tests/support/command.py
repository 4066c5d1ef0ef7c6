"""The command line as people run it: a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trueup.destination.creation import create_environment
from trueup.destination.environment import Environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.installed import read_installed
from trueup.destination.lock import environment_lock

from support.housing import Tree, look_at
from support.resolving import quiet_environment
from support.wheels import make_wheel

NOBODY = {"TRUEUP_RESOLVER": "nobody"}
"""Whoever asks a resolver with this fails: it proves that none was asked."""

LATELY = 0.08
"""Seconds to wait; what changed in the last 50 ms is too young to be trusted, or remembered."""

_GLANCE = "import sys; from trueup.glance import look; print(look(sys.argv[1:]) is not None)"
_GLANCE_AT_A_PICTURE = (
    "import sys; from trueup.destination.picture import is_as_pictured;"
    "from trueup.glance import look;"
    "print(look(sys.argv[1:], is_as_pictured=is_as_pictured) is not None)"
)
_IMPORTS = """
import sys
before = set(sys.modules)
sys.argv = ["trueup", *sys.argv[1:]]
from trueup.__main__ import main
code = main()
names = sorted(set(sys.modules) - before)
import json
print(json.dumps([code, names]), file=sys.stderr)
"""


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """A folder with an empty `.venv`, to run trueup in; wheels come from `house` alone.

    Attributes:
        root: the working directory.
        house: a folder of wheels.
        variables: the environment variables of every command.
        environment: the one in `.venv`.
        place: the working directory, where it is another.
        python: runs trueup.
    """

    root: Path
    house: Path
    variables: dict[str, str]
    environment: Environment
    place: Path | None = None
    python: str = sys.executable

    def __call__(self, *arguments: str | Path, **variables: str) -> Done:
        """Run `python -m trueup` with `arguments` to its end."""
        with self.start(*arguments, **variables) as process:
            out, err = process.communicate(timeout=120)
        assert "\nTraceback" not in "\n" + err, err  # a backend's own is indented
        return Done(process.returncode, out, err)

    def start(self, *arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
        """Start `python -m trueup` with `arguments`."""
        return subprocess.Popen(
            [self.python, "-m", "trueup", *map(str, arguments)],
            cwd=self.place or self.root,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def glances(self, *arguments: str | Path, **variables: str) -> bool:
        """Whether the glance of a new process knows the answer to a command."""
        return self._python("-c", _GLANCE, *arguments, **variables).out == "True\n"

    def pictures(self, *arguments: str | Path, **variables: str) -> bool:
        """Whether it knows it when it may look at each file of the environment, too."""
        return self._python("-c", _GLANCE_AT_A_PICTURE, *arguments, **variables).out == "True\n"

    def imports(self, *arguments: str | Path) -> tuple[Done, set[str]]:
        """Run a command in a Python without `site`; return what it imported, too."""
        done = self._python("-I", "-c", _IMPORTS, *arguments)
        code, names = json.loads(done.err)
        return replace(done, code=code), set(names)

    def _python(self, *arguments: str | Path, **variables: str) -> Done:
        done = subprocess.run(
            [self.python, *map(str, arguments)],
            cwd=self.place or self.root,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def overtaken(
        self, environment: Environment, deed: Callable[[], object], *arguments: str | Path
    ) -> Done:
        """Run a command that has to wait for an environment; do something meanwhile."""
        with environment_lock(environment):
            process = self.start(*arguments)
            assert process.stderr is not None
            while "waiting for" not in process.stderr.readline():
                assert process.poll() is None
            deed()
            time.sleep(LATELY)
        with process:
            out, err = process.communicate(timeout=60)
        return Done(process.returncode, out, err)

    def at(self, place: Path) -> Shell:
        """Return the same, in another working directory, which is made where it is missing."""
        place.mkdir(parents=True, exist_ok=True)
        return replace(self, place=place)

    def install(self, *arguments: str | Path, **variables: str) -> Done:
        """Install out of the house."""
        return self("install", "--no-index", "-f", self.house, *arguments, **variables)

    def works(self, *arguments: str | Path, **variables: str) -> Done:
        """Install out of the house, which has to work."""
        done = self.install(*arguments, **variables)
        assert done.code == 0, done.err
        return done

    @property
    def installed(self) -> dict[str, str]:
        """Name to version of what is in `.venv`."""
        return {name: one.version for name, one in read_installed(self.environment).items()}

    @property
    def site(self) -> Path:
        """The site-packages of `.venv`."""
        return Path(self.environment.scheme.purelib)

    @property
    def tree(self) -> Tree:
        """Every file of `.venv`."""
        return look_at(self.environment.root)

    def runs(self, code: str) -> str:
        """Run `code` in `.venv` and return what it prints."""
        program = self.environment.interpreter.executable
        done = subprocess.run(
            [program, "-B", "-c", code], capture_output=True, text=True, check=False, cwd=self.root
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def make_shell(folder: Path, house: Path, python: str | None = None) -> Shell:
    """Make a folder to run commands in, with an environment of the interpreter `python`."""
    root, home = folder / "project", folder / "home"
    root.mkdir()
    home.mkdir()
    interpreter = interpreter_facts(python)
    environment = create_environment(root / ".venv", interpreter)
    kept = {name: value for name, value in quiet_environment(home).items() if name != "CI"}
    variables = kept | {
        "TRUEUP_CACHE_DIR": str(folder / "store"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C.UTF-8",
    }
    return Shell(root, house, variables, environment)


def make_house(folder: Path) -> Path:
    """Write the wheels that most tests install: alpha needs beta; clash cannot have the new one."""
    command = "[console_scripts]\nbeta-run = beta:main\n"
    for version in ("1.0", "2.0"):
        files = {
            "beta/__init__.py": f"VERSION = {version!r}\ndef main():\n    print('beta', VERSION)\n",
            f"beta/only_{version[0]}.py": "",
        }
        make_wheel(folder, "beta", version, files=files, entry_points=command)
    make_wheel(folder, "alpha", requires=["beta>=1"])
    make_wheel(folder, "clash", requires=["beta<2"])
    make_wheel(folder, "gamma", extras={"more": ["delta"]})
    make_wheel(folder, "delta")
    return folder
