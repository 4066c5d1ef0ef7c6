"""A build after one that was killed, wherever that was, gives what one from nothing gives.

`pytest -m slow tests/core/freshness/test_killed_rebuilds.py`, in pieces by `-k`.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from support.edits import EDITS
from support.mechanisms import MECHANISMS, Mechanism
from support.mirror import contents
from support.projects import BACKEND, GENERATING
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply
from trueup.api.judging import circumstances_of
from trueup.api.tracking import recorded_build
from trueup.freshness.verdict import Fresh

# Those that leave something in a tree which the next build could take for its own.
LEAVING = (
    *("made-once", "setuptools-c", "setuptools-cython", "setuptools-generates"),
    "setuptools-strict",
    *("hatchling-hook", "pdm-script", "poetry-script"),
    *("scikit-build", "scikit-build-inplace", "meson-python", "maturin"),
)
# It makes a module only where there is none, as many scripts do.
_ONCE = (
    """
def _generate():
    module = pathlib.Path("src/demo/made.py")
    if not module.exists():
        module.write_text(pathlib.Path("template.in").read_text())
"""
    + GENERATING
)
_MADE_ONCE = Mechanism(
    {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n[project]\nname = "demo"\nversion = "1.0"\n',
        "backend.py": BACKEND + _ONCE,
        "template.in": "A = 1\n",
        "src/demo/__init__.py": "",
    }
)
# What is other for the build that is killed than for the next.
MEANWHILE = ("cflags", "template_edited", "generator_edited", "native_source", "new_module")
# What cmake and ninja write for themselves, with the order of their steps in it.
WORKINGS = ("build.ninja", ".ninja_log", "CMakeCache.txt")


def _install(bench: Bench, folder: Path, situation: Situation) -> subprocess.Popen[bytes]:
    way = ["-e"] if bench.editable else []
    words = [word for key, value in bench.project(situation).config_settings for word in (
        "--config-settings", f"{key}={value}")]  # fmt: skip
    command = [sys.executable, "-m", "trueup", "install", "--target", str(folder), "--no-deps"]
    variables = {
        **bench.variables,
        **(situation.variables or {}),
        "TRUEUP_CACHE_DIR": bench.supply.store.root,
    }
    return subprocess.Popen(
        [*command, *words, *way, str(bench.tree)],
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _forget(bench: Bench) -> None:
    """Remove what builds made, and what is known of them."""
    for path in sorted(bench.made, reverse=True):
        place = bench.tree / path
        if place.is_dir() and not place.is_symlink():
            with suppress(OSError):
                place.rmdir()
        else:
            place.unlink(missing_ok=True)
    for record in Path(bench.supply.store.folder("builds")).iterdir():
        record.unlink()


def _build_again(bench: Bench) -> None:
    """Build, knowing the build before, if there is one: the killed install may have had its."""
    project, interpreter = bench.project(Situation()), bench.supply.interpreter
    now = circumstances_of(project, interpreter, (), isolation=True)
    recorded = recorded_build(now, bench.supply)
    bench.built = recorded or bench.built
    bench.build_again(Situation(), known=recorded is not None)


def _names(tree: Path) -> set[str]:
    return {os.path.join(top, name) for top, _, files in os.walk(tree) for name in files}


def _kill_one(bench: Bench, folder: Path, edit: str, after: float) -> None:
    """Kill a build of the tree as it is after an edit, and undo that.

    It is killed so many seconds `after` the first thing that it made.
    """
    before = contents(bench.tree)
    sources = {
        path: (bench.tree / path).read_bytes()
        for path in before.keys() - bench.made
        if (bench.tree / path).is_file()
    }
    situation = EDITS[edit](bench.tree, bench.mechanism) or Situation()
    added = contents(bench.tree).keys() - before.keys()
    there = _names(bench.tree)
    with _install(bench, folder, situation) as process:
        while process.poll() is None and _names(bench.tree) <= there:
            time.sleep(0.002)
        time.sleep(after)
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)
    for path in added:
        (bench.tree / path).unlink()
    for path, content in sources.items():
        place = bench.tree / path
        if not place.is_file() or place.read_bytes() != content:
            place.write_bytes(content)
    bench.made |= contents(bench.tree).keys() - before.keys()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a hook that was left alone goes on there")
@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
@pytest.mark.parametrize("name", LEAVING)
def test_a_build_after_one_that_was_killed_gives_what_one_from_nothing_gives(
    name: str, editable: bool, tmp_path: Path, supply: Supply
) -> None:
    mechanism = MECHANISMS.get(name, _MADE_ONCE)
    missing = [program for program in mechanism.needs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} on this machine")
    chance = random.Random(name)
    wrong: list[str] = []
    with closing(Bench(tmp_path / "demo", mechanism, supply, editable=editable)) as bench:
        started = time.monotonic()
        with _install(bench, tmp_path / "target", Situation(variables={"CFLAGS": "-O1"})) as once:
            assert once.wait() == 0
        whole = time.monotonic() - started
        bench.build_again(Situation())
        for number in range(int(os.environ.get("TRUEUP_KILLS", "10"))):
            edit, first = MEANWHILE[number % len(MEANWHILE)], bool(number % 2)
            if first:
                _forget(bench)
            after = chance.uniform(0.0, 0.2) * whole
            _kill_one(bench, tmp_path / "target", edit, after)
            _build_again(bench)
            told = f"killed after {after:.2f} s of {whole:.2f} s, {edit}"
            if (verdict := bench.judge(Situation())) != Fresh():
                wrong.append(f"{told}: {verdict} after a build")
            there, truth = bench.installed(), bench.from_nothing(Situation()) or {}
            other = [one for one in there.keys() | truth.keys() if there.get(one) != truth.get(one)]
            if different := sorted(one for one in other if not one.endswith(WORKINGS)):
                wrong.append(f"{told}: {different} are not as from nothing")
    assert wrong == []
