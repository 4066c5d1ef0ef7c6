"""A folder to run commands in, for everything that can go wrong around them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import Shell, make_house, make_shell
from support.housing import quick_folder


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels to install; nobody may change them."""
    return make_house(tmp_path_factory.mktemp("house"))


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Give each test a folder that costs little: these tests make and drop many files."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture
def shell(tmp_path: Path, house: Path) -> Shell:
    """A folder with an empty `.venv`, to run trueup in."""
    return make_shell(tmp_path, house)
