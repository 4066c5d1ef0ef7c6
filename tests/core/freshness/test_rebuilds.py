"""A build after each edit of the matrix is held against one from nothing: it is as true as that.

`pytest -m slow tests/core/freshness/test_rebuilds.py`, in pieces by `-k`; it takes like the matrix.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.edits import EDITS
from support.mechanisms import MECHANISMS
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply
from trueup.errors import BuildError
from trueup.freshness.verdict import Fresh

# Those that leave something in a tree which the next build could take for its own.
LEAVING = (
    *("setuptools-c", "setuptools-cython", "setuptools-generates", "setuptools-strict"),
    *("hatchling-hook", "pdm-script", "poetry-script", "setuptools-scm", "hatch-vcs"),
    *("scikit-build", "scikit-build-inplace", "meson-python", "maturin"),
)
# What cmake and ninja write for themselves, with the order of their steps in it.
WORKINGS = ("build.ninja", ".ninja_log", "CMakeCache.txt")


def _differing(bench: Bench, situation: Situation) -> list[str]:
    """Return which files are other than from nothing."""
    there, truth = bench.installed(), bench.from_nothing(situation) or {}
    paths = {path for path in there.keys() | truth.keys() if there.get(path) != truth.get(path)}
    return sorted(path for path in paths if not path.endswith(WORKINGS))


def _wrong(bench: Bench, edit: str) -> Iterator[str]:
    """Yield what is wrong after the build that an edit asks for."""
    situation = EDITS[edit](bench.tree, bench.mechanism)
    if situation is None or not bench.tree.is_dir():
        return
    if isinstance(bench.judge(situation), Fresh):
        return
    supply = bench.supply
    bench.supply = replace(supply, interpreter=situation.interpreter or supply.interpreter)
    try:
        bench.build_again(situation)
    except BuildError:
        assert bench.from_nothing(situation) is None, f"{edit}: only this build fails"
        return
    finally:
        bench.supply = supply
    if (verdict := bench.judge(situation)) != Fresh():
        yield f"{edit}: {verdict} after a build"
    if different := _differing(bench, situation):
        yield f"{edit}: {different} are not as from nothing"


@pytest.mark.slow
@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
@pytest.mark.parametrize("name", LEAVING)
def test_a_build_after_any_edit_gives_what_one_from_nothing_gives(
    name: str, editable: bool, tmp_path: Path, supply: Supply
) -> None:
    mechanism = MECHANISMS[name]
    missing = [program for program in mechanism.needs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} on this machine")
    wrong: list[str] = []
    with closing(Bench(tmp_path / "demo", mechanism, supply, editable=editable)) as bench:
        for edit in EDITS:
            wrong += _wrong(bench, edit)
            bench.restore()
            if bench.judge(Situation()) != Fresh():
                bench.build_again(Situation())
                if different := _differing(bench, Situation()):
                    wrong.append(f"back from {edit}: {different} are not as from nothing")
    assert wrong == []
