"""Mechanisms and edits: a verdict is held against a build from nothing.

The quick half runs with all tests. The whole, some 1,600 cells with every backend, takes about an
hour: `pytest -m slow tests/core/freshness/test_matrix.py`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.edits import EDITS
from support.matrix_book import CellBook
from support.mechanisms import MECHANISMS
from support.truth import Bench, Situation, opened_supply
from trueup.acquisition.supply import Supply
from trueup.destination.facts import interpreter_facts
from trueup.errors import TrueupError
from trueup.freshness.verdict import Fresh

QUICK = {
    "hatchling": ("new_module", "version", "module_edited", "new_test"),
    "flit": ("readme", "renamed_package", "made_executable", "linter_settings"),
    "pdm-script": ("template_edited", "generated_deleted", "variable_of_a_hook"),
    "setuptools-flat": ("new_top_level_package", "deleted_subpackage", "build_requirement_bounded"),
    "setuptools-strict": ("new_module", "link_tree_damaged"),
    "hatch-vcs": ("tag", "module_edited"),
    "uv-build": ("new_module", "version"),
}
# (mechanism, editable, edit) -> why the verdict is stale although a build would give the same.
ACCEPTED_FALSE_STALE = {
    ("*", "*", "manifest_in_appears"): "it may name any file, and here it names one that is there",
    ("setuptools-strict", False, "config_setting"): "a setting that only editables look at",
    ("setuptools-find", False, "data_added"): "no setting ships it, which only the build knows",
    ("setuptools-auto", False, "data_added"): "no setting ships it, which only the build knows",
    ("scikit-build", True, "data_*"): "cmake reads unseen, and may install any file",
    ("scikit-build", True, "new_top_level_package"): "cmake may look for it",
    ("scikit-build", "*", "cflags"): "the build type's own flags come after",
    ("scikit-build", "*", "build_definition"): "a definition that no source looks at",
    ("meson-python", "*", "build_definition"): "a comment",
    ("meson-python", "*", "new_*"): "meson reads unseen, and may look for any file",
    ("meson-python", "*", "data_added"): "meson reads unseen, and may look for any file",
    ("meson-python", True, "data_edited"): "meson reads unseen, and may copy any file",
    ("maturin", True, "data_*"): "cargo reads unseen, and may include any file",
    ("maturin", False, "new_top_level_package"): "maturin is a program that reads unseen",
    ("pdm*", True, "renamed_package"): "the backend looked at the folder that is gone",
}


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supply]:
    with opened_supply(
        tmp_path_factory.mktemp("cache"), interpreter_facts(sys.executable)
    ) as opened:
        yield opened


def _is_accepted(mechanism: str, editable: bool, edit: str) -> bool:
    from fnmatch import fnmatch

    return any(
        fnmatch(mechanism, name) and mode in ("*", editable) and fnmatch(edit, what)
        for name, mode, what in ACCEPTED_FALSE_STALE
    )


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
            elif truth and not fresh and not _is_accepted(name, bench.editable, edit):
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
