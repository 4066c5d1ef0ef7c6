"""Looks at folders tell when the files of a project are other ones than before."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from trueup.freshness.sight import Sight
from trueup.freshness.sighted import Sighted
from trueup.freshness.terrain import terrain_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")

WHO = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
FILES = {
    ".gitignore": "made/\nodd/pyvenv.cfg\n*.out\n",
    ".vscode/deep/settings.json": "{}",
    "src/a.c": "",
    "made/table.h": "",
    "made/deep/one.h": "",
    "venv/pyvenv.cfg": "",
    "venv/lib/module.py": "",
    "node_modules/one/a.js": "",
    "build/leftover.o": "",
}


def _git(tree: Path, *words: str) -> None:
    subprocess.run(["git", *WHO, *words], cwd=tree, check=True, stdout=subprocess.DEVNULL)


def _lay(tree: Path, *, repository: bool) -> None:
    for path, text in FILES.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    (tree / "empty" / "inside").mkdir(parents=True)
    if repository:
        _git(tree, "init", "-q")
        _git(tree, "add", ".gitignore", ".vscode", "src")
        _git(tree, "commit", "-q", "-m", "one")


def _files(tree: Path) -> list[str]:
    return Sighted(Sight(str(tree), dict(os.environ))).everything()


def _looks(tree: Path) -> object:
    found = terrain_of(Sight(str(tree), dict(os.environ)), ("src/a.c",))
    assert found is not None
    looks = {path: os.stat(path) for path in found.places}
    here = [path for path in found.absent if os.path.lexists(path)]
    return here, {
        path: (one.st_mtime_ns, one.st_ctime_ns, one.st_ino) for path, one in looks.items()
    }


def _write(path: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text("")

    return change


def _delete(path: str) -> Callable[[Path], None]:
    return lambda tree: (tree / path).unlink()


def _track(path: str) -> Callable[[Path], None]:
    return lambda tree: _git(tree, "add", "-f", path)


CHANGES = {
    "a source": _write("src/b.c"),
    "in an empty folder": _write("empty/inside/b.h"),
    "in a new folder": _write("new/deep/b.h"),
    "at the top": _write("b.cmake"),
    "ignored": _write("made/deep/two.h"),
    "what git ignores by its ending": _write("src/b.out"),
    "in a folder of builds": _write("build/lib/b.o"),
    "no environment any more": _delete("venv/pyvenv.cfg"),
    "a source goes": _delete("src/a.c"),
    "tracked in a folder of tools goes": _delete(".vscode/deep/settings.json"),
    "what lies in a folder of tools is tracked": _track("node_modules/one/a.js"),
}


@pytest.mark.parametrize("repository", [True, False], ids=["git", "no repository"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_file_that_comes_or_goes_shows(tmp_path: Path, name: str, *, repository: bool) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    _lay(tree, repository=repository)
    if not repository and name.endswith("tracked"):
        return
    files, looks = _files(tree), _looks(tree)
    CHANGES[name](tree)
    changed = _files(tree) != files
    assert changed or not repository
    if changed:
        assert _looks(tree) != looks


def test_what_lies_in_environments_and_folders_of_tools_is_not_looked_at(tmp_path: Path) -> None:
    _lay(tmp_path, repository=True)
    looks = _looks(tmp_path)
    for path in ("venv/lib/more.py", "node_modules/one/b.js", "node_modules/two/b.js"):
        _write(path)(tmp_path)
    found = terrain_of(Sight(str(tmp_path), dict(os.environ)), ())
    assert found is not None
    assert str(tmp_path / "venv" / "lib") not in found.places
    assert str(tmp_path / "node_modules") not in found.places
    assert _looks(tmp_path) == looks


@pytest.mark.parametrize("path", ["odd/pyvenv.cfg", "inner/.git/HEAD"])
def test_where_it_is_not_plain_to_see_nothing_is_said(tmp_path: Path, path: str) -> None:
    _lay(tmp_path, repository=True)
    _write(path)(tmp_path)
    _write("odd/b.c")(tmp_path)
    assert terrain_of(Sight(str(tmp_path), dict(os.environ)), ()) is None


def test_another_index_is_not_guessed_at(tmp_path: Path) -> None:
    _lay(tmp_path, repository=True)
    variables = {**os.environ, "GIT_INDEX_FILE": str(tmp_path / "other")}
    assert terrain_of(Sight(str(tmp_path), variables), ()) is None


def test_a_second_working_tree_is_looked_at_by_its_own_index(tmp_path: Path) -> None:
    tree, second = tmp_path / "one", tmp_path / "two"
    tree.mkdir()
    _lay(tree, repository=True)
    _git(tree, "worktree", "add", "-q", str(second))
    looks = _looks(second)
    (second / "src" / "b.c").touch()
    assert _looks(second) != looks
    looks = _looks(second)
    _git(second, "add", "-A")
    assert _looks(second) != looks
