"""Interoperation: pip and uv work on what trueup installed, and trueup on what they did.

Real wheels, real pip and uv, targets old and new.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.housing import Tree, differences, look_at, new_environment, put, quick_folder
from support.interpreters import need_python
from support.laboratory import find_uv
from trueup.acquisition.store import Store, open_store
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.installation.damage import find_damage

SLOW = pytest.mark.slow
ALL_TARGETS = pytest.mark.parametrize("bench", ["3.8", "3.12", "3.13"], indirect=True)
ONE_TARGET = pytest.mark.parametrize(
    "bench",
    ["3.12", pytest.param("3.8", marks=SLOW), pytest.param("3.13", marks=SLOW)],
    indirect=True,
)
# pure and compiled, with commands, scripts, data files and headers
WITH_NEEDS = ("requests", "rich", "pytest", "markupsafe", "greenlet")
OLD_NEEDS = ("exceptiongroup", "tomli", "typing-extensions")  # pip asks this Python's markers
ALONE = ("docutils<0.19", "ipykernel<7")

_EXCUSED = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD", "uv_cache.json")


@dataclass(frozen=True)
class Bench:
    """One target: its wheels, their packs, and a place for environments."""

    version: str
    python: str
    wheels: tuple[str, ...]
    store: Store
    folder: Path
    memory: str

    def environment(self) -> Environment:
        """Make an empty environment, always in the same place: scripts name it."""
        return new_environment(self.folder / "env", self.python, self.memory)

    def by_trueup(self, environment: Environment) -> None:
        put(environment, [self.store.add_wheel(wheel) for wheel in self.wheels])

    def by_pip(self, environment: Environment) -> None:
        options = ("--quiet", "--no-index", "--no-deps", "--no-compile", "--force-reinstall")
        self.pip(environment, "install", *options, *self.wheels)

    def by_uv(self, environment: Environment) -> None:
        options = ("--quiet", "--no-index", "--no-deps", "--link-mode", "copy", "--reinstall")
        self.uv(environment, "install", *options, *self.wheels)

    def pip(self, environment: Environment, *arguments: str) -> str:
        # Today's pip does not run in Python 3.8; the one that came with that does.
        old = tuple(map(int, self.version.split("."))) < (3, 10)
        python = self.python if old else sys.executable
        target = environment.interpreter.executable
        command = [python, "-m", "pip", "--disable-pip-version-check", "--python", target]
        return output_of([*command, *arguments])

    def uv(self, environment: Environment, command: str, *arguments: str) -> str:
        target = ["--python", environment.interpreter.executable]
        cache = ["--cache-dir", str(self.folder / "uv-cache")]
        return output_of([find_uv(), *cache, "pip", command, *target, *arguments])


Install = Callable[[Bench, Environment], None]
THEIRS = pytest.mark.parametrize(
    "install", [pytest.param(Bench.by_pip, id="pip"), pytest.param(Bench.by_uv, id="uv")]
)


def output_of(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, memory: str) -> Iterator[Bench]:
    """Give each target, with real wheels for it."""
    version = str(request.param)
    python = need_python(version)
    with quick_folder() as folder:
        wheels = fetch(version, folder / "wheels")
        store = open_store(str(folder / "store"))
        yield Bench(version, python, wheels, store, folder, memory)


def fetch(version: str, folder: Path) -> tuple[str, ...]:
    """Get real wheels for a version of Python."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
    target = ["--python-version", version, "--dest", str(folder)]
    for options in ((*WITH_NEEDS, *OLD_NEEDS), ("--no-deps", *ALONE)):
        done = subprocess.run([*command, *target, *options], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("no index can be reached to get real wheels from")
    return tuple(sorted(map(str, folder.glob("*.whl"))))


def rows(environment: Environment) -> dict[str, dict[str, tuple[str, str]]]:
    """Return, for each distribution, what RECORD says of each file that every tool writes alike."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for name, present in read_installed(environment).items():
        lines = (present.read_file("RECORD") or "").splitlines()
        found[name] = {
            path: (digest, size)
            for path, digest, size in csv.reader(lines)
            if not path.endswith(_EXCUSED) and "__pycache__" not in path
        }
    return found


def launchers(environment: Environment) -> set[str]:
    """Return the names of commands that were generated: each tool has its own text for them."""
    names: set[str] = set()
    for present in read_installed(environment).values():
        section = ""
        for line in (present.read_file("entry_points.txt") or "").splitlines():
            section = line.strip() if line.startswith("[") else section
            if "=" in line and section in {"[console_scripts]", "[gui_scripts]"}:
                names.add(line.partition("=")[0].strip())
    return names


def comparable(tree: Tree, commands: set[str]) -> Tree:
    """Leave out what tells who installed, and the text of generated commands."""
    kept: Tree = {}
    for path, (mode, content) in tree.items():
        if (path.endswith(_EXCUSED) and ".dist-info/" in path) or "__pycache__" in path:
            continue
        if path.startswith((".lock", ".trueup")) or path.endswith("/"):
            continue
        text = "" if path.startswith("bin/") and path.partition("/")[2] in commands else content
        kept[path] = (mode, text)
    return kept


@ALL_TARGETS
@THEIRS
def test_trueup_writes_the_same_files_modes_and_rows(bench: Bench, install: Install) -> None:
    environment = bench.environment()
    bench.by_trueup(environment)
    ours, our_rows, commands = look_at(environment.root), rows(environment), launchers(environment)
    assert len(ours) > 500
    assert len(commands) > 4
    environment = bench.environment()
    install(bench, environment)
    theirs, their_rows = look_at(environment.root), rows(environment)
    assert differences(comparable(ours, commands), comparable(theirs, commands)) == []
    for name, expected in their_rows.items():
        generated = {path for path in expected if os.path.basename(path) in commands}
        for path in generated:
            expected[path] = our_rows[name][path]
        assert our_rows[name] == expected, name
    assert set(our_rows) == set(their_rows)


@ONE_TARGET
def test_pip_understands_what_trueup_installed(bench: Bench) -> None:
    environment = bench.environment()
    base = look_at(environment.root)
    bench.by_trueup(environment)
    listed = json.loads(bench.pip(environment, "list", "--format", "json"))
    installed = read_installed(environment)
    assert {one["name"].lower().replace("_", "-") for one in listed} == set(installed)
    shown = bench.pip(environment, "show", "--files", "requests")
    assert "Installer: trueup" in bench.pip(environment, "show", "--verbose", "requests")
    assert os.path.join("requests", "__init__.py") in shown
    # it was put there without its needs
    bench.pip(environment, "uninstall", "--yes", "--quiet", "ipykernel", "docutils")
    assert "No broken requirements" in bench.pip(environment, "check")
    rest = set(installed) - {"ipykernel", "docutils"}
    bench.pip(environment, "uninstall", "--yes", "--quiet", *sorted(rest))
    left = [path for path in differences(look_at(environment.root), base) if path[-1] != "/"]
    assert left == []


@ONE_TARGET
def test_uv_understands_what_trueup_installed(bench: Bench) -> None:
    environment = bench.environment()
    base = look_at(environment.root)
    bench.by_trueup(environment)
    listed = json.loads(bench.uv(environment, "list", "--format", "json"))
    installed = read_installed(environment)
    assert {one["name"] for one in listed} == set(installed)
    bench.uv(environment, "uninstall", "ipykernel", "docutils")
    bench.uv(environment, "check")
    bench.uv(environment, "uninstall", *(set(installed) - {"ipykernel", "docutils"}))
    changed = differences(look_at(environment.root), base)
    assert [path for path in changed if path[-1] != "/" and path != ".lock"] == []


@ONE_TARGET
@THEIRS
def test_trueup_removes_what_they_installed(bench: Bench, install: Install) -> None:
    environment = bench.environment()
    base = look_at(environment.root)
    install(bench, environment)
    python, library = environment.interpreter.executable, environment.scheme.purelib
    compiled = [os.path.join(library, name) for name in ("requests", "packaging", "markupsafe")]
    output_of([python, "-m", "compileall", "-q", *compiled])
    put(environment, [], list(read_installed(environment).values()))
    changed = differences(look_at(environment.root), base)
    assert [path for path in changed if path[-1] != "/" and path != ".lock"] == []


@ONE_TARGET
@THEIRS
def test_trueup_replaces_what_they_installed_and_they_what_it_did(
    bench: Bench, install: Install
) -> None:
    environment = bench.environment()
    bench.by_trueup(environment)
    pristine = look_at(environment.root)
    install(bench, environment)
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}
    bench.by_trueup(environment)
    changed = differences(look_at(environment.root), pristine)
    assert [path for path in changed if path[-1] != "/" and path != ".lock"] == []
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}


@ALL_TARGETS
def test_what_was_installed_runs(bench: Bench) -> None:
    environment = bench.environment()
    bench.by_trueup(environment)
    scripts = Path(environment.scheme.scripts)
    python = environment.interpreter.executable
    program = (
        "import greenlet, markupsafe, markupsafe._speedups, requests, rich;"
        "from importlib.metadata import version; print(version('requests'), requests.__version__)"
    )
    versions = output_of([python, "-c", program]).split()
    assert versions[0] == versions[1]
    assert output_of([str(scripts / "pytest"), "--version", "-c", os.devnull]).startswith("pytest ")
    assert "Docutils" in output_of([str(scripts / "rst2html.py"), "--version"])
    kernel = os.path.join(environment.root, "share", "jupyter", "kernels", "python3", "kernel.json")
    assert os.path.exists(kernel)
    assert list(Path(environment.scheme.headers).glob("greenlet/greenlet.h"))
