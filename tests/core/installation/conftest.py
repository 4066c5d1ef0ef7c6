"""What the tests of the installation share: packs of every shape, and environments to fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.housing import add_all, make_set, new_environment, quick_folder
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store, open_store
from trueup.destination.environment import Environment

MakePack = Callable[..., Pack]


@dataclass(frozen=True)
class Parts:
    """Thirty distributions in two generations, in a store."""

    store: Store
    old: list[Pack]
    new: list[Pack]


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """Give the packs of thirty distributions in two generations."""
    folder = tmp_path_factory.mktemp("parts")
    store = open_store(str(folder / "store"))
    old = add_all(store, make_set(folder / "wheels", 1, range(30)))
    new = add_all(store, make_set(folder / "wheels", 2, range(30)))
    return Parts(store, old, new)


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give all tests one folder to remember interpreters in: each is started once."""
    return str(tmp_path_factory.mktemp("interpreters"))


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Give each test a folder that costs little: these tests make and drop many files."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture
def environment(tmp_path: Path, memory: str) -> Environment:
    """Give an empty virtual environment of the running interpreter."""
    return new_environment(tmp_path / "env", memory=memory)
