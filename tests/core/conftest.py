"""A folder to run commands in, and the wheels that they install."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Shell, make_house, make_shell
from support.home import Home


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels to install; nobody may change them."""
    return make_house(tmp_path_factory.mktemp("house"))


@pytest.fixture
def shell(tmp_path: Path, house: Path) -> Shell:
    """A folder with an empty `.venv`, to run trueup in."""
    return make_shell(tmp_path, house)


@pytest.fixture(scope="session")
def warm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all tests that build by real backends: their environments are made once."""
    return tmp_path_factory.mktemp("warm-store")


@pytest.fixture
def home(tmp_path: Path, warm_store: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A folder with an empty environment, and a store that has been used before."""
    monkeypatch.setenv("TRUEUP_CACHE_DIR", str(warm_store))
    return Home(tmp_path)
