"""A folder to run commands in, and the wheels that they install."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Shell, make_house, make_shell


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels to install; nobody may change them."""
    return make_house(tmp_path_factory.mktemp("house"))


@pytest.fixture
def shell(tmp_path: Path, house: Path) -> Shell:
    """A folder with an empty `.venv`, to run trueup in."""
    return make_shell(tmp_path, house)
