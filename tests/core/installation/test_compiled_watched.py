"""Bytecode that comes with a wheel under what looks into modules: coverage, pytest, debuggers."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest
from support.wheels import make_wheel
from trueup.acquisition.compilation import make_bytecode
from trueup.acquisition.store import Store, open_store
from trueup.destination.environment import Environment

from .test_compiled import compiled, install

BODY = "def chosen(flag):\n    if flag:\n        return 'yes'\n    return 'no'\n"
PLUGIN = "def check(left):\n    assert left == {right}, 'told'\n"
POINT = "[pytest11]\nwatched = watched\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def put(environment: Environment, store: Store, wheel: Path) -> None:
    """Install a wheel with its bytecode."""
    pack = store.add_wheel(str(wheel))
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    assert compiled(environment)


def run(environment: Environment, *arguments: str, code: int = 0) -> str:
    """Run the environment's Python with the tools of the one that runs the tests."""
    done = subprocess.run(
        [environment.interpreter.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=environment.root,
        env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")},
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_coverage_counts_the_lines_that_ran(
    environment: Environment, store: Store, tmp_path: Path
) -> None:
    put(environment, store, make_wheel(tmp_path, "watched", files={"watched.py": BODY}))
    Path(environment.root, "try.py").write_text("import watched\nwatched.chosen(True)\n")
    run(environment, "-m", "coverage", "run", "--branch", "--include=*/watched.py", "try.py")
    run(environment, "-m", "coverage", "json", "-q", "-o", "told.json")
    (told,) = json.loads(Path(environment.root, "told.json").read_text())["files"].values()
    assert (told["executed_lines"], told["missing_lines"]) == ([1, 2, 3], [4])
    assert told["missing_branches"] == [[2, 4]]


def test_a_debugger_stops_at_the_lines_of_the_source(
    environment: Environment, store: Store, tmp_path: Path
) -> None:
    put(environment, store, make_wheel(tmp_path, "watched", files={"watched.py": BODY}))
    Path(environment.root, "try.py").write_text("import watched\nprint(watched.chosen(False))\n")
    place = os.path.join(environment.scheme.purelib, "watched.py")
    words = ["-c", f"break {place}:4", "-c", "continue", "-c", "where", "-c", "quit"]
    told = run(environment, "-m", "pdb", *words, "try.py")
    assert f"> {place}(4)chosen()" in told
    assert "-> return 'no'" in told


@pytest.mark.parametrize("edited", [False, True], ids=["upgraded", "edited"])
def test_pytest_rewrites_the_assertions_of_a_plugin_as_it_is_now(
    environment: Environment, store: Store, tmp_path: Path, edited: bool
) -> None:
    """pytest keeps what it rewrote by the time and the size of the source: both may stay alike."""
    wheels = [
        make_wheel(
            *(tmp_path, "watched", version),
            files={"watched.py": PLUGIN.format(right=right)},
            entry_points=POINT,
        )
        for version, right in (("1.0", 11), ("2.0", 22))
    ]
    put(environment, store, wheels[0])
    Path(environment.root, "test_it.py").write_text(
        "import watched\n\ndef test_it():\n    watched.check(5)\n"
    )
    pytest_command = ("-m", "pytest", "-p", "no:cov", "-q", "test_it.py")
    assert "assert 5 == 11" in run(environment, *pytest_command, code=1)
    if edited:
        source = Path(environment.scheme.purelib, "watched.py")
        source.write_text(source.read_text().replace("11", "22"))
        os.utime(source, (source.stat().st_mtime + 2,) * 2)
    else:
        put(environment, store, wheels[1])
    assert "assert 5 == 22" in run(environment, *pytest_command, code=1)


def test_an_environment_that_cannot_be_written_to_uses_it(
    environment: Environment, store: Store, tmp_path: Path
) -> None:
    put(environment, store, make_wheel(tmp_path, "watched", files={"watched.py": BODY}))
    library = Path(environment.scheme.purelib)
    before = compiled(environment)
    folders = [library, library / "__pycache__"]
    modes = [folder.stat().st_mode for folder in folders]
    for folder in folders:
        folder.chmod(0o555)
    try:
        told = run(environment, "-v", "-c", "import watched; print(watched.chosen(True))")
    finally:
        for folder, mode in zip(folders, modes, strict=True):
            folder.chmod(mode)
    assert f"{library / before[0]} matches" in told
    assert told.startswith("yes\n")
    assert compiled(environment) == before
