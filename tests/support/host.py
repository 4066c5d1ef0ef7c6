"""Programs that use trueup inside of themselves, in an environment of each Python it runs on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts

_CORE = Path(__file__).resolve().parents[2] / "core"

_PROLOGUE = '''
import contextlib, importlib, json, os, subprocess, sys
from pathlib import Path

HOST = json.loads(os.environ["TEST_HOST"])
ROOT, SITE, HOUSE = Path(HOST["root"]), Path(HOST["site"]), Path(HOST["house"])

import trueup
from trueup.resolution.request_input import RequestInput

WHERE = RequestInput(no_index=True, find_links=(str(HOUSE),))


def put(name, version="1.0", **more):
    """Install a wheel of the house by its path: nobody is asked."""
    wheel = HOUSE / f"{name}-{version}-py3-none-any.whl"
    return trueup.install(str(wheel), dependencies=False, **more)


def unseen(name):
    """Whether `name` cannot be imported; leaves the finders with what they looked up."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return True
    return False


@contextlib.contextmanager
def times_put_back(*directories):
    """Let directories have the mtimes that they had before, once they were written to."""
    times = {each: os.stat(each).st_mtime_ns for each in directories}
    yield
    for each, time in times.items():
        os.utime(each, ns=(time, time))


def tell(**answers):
    print(json.dumps(answers, default=str))
'''


@dataclass(frozen=True)
class Host:
    """An environment in which a program can import trueup, and nothing else is installed.

    Attributes:
        root: a folder for projects.
        python: the environment's interpreter.
        site: its site-packages.
        house: where a test puts the wheels that it makes.
        version: of the interpreter, such as "3.12".
        variables: the environment variables of programs.
    """

    root: Path
    python: str
    site: Path
    house: Path
    version: str
    variables: dict[str, str]

    def run(self, body: str) -> dict[str, Any]:
        """Run a program to its end and return what it tells."""
        with self.start(body) as process:
            output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, f"{output}\n{errors}"
        answers: dict[str, Any] = json.loads(output.splitlines()[-1])
        return answers

    def start(self, body: str, *, prologue: bool = True) -> subprocess.Popen[str]:
        """Start a program."""
        told = {"root": str(self.root), "site": str(self.site), "house": str(self.house)}
        return subprocess.Popen(
            [self.python, "-c", (_PROLOGUE if prologue else "") + body],
            cwd=self.root,
            env=self.variables | {"TEST_HOST": json.dumps(told)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def lay_dependencies(folder: Path) -> Path:
    """Fill a folder with links to what trueup depends on, all of it pure Python, and return it."""
    folder.mkdir()
    for name in _depended("trueup"):
        for file in distribution(name).files or ():
            top = file.parts[0]
            target = Path(str(distribution(name).locate_file(top)))
            if top != ".." and target.exists() and not (folder / top).exists():
                (folder / top).symlink_to(target)
    return folder


def _depended(name: str) -> Iterator[str]:
    waiting, seen = [name], {name}
    while waiting:
        for requirement in distribution(waiting.pop()).requires or ():
            other = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
            if "extra ==" not in requirement and other not in seen:
                seen.add(other)
                waiting.append(other)
                yield other


def make_host(
    folder: Path, base: str, version: str, dependencies: Path, variables: dict[str, str]
) -> Host:
    """Make an environment in which trueup can be imported, of the interpreter `base`."""
    environment = create_environment(folder / "venv", interpreter_facts(base))
    site = Path(environment.scheme.purelib)
    (site / "trueup_for_tests.pth").write_text(f"{_CORE}\n{dependencies}\n")
    house = folder / "house"
    house.mkdir()
    scripts = os.path.dirname(sys.executable)
    paths = os.pathsep.join((scripts, variables.get("PATH", os.defpath)))
    told = variables | {"PATH": paths, "TRUEUP_CACHE_DIR": str(folder / "store")}
    return Host(folder, environment.interpreter.executable, site, house, version, told)
