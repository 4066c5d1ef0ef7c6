"""`trueup check` by a glance: the words of the whole way, and never fresh where that has another.

What is told is compared with what the same command tells with a store that remembers nothing.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import LATELY, Done, Shell, make_shell
from support.projects import lay_project, project_files

Deed = Callable[[Shell], object]


@pytest.fixture(scope="module", params=["editable", "wheel"])
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, house: Path
) -> Shell:
    """A project that is installed."""
    shell = make_shell(tmp_path_factory.mktemp("installed"), house)
    lay_project(shell.root / "tree", project_files(dependencies=["beta<2"]))
    shell.works(*(["-e"] if request.param == "editable" else []), "./tree")
    shutil.copytree(shell.root, shell.root.with_name("kept"), symlinks=True)
    return shell


@pytest.fixture
def seen(installed: Shell) -> Shell:
    """The same as it was at first, and a glance knows that it is fresh."""
    shutil.rmtree(installed.root)
    shutil.copytree(installed.root.with_name("kept"), installed.root, symlinks=True)
    time.sleep(LATELY)
    assert installed("check").out.startswith("fresh   local 1.0 (")
    assert _looks(installed)
    return installed


def _looks(shell: Shell, *words: str, **variables: str) -> bool:
    """Return whether the glance of a new process answers."""
    return shell.glances("check", *words, **variables)


def _whole(shell: Shell, *words: str, **variables: str) -> Done:
    """Return what is told by a run that knows nothing of an earlier one."""
    with_nothing = {"TRUEUP_CACHE_DIR": str(shell.root.parent / "nothing")}
    try:
        return shell("check", *words, **variables, **with_nothing)
    finally:
        shutil.rmtree(with_nothing["TRUEUP_CACHE_DIR"], ignore_errors=True)


@pytest.fixture(scope="module")
def two_places(tmp_path_factory: pytest.TempPathFactory, house: Path) -> Shell:
    """Two environments with two projects each."""
    shell = make_shell(tmp_path_factory.mktemp("two-places"), house)
    lay_project(shell.root / "tree", project_files())
    lay_project(shell.root / "more", project_files("more"))
    shell.works("-e", "./tree", "./more")
    shutil.copytree(shell.root / ".venv", shell.root / "other", symlinks=True)
    time.sleep(LATELY)
    return shell


@pytest.mark.parametrize(
    "words",
    [
        (), ("--json",), ("-q",), ("local", "--json"), ("--env", ".venv/bin/python"),
        ("-p", ".venv", "--env", "other"),
    ],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.skipif(os.name != "posix", reason="programs lie elsewhere")
def test_a_glance_says_what_was_said_before(two_places: Shell, words: tuple[str, ...]) -> None:
    first = two_places("check", *words)
    assert first.code == 0, first
    assert _looks(two_places, *words)
    assert two_places("check", *words) == first == _whole(two_places, *words)


def test_with_nothing_to_judge_a_glance_answers_as_well(shell: Shell) -> None:
    shell.works("alpha")
    time.sleep(LATELY)
    first = shell("check")
    assert first.out == "Nothing here is installed from a local project\n"
    assert _looks(shell)
    assert shell("check") == first
    lay_project(shell.root / "tree", project_files())
    shell.works("-e", "./tree")
    assert "fresh   local" in shell("check").out


def _edit(path: str) -> Deed:
    """Return an edit that leaves a file as large and as old as it was."""

    def deed(shell: Shell) -> None:
        file = shell.root / path
        before = file.stat()
        file.write_bytes(file.read_bytes().replace(b"1", b"2", 1))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return deed


def _put_in_place(path: str) -> Deed:
    """Return an edit by an older file of the same size that is moved there."""

    def deed(shell: Shell) -> None:
        file, new = shell.root / path, shell.root / "new"
        shutil.copy2(file, new)
        new.write_bytes(new.read_bytes().replace(b"1", b"3", 1))
        shutil.copystat(file, new)
        time.sleep(LATELY)
        new.replace(file)

    return deed


def _record(shell: Shell) -> Path:
    return shell.site / "local-1.0.dist-info"


def _journal(shell: Shell) -> None:
    (Path(shell.environment.state) / "journal").write_bytes(b"")


def _elsewhere(shell: Shell) -> None:
    """The record of where it came from, edited in its place."""
    path = _record(shell) / "direct_url.json"
    path.write_text(path.read_text().replace("/tree", "/eert"))


DEEDS: dict[str, Deed] = {
    "module edited with its old time": _edit("tree/src/local/__init__.py"),
    "module put in place": _put_in_place("tree/src/local/__init__.py"),
    "new module": lambda shell: (shell.root / "tree/src/local/new.py").write_text(""),
    "new package": lambda shell: lay_project(shell.root / "tree/src", {"more/__init__.py": ""}),
    "module deleted": lambda shell: (shell.root / "tree/src/local/__init__.py").unlink(),
    "package renamed": lambda shell: (shell.root / "tree/src/local").rename(
        shell.root / "tree/src/other"
    ),
    "what was looked for in vain": lambda shell: (shell.root / "tree/FAIL").touch(),
    "settings": _edit("tree/pyproject.toml"),
    "backend": _edit("tree/own_backend.py"),
    "backend put in place": _put_in_place("tree/own_backend.py"),
    "new file for setuptools": lambda shell: (shell.root / "tree/setup.py").write_text(""),
    "project gone": lambda shell: (shell.root / "tree").rename(shell.root / "away"),
    "record gone": lambda shell: (_record(shell) / "trueup.json").unlink(),
    "origin edited": _elsewhere,
    "another project": lambda shell: shutil.copytree(
        _record(shell), shell.site / "fifth-1.0.dist-info"
    ),
    "uninstalled": lambda shell: shutil.rmtree(_record(shell)),
    "environment gone": lambda shell: shutil.rmtree(shell.root / ".venv"),
    "touched": lambda shell: os.utime(shell.root / "tree/pyproject.toml"),
    "unrelated": lambda shell: (shell.root / "tree/notes.txt").write_text(""),
}


@pytest.mark.parametrize("name", DEEDS)
def test_whatever_happens_a_glance_tells_what_the_whole_way_tells(seen: Shell, name: str) -> None:
    DEEDS[name](seen)
    assert seen("check") == _whole(seen)


def test_a_spoilt_record_is_seen(seen: Shell) -> None:
    path = _record(seen) / "trueup.json"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b'"digest":"', b'"digest":"0', 1)[:-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not _looks(seen)
    found = seen("check")
    assert found == _whole(seen)
    assert found.code != 0


def test_an_interrupted_change_is_finished_first(seen: Shell) -> None:
    _journal(seen)
    assert not _looks(seen)


@pytest.mark.parametrize(
    "variables",
    [
        {"VIRTUAL_ENV": "/somewhere"},
        {"TRUEUP_BUILD_ENV": "X"},
        {"PRE_COMMIT_HOME": "/"},
        {"PREK_HOME": "/"},
    ],
    ids=str,
)
def test_other_variables_are_another_question(seen: Shell, variables: dict[str, str]) -> None:
    assert not _looks(seen, **variables)


def test_a_variable_that_the_build_asked_for_is_looked_at_again(shell: Shell) -> None:
    files = project_files()
    files["own_backend.py"] += "\nTUNED = os.environ.get('SOURCE_DATE_EPOCH')\n"
    lay_project(shell.root / "tree", files)
    shell.works("./tree")
    time.sleep(LATELY)
    assert shell("check").code == 0
    assert _looks(shell)
    assert not _looks(shell, SOURCE_DATE_EPOCH="1")
    assert shell("check", SOURCE_DATE_EPOCH="1") == _whole(shell, SOURCE_DATE_EPOCH="1")
    assert shell("check", SOURCE_DATE_EPOCH="1").code == 1


def test_what_hashes_or_searches_is_never_answered_by_a_glance(seen: Shell) -> None:
    for words in (("--deep",), ("--all",)):
        assert seen("check", *words).code == 0
        assert not _looks(seen, *words)


def test_what_is_not_fresh_is_judged_each_time(seen: Shell) -> None:
    _edit("tree/pyproject.toml")(seen)
    time.sleep(LATELY)
    assert seen("check").code == 1
    assert seen("check").code == 1
    assert not _looks(seen)


def test_what_another_installer_brought_is_judged_each_time(seen: Shell) -> None:
    (_record(seen) / "INSTALLER").write_text("pip\n")
    (_record(seen) / "trueup.json").unlink()
    time.sleep(LATELY)
    seen("check")
    assert not _looks(seen)


def test_a_terminal_without_the_signs_of_a_path_is_told_as_well_as_can_be(shell: Shell) -> None:
    lay_project(shell.root / "bäume", project_files())
    shell.works("-e", "./bäume")
    time.sleep(LATELY)
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for _ in range(2):
        assert "b?ume" in shell("check", **ascii_only).out
    assert _looks(shell, **ascii_only)


def test_a_glance_at_local_projects_imports_next_to_nothing(seen: Shell) -> None:
    done, names = seen.imports("check")
    assert done.code == 0
    assert done.out.startswith("fresh   local 1.0")
    assert names <= {"__future__", "trueup", "trueup.__main__", "trueup.glance", "_blake2"}


def test_the_whole_way_imports_nothing_that_judges_the_work_of_others(seen: Shell) -> None:
    done = _whole(seen, PYTHONPROFILEIMPORTTIME="1")
    assert done.out.startswith("fresh")
    lines = (line for line in done.err.splitlines() if line.startswith("import time:"))
    loaded = {line.rpartition("|")[2].strip() for line in lines}
    assert "trueup.freshness.verdict" in loaded
    unused = {"packaging.requirements", "trueup.api.installing", "trueup.resolution.resolver"}
    assert (
        loaded & (unused | {"trueup.freshness.editables.judging", "trueup.cli.evidence"}) == set()
    )
