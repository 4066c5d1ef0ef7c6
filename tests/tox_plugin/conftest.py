"""What the tests of the tox plugin share: real tox, in more than one version, on real projects."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.laboratory import find_uv
from support.tox_projects import ToxProject

_ROOT = Path(__file__).resolve().parents[2]

OLDEST = "4.23.2"  # as in pyproject.toml

Tox = tuple[str, ...]


def _tox_with(folder: Path, *requirements: str) -> Tox:
    """Make an environment with tox, trueup and `requirements`; skip the test without an index."""
    uv = find_uv()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    done = subprocess.run(
        [uv, "pip", "install", "-q", "--python", str(python), "-e", f"{_ROOT}[uv]", *requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no index within reach: {done.stderr.strip().splitlines()[-1]}")
    return (str(python), "-m", "tox")


@pytest.fixture(scope="session")
def oldest_tox(tmp_path_factory: pytest.TempPathFactory) -> Tox:
    """Give the oldest tox that is supported."""
    return _tox_with(tmp_path_factory.mktemp("oldest"), f"tox=={OLDEST}")


@pytest.fixture(scope="session")
def tox_beside_uv(tmp_path_factory: pytest.TempPathFactory) -> Tox:
    """Give a tox that has tox-uv installed too."""
    return _tox_with(tmp_path_factory.mktemp("beside"), "tox", "tox-uv-bare")


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one store to all runs of tox, as a person has one: what it holds is found by digest."""
    return tmp_path_factory.mktemp("shared-store")


@pytest.fixture
def project(tmp_path: Path, shared_store: Path) -> ToxProject:
    """Give an empty project for the newest tox, and wheels to install."""
    root = tmp_path / "project"
    root.mkdir()
    settings = {"TRUEUP_CACHE_DIR": str(shared_store)}
    made = ToxProject(root, wheels=tmp_path / "wheels", settings=settings)
    made.wheel("alpha", requires=("beta",))
    made.wheel("beta")
    made.wheel("gamma", requires=("beta",))
    made.wheel("gamma", "2.0", requires=("beta",))
    return made


@pytest.fixture(params=["newest", "oldest"])
def both(request: pytest.FixtureRequest, project: ToxProject) -> ToxProject:
    """Give the same project for both ends of the range of tox."""
    if request.param == "oldest":
        project.tox = request.getfixturevalue("oldest_tox")
    return project


@pytest.fixture(params=["newest", pytest.param("oldest", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest, project: ToxProject) -> ToxProject:
    """Give the same project for both ends of the range; the oldest waits for `-m slow`."""
    if request.param == "oldest":
        project.tox = request.getfixturevalue("oldest_tox")
    return project


ReadLog = Callable[[str], str]


@pytest.fixture
def logs(project: ToxProject) -> ReadLog:
    """Give a function that reads all of tox's logs of an environment."""

    def read(env: str) -> str:
        folder = project.root / ".tox" / env / "log"
        return "\n".join(path.read_text() for path in sorted(folder.iterdir()))

    return read
