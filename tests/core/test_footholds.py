"""An editable of which a file is missing in its environment is stale, and is put back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import LATELY, Shell
from support.projects import lay_project, project_files

Deed = Callable[[Shell], Path]


def _path_file(shell: Shell) -> Path:
    (found,) = shell.site.glob("*local*.pth")
    return found


def _metadata(shell: Shell) -> Path:
    return shell.site / "local-1.0.dist-info" / "WHEEL"


@pytest.fixture
def editable(shell: Shell) -> Shell:
    """A project of which a glance knows that it is fresh."""
    lay_project(shell.root / "tree", project_files())
    time.sleep(LATELY)
    shell.works("-e", "./tree")
    time.sleep(LATELY)
    assert shell("check").code == 0
    assert shell.glances("check")
    return shell


@pytest.mark.parametrize("deed", [_path_file, _metadata])
def test_a_missing_file_of_an_editable_is_stale_and_refresh_puts_it_back(
    editable: Shell, deed: Deed
) -> None:
    path = deed(editable)
    content = path.read_bytes()
    path.unlink()
    assert not editable.glances("check")
    done = editable("check")
    assert done.code == 1
    assert f"{path} is missing" in done.out
    assert editable("refresh").code == 0
    assert path.read_bytes() == content
    assert editable("check").code == 0


def test_bytecode_that_is_missing_is_no_damage(editable: Shell) -> None:
    for path in editable.site.rglob("*.pyc"):
        path.unlink()
    assert editable("check").code == 0
