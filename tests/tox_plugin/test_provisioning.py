"""tox makes itself what a project asks for: itself with trueup, or another virtualenv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.laboratory import find_uv
from support.tox_projects import ToxProject, expect

pytestmark = pytest.mark.slow
_ROOT = Path(__file__).resolve().parents[2]
_INDEX = {"PIP_NO_INDEX": "0"}


@pytest.fixture(scope="module")
def plain_tox(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Give a tox without trueup; skip the test without an index."""
    folder = tmp_path_factory.mktemp("plain")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([find_uv(), "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    _fetched([find_uv(), "pip", "install", "-q", "--python", str(python), "tox"])
    return (str(python), "-m", "tox")


def _fetched(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no index within reach: {done.stderr.strip().splitlines()[-1]}")


def _make_wheel(folder: Path) -> None:
    words = ["-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(_ROOT)]
    _fetched([sys.executable, *words])


def test_a_tox_without_trueup_makes_itself_one_that_has_it(
    project: ToxProject, plain_tox: tuple[str, ...]
) -> None:
    _make_wheel(project.wheels)
    project.tox = plain_tox
    project.settings |= _INDEX
    project.configure("import alpha", deps="alpha", runner="", top="requires = trueup[tox]\n")
    assert "install_deps> trueup install alpha" in project.works("run").out
    expect(project.installed(), alpha="1.0", beta="1.0")
    assert project.works("run").installs == []


def test_trueup_makes_the_environment_that_tox_itself_is_to_run_in(either: ToxProject) -> None:
    either.settings |= _INDEX
    top = "requires =\n    trueup\n    iniconfig<2\n"
    either.configure("import alpha", deps="alpha", runner="", top=top)
    _make_wheel(either.wheels)
    ran = either.works("run", "--runner", "trueup")
    assert ": install_deps> trueup install 'iniconfig<2'" in ran.out
    assert "a: install_deps> trueup install alpha" in ran.out
    assert either.works("run", "--runner", "trueup").installs == []


def test_another_virtualenv_can_make_the_environment(project: ToxProject) -> None:
    project.settings |= _INDEX
    project.configure("import alpha", deps="alpha", virtualenv_spec="virtualenv<21")
    project.works("run")
    config = (project.root / ".tox" / "a" / "pyvenv.cfg").read_text()
    assert "virtualenv = 20." in config
    expect(project.installed(), alpha="1.0", beta="1.0")
    project.works("run", "-r")
    expect(project.installed(), alpha="1.0", beta="1.0")
    assert project.works("run").installs == []
