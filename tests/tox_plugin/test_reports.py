"""Reports of others, replayed in tox with real build backends: what is there is what is seen.

Each run after a change is made twice, because some tools were right only once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.nox_reports import GONE, REPORTS, Report, Step, report_variables

_QUICK = ("11390 setuptools that generates, `-e ./demo`",)

# The reports know where nox has its environments, so tox is told to have them there, too.
_TOX = """\
[tox]
env_list = first, second
work_dir = {{tox_root}}/.nox
package_root = {{tox_root}}/{root}
[testenv]
runner = trueup
{what}
commands = python {{tox_root}}/ask.py
"""

_ASK = """\
import contextlib, io
program = {program!r}
told = io.StringIO()
try:
    with contextlib.redirect_stdout(told):
        exec(program)
except (ImportError, StopIteration, FileNotFoundError):
    print("ANSWER {gone}")
else:
    print("ANSWER", told.getvalue().strip().splitlines()[-1])
"""


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for a store that the tests of this file share: builds need the same tools."""
    return tmp_path_factory.mktemp("caches")


def _lines(report: Report) -> list[str]:
    """Return what the report installs as lines of a requirements file."""
    words = iter(report.install)
    lines: list[str] = []
    settings = ""
    for word in words:
        if word == "--config-settings":
            settings = f' --config-settings "{next(words)}"'
        else:
            lines.append(f"{word} {next(words)}" if word in {"-e", "-r"} else word)
    return [f"{line}{settings}" if settings else line for line in lines]


def _among_deps(report: Report, root: Path) -> str:
    lines = _lines(report)
    if any("--config-settings" in line for line in lines):  # pip and tox take it in files only
        editables = [line for line in lines if line.startswith("-e")]
        settings = lines[-1].partition(" --config-settings")[2]
        if not editables:
            path = root / "all.txt"
            lines = [f"{each} --config-settings{settings}" for each in path.read_text().split("\n")]
            lines = [line for line in lines if line.startswith("-e")]
        (root / "settings.txt").write_text("\n".join(lines) + "\n")
        lines = ["-r settings.txt"]
    return "skip_install = true\ndeps =\n" + "\n".join(f"    {line}" for line in lines)


def _replay(report: Report, root: Path, python: str, caches: Path, configured: str) -> None:
    (root / "ask.py").write_text(_ASK.format(program=report.program, gone=GONE))
    (root / "tox.ini").write_text(configured)
    seen: list[tuple[str, list[str]]] = []
    for step in report.steps:
        step.edit(root)
        seen.append((step.what, _answers(step, root, python, caches)))
    assert seen == [(step.what, [step.wanted] * 2) for step in report.steps]


def _answers(step: Step, root: Path, python: str, caches: Path) -> list[str]:
    env = "second" if "second" in step.options else "first"
    anew = [] if "-r" in step.options or env == "second" else ["-r"]
    found: list[str] = []
    for options in (anew, []):
        done = subprocess.run(
            [python, "-m", "tox", "run", "-e", env, *options],
            cwd=root,
            env=_variables(caches),
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        told = [line[7:] for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
        found.append(told[-1] if told else done.stdout + done.stderr)
    return found


def _variables(caches: Path) -> dict[str, str]:
    found = report_variables(caches)
    return {name: value for name, value in found.items() if not name.startswith("TOX")}


def _need_programs(report: Report) -> None:
    lacking = [name for name in report.needs if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"there is no {lacking[0]} on this machine")


@pytest.mark.skipif(os.name == "nt", reason="the projects use links and C compilers")
@pytest.mark.parametrize(
    "report",
    [
        pytest.param(each, id=each.title, marks=() if each.title in _QUICK else pytest.mark.slow)
        for each in REPORTS
    ],
)
def test_what_is_among_the_deps_is_what_is_there(
    report: Report, tmp_path: Path, caches: Path
) -> None:
    _need_programs(report)
    report.lay(tmp_path)
    configured = _TOX.format(root=".", what=_among_deps(report, tmp_path))
    _replay(report, tmp_path, sys.executable, caches, configured)


_PACKAGES = [
    each
    for each in REPORTS
    if each.title.startswith(("11390", "11238")) and each.install == ("-e", "./demo")
]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the projects use links and C compilers")
@pytest.mark.parametrize("report", _PACKAGES, ids=lambda each: each.title)
def test_the_project_under_test_is_what_is_there(
    report: Report, tmp_path: Path, caches: Path
) -> None:
    _need_programs(report)
    report.lay(tmp_path)
    configured = _TOX.format(root="demo", what="package = editable")
    _replay(report, tmp_path, sys.executable, caches, configured)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the projects use links and C compilers")
@pytest.mark.parametrize("report", _PACKAGES, ids=lambda each: each.title)
def test_so_it_is_with_the_oldest_tox(
    report: Report, tmp_path: Path, caches: Path, oldest_tox: tuple[str, ...]
) -> None:
    _need_programs(report)
    report.lay(tmp_path)
    configured = _TOX.format(root="demo", what="package = editable")
    _replay(report, tmp_path, oldest_tox[0], caches, configured)


def test_the_quick_ones_are_among_them() -> None:
    assert set(_QUICK) <= {each.title for each in REPORTS}
