"""Mechanisms and edits: a verdict is held against a build from nothing.

A small part runs with all tests. The whole, some 3,000 cells with every backend, takes half an
hour: `pytest -m slow tests/core/freshness/test_matrix.py`, or in pieces by `-k`;
`support.matrix_book` makes a table of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trueup
from support.accepted import accepted_reason
from support.builds import lay_tree
from support.edits import EDITS
from support.home import Home
from support.matrix_book import CellBook
from support.mechanisms import MECHANISMS, Mechanism
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply
from trueup.errors import TrueupError
from trueup.freshness.verdict import Fresh, Stale

QUICK = {
    "hatchling": (
        "new_module",
        "version",
        "module_edited",
        "new_test",
        "build_requirement_restated",
    ),
    "flit": ("readme", "renamed_package", "made_executable", "linter_settings"),
    "pdm-script": ("template_edited", "generated_deleted", "variable_of_a_hook"),
    "setuptools-flat": ("new_top_level_package", "deleted_subpackage", "build_requirement_bounded"),
    "setuptools-strict": ("new_module", "link_tree_damaged"),
    "setuptools-auto": ("new_data_folder", "new_subpackage", "made_executable"),
    "hatch-vcs": ("tag", "module_edited"),
    "uv-build": ("new_module", "version"),
}


def _wrong(bench: Bench, name: str, edits: tuple[str, ...]) -> Iterator[str]:
    """Yield each verdict that is not what a build from nothing says."""
    assert bench.judge(Situation()) == Fresh()
    book = CellBook(name, editable=bench.editable)
    for edit in edits:
        situation = EDITS[edit](bench.tree, bench.mechanism)
        if situation is not None:
            verdict = bench.judge(situation)
            fresh, truth = isinstance(verdict, Fresh), bench.truth(situation)
            book.note(edit, verdict, truth=truth)
            if fresh and not truth:
                yield f"FALSE FRESH: {name}, {edit}"
            elif truth and not fresh and not accepted_reason(name, book.mode, edit):
                yield f"false stale: {name}, {edit}: {verdict}"
        bench.restore()
        if bench.judge(Situation()) != Fresh():
            yield f"not fresh again: {name}, {edit}: {bench.judge(Situation())}"


def _bench(name: str, folder: Path, supply: Supply, *, editable: bool) -> Bench:
    mechanism = MECHANISMS[name]
    missing = [program for program in mechanism.needs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} on this machine")
    try:
        return Bench(folder / "demo", mechanism, supply, editable=editable)
    except TrueupError as error:
        if "resol" in error.problem:
            pytest.skip(f"the index does not give what {name} needs")
        raise


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
@pytest.mark.parametrize("name", QUICK)
def test_a_verdict_is_what_a_build_from_nothing_says(
    name: str, editable: bool, tmp_path: Path, supply: Supply
) -> None:
    bench = _bench(name, tmp_path, supply, editable=editable)
    with closing(bench):
        assert list(_wrong(bench, name, QUICK[name])) == []


@pytest.mark.slow
@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
@pytest.mark.parametrize("name", MECHANISMS)
def test_every_verdict_is_what_a_build_from_nothing_says(
    name: str, editable: bool, tmp_path: Path, supply: Supply
) -> None:
    bench = _bench(name, tmp_path, supply, editable=editable)
    with closing(bench):
        assert list(_wrong(bench, name, tuple(EDITS))) == []


def test_a_package_is_looked_for_beside_a_module_that_is_not_shipped(
    tmp_path: Path, supply: Supply
) -> None:
    files = dict(MECHANISMS["setuptools-src"].files)
    files["pyproject.toml"] += '[tool.setuptools.packages.find]\nwhere = ["src"]\n'
    project = Mechanism({**files, "src/conftest.py": ""})
    with closing(Bench(tmp_path / "demo", project, supply, editable=False)) as bench:
        assert not any(path.endswith("conftest.py") for path in bench.installed())
        situation = EDITS["new_top_level_package"](bench.tree, project)
        assert situation is not None
        assert isinstance(bench.judge(situation), Stale)
        assert not bench.truth(situation)


@pytest.mark.parametrize("name", ["setuptools-src", "flit"])
def test_a_package_may_be_called_like_a_folder_of_results(
    name: str, tmp_path: Path, supply: Supply
) -> None:
    package = MECHANISMS[name].package
    files = {**MECHANISMS[name].files, f"{package}/build/__init__.py": ""}
    project = Mechanism(files, package)
    with closing(Bench(tmp_path / "demo", project, supply, editable=False)) as bench:
        for path in ("build/more.py", "build/deeper/__init__.py", "target/more.py"):
            lay_tree(bench.tree, {f"{package}/{path}": "VALUE = 1\n"})
            assert isinstance(bench.judge(Situation()), Stale), path
            assert not bench.truth(Situation()), path
            bench.restore()
            assert bench.judge(Situation()) == Fresh()


def test_what_is_installed_in_a_copied_environment_is_as_fresh(tmp_path: Path, home: Home) -> None:
    tree = lay_tree(tmp_path / "demo", MECHANISMS["flit"].files)
    trueup.install(editable=tree, environment=trueup.open_environment(home.environment))
    shutil.copytree(home.environment, tmp_path / "copy", symlinks=True)
    for folder in (Path(home.environment), tmp_path / "copy"):
        (judged,) = trueup.check(trueup.open_environment(folder))
        assert judged.verdict == Fresh()
    with (tree / "README.md").open("a") as file:
        file.write("more\n")
    (judged,) = trueup.check(trueup.open_environment(tmp_path / "copy"))
    assert isinstance(judged.verdict, Stale)
