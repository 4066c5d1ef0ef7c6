"""Two versions of nox, and a folder for each test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.nox_lab import OLDEST, NoxLab, make_lab, nox_environment

pytest.importorskip("nox")


@pytest.fixture(scope="session")
def oldest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an interpreter that has the oldest nox."""
    return nox_environment(tmp_path_factory.mktemp("nox") / "oldest", f"nox=={OLDEST}")


@pytest.fixture
def lab(tmp_path: Path) -> NoxLab:
    """Return a folder for the newest nox."""
    return make_lab(tmp_path / "lab", sys.executable)


@pytest.fixture(params=["newest", "oldest"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> NoxLab:
    """Return a folder for the newest nox, and in a second run of the test one for the oldest."""
    is_oldest = request.param == "oldest"
    python = request.getfixturevalue("oldest") if is_oldest else sys.executable
    return make_lab(tmp_path / "lab", python, oldest=is_oldest)


@pytest.fixture(params=["newest", pytest.param("oldest", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> NoxLab:
    """Return what `both` does; with the oldest nox only in the long batteries."""
    is_oldest = request.param == "oldest"
    python = request.getfixturevalue("oldest") if is_oldest else sys.executable
    return make_lab(tmp_path / "lab", python, oldest=is_oldest)
