"""What the tests of the destination share: a memory, and environments that are real."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from trueup.destination.creation import create_environment
from trueup.destination.environment import Environment
from trueup.destination.facts import interpreter_facts

MakeEnvironment = Callable[[str], Environment]


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give all tests one folder to remember interpreters in: each is started once."""
    return str(tmp_path_factory.mktemp("interpreters"))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Give an empty virtual environment of the running interpreter."""
    return create_environment(tmp_path / "env", interpreter_facts())


@pytest.fixture
def stdlib_venv(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that makes a virtual environment by the standard library."""

    def make(python: str, name: str = "venv", *options: str) -> Path:
        folder = tmp_path / name
        subprocess.run([python, "-m", "venv", "--without-pip", *options, str(folder)], check=True)
        return folder

    return make
