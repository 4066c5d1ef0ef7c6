"""A glance knows that a local project is still what is installed, and when it is not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import LATELY, Shell
from support.projects import lay_project, project_files

Break = Callable[[Path], object]


def _command(shell: Shell, kind: str) -> tuple[str, ...]:
    where = ("-e", "./tree") if kind == "editable" else ("./tree",)
    return ("install", "--no-index", "-f", str(shell.house), *where)


def _looks(shell: Shell, kind: str, **variables: str) -> bool:
    """Return whether the glance of a new process knows that there is nothing to do."""
    return shell.glances(*_command(shell, kind), **variables)


def _seen(shell: Shell, kind: str) -> Path:
    """Install a project, and let a glance know that it is fresh."""
    tree = lay_project(shell.root / "tree", project_files(dependencies=["beta<2"]))
    for one in [*tree.rglob("*"), tree]:
        os.utime(one)
    time.sleep(LATELY)
    assert shell(*_command(shell, kind)).code == 0
    time.sleep(LATELY)
    assert shell(*_command(shell, kind)).out.startswith("Nothing to do: 2")
    assert _looks(shell, kind)
    return tree


def _edit(path: str) -> Break:
    def deed(tree: Path) -> None:
        file = tree / path
        before = file.stat()
        file.write_bytes(file.read_bytes().replace(b"1", b"2", 1))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return deed


@pytest.mark.parametrize(
    ("kind", "deed"),
    [
        ("wheel", _edit("src/local/__init__.py")),
        ("wheel", lambda tree: (tree / "src/local/new.py").write_text("")),
        ("wheel", lambda tree: (tree / "src/local/__init__.py").unlink()),
        ("wheel", lambda tree: (tree / "src/local").rename(tree / "src/other")),
        ("wheel", lambda tree: (tree / "FAIL").touch()),
        ("wheel", _edit("pyproject.toml")),
        ("editable", _edit("pyproject.toml")),
        ("editable", _edit("own_backend.py")),
        ("editable", lambda tree: tree.rename(tree.with_name("away"))),
    ],
    ids=[
        "edited-with-its-old-time", "new-module", "deleted", "renamed", "appeared", "settings",
        "settings-of-an-editable", "backend-of-an-editable", "gone",
    ],
)  # fmt: skip
def test_what_makes_a_project_stale_is_seen_by_a_glance(
    shell: Shell, kind: str, deed: Break
) -> None:
    tree = _seen(shell, kind)
    deed(tree)
    assert not _looks(shell, kind)


def test_an_edit_that_an_editable_does_not_depend_on_leaves_it_fresh(shell: Shell) -> None:
    tree = _seen(shell, "editable")
    (tree / "src" / "local" / "__init__.py").write_text("VERSION = 'edited'\n")
    assert shell(*_command(shell, "editable")).out.startswith("Nothing to do: 2")


def test_a_project_whose_path_leads_through_a_link_is_judged_each_time(shell: Shell) -> None:
    lay_project(shell.root / "real", project_files())
    lay_project(shell.root / "else", project_files(version="2.0"))
    (shell.root / "tree").symlink_to("real")
    for _ in range(3):
        time.sleep(LATELY)
        assert shell(*_command(shell, "wheel")).code == 0
    assert not _looks(shell, "wheel")
    (shell.root / "tree").unlink()
    (shell.root / "tree").symlink_to("else")
    assert "2.0" in shell(*_command(shell, "wheel")).out


def test_a_project_that_was_just_edited_is_judged_each_time(shell: Shell) -> None:
    tree = _seen(shell, "wheel")
    module = tree / "src" / "local" / "__init__.py"
    for number in range(3):
        module.write_text(f"VERSION = {number}\n")
        assert "Nothing to do" not in shell(*_command(shell, "wheel")).out
        assert shell.runs("import local; print(local.VERSION)") == str(number)
