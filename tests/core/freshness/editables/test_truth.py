"""Every mechanism against every edit, judged from outside and held against a build from nothing.

The quick half runs with all tests. The whole takes some 40 minutes and prints its table:
`pytest -m slow -s tests/core/freshness/editables/test_truth.py` (docs/pre-commit.md, the figures)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path

import pytest
from support.editable_projects import make_environment, uv_program
from support.mechanisms import MECHANISMS as KNOWN
from support.outside_mechanisms import OUTSIDE_EDITS, OUTSIDE_MECHANISMS
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply
from trueup.freshness.editables.judging import judge_installed
from trueup.freshness.editables.outside import environment_from_outside
from trueup.freshness.verdict import Fresh, Stale, Unknown, Verdict

MECHANISMS = {**KNOWN, **OUTSIDE_MECHANISMS}
QUICK = {
    "setuptools-strict": (
        "new_module",
        "link_tree_damaged",
        "build_folder_removed",
        "new_data_folder",
    ),
    "setuptools-find": ("new_data_folder", "new_top_level_folder"),
    "setuptools-flat": ("deleted_subpackage",),
    "setuptools-cfg": ("old_version", "old_author", "description"),
    "hatchling": (
        "version",
        "licence",
        "renamed_package",
        "build_requirement_older",
        "everything_touched",
    ),
}
# (mechanism, edit) -> why no disk can show it: only a record of the build can
UNPROVABLE = {
    ("setuptools-strict", "config_setting"): "settings were given on a command line",
}
# (mechanism, edit) -> why it is called stale although a build would give the same
ACCEPTED_FALSE_STALE = {
    ("pdm*", "package_deleted"): "nothing is left to import, and PDM builds that, too",
    ("setuptools-64", "licence_added"): "later releases take a file of that name",
    ("setuptools-c*", "new_native_file"): "which sources a compiler includes, no disk tells",
    ("maturin", "new_native_file"): "which sources cargo compiles, no disk tells",
    ("scikit-build*", "new_native_file"): "which sources a compiler includes, no disk tells",
    ("scikit-build*", "build_definition_remark"): "a comment, in a language that only cmake reads",
    ("scikit-build*", "*touched*"): "sources are newer than the extension, and nobody kept content",
    ("scikit-build*", "edited_and_back"): "the same",
    ("scikit-build*", "same_size_and_time_of_a_module"): "the same, of a module beside it",
}
LIMIT = 0.02
Cell = tuple[str, Verdict, bool | None]


class OutsideBench(Bench):
    """A project that uv installed, beside trueup's own build of it that knows the truth."""

    def __init__(self, folder: Path, name: str, supply: Supply) -> None:
        super().__init__(folder / "demo", MECHANISMS[name], supply, editable=True)
        self.environment = make_environment(folder / "environment", sys.executable)
        settings = [
            part
            for key, value in self.mechanism.settings
            for part in ("--config-settings", f"{key}={value}")
        ]
        program = [uv_program(), "pip", "install", "-q", "--no-deps", "--python"]
        python = str(self.environment / "bin" / "python")
        done = subprocess.run(
            [*program, python, *settings, "-e", str(self.tree)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if "No solution found" in done.stderr or "Failed to fetch" in done.stderr:
            pytest.skip(f"the index does not give what {name} needs")
        assert done.returncode == 0, done.stderr
        shutil.rmtree(self.safe)
        shutil.copytree(self.tree, self.safe, symlinks=True)

    def from_outside(self) -> Verdict:
        (judged,) = judge_installed(environment_from_outside(str(self.environment)))
        return judged.verdict


def _word(verdict: Verdict) -> str:
    return type(verdict).__name__.lower()


def _cells(bench: OutsideBench, edits: tuple[str, ...]) -> Iterator[Cell]:
    """Yield each edit with the verdict from outside and whether a build would give the same.

    Whoever says that it cannot tell contradicts nothing: there the truth is not asked for.
    """
    for edit in edits:
        situation = OUTSIDE_EDITS[edit](bench.tree, bench.mechanism)
        if situation is not None:
            verdict = bench.from_outside()
            known = not isinstance(verdict, Unknown)
            yield edit, verdict, bench.truth(situation) if known else None
        bench.restore()


def _wrong(name: str, cells: list[Cell]) -> list[str]:
    found = []
    for edit, verdict, same in cells:
        if isinstance(verdict, Fresh) and not same and (name, edit) not in UNPROVABLE:
            found.append(f"FALSE FRESH: {name}, {edit}")
        elif isinstance(verdict, Stale) and same and not _is_accepted(name, edit):
            found.append(f"false stale: {name}, {edit}: {verdict.reasons[0].message}")
    return found


def _is_accepted(name: str, edit: str) -> bool:
    return any(fnmatch(name, one) and fnmatch(edit, what) for one, what in ACCEPTED_FALSE_STALE)


def _bench(name: str, folder: Path, supply: Supply) -> OutsideBench:
    missing = [one for one in MECHANISMS[name].needs if shutil.which(one) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} on this machine")
    return OutsideBench(folder, name, supply)


@pytest.mark.parametrize("name", QUICK)
def test_no_verdict_from_outside_contradicts_a_build_from_nothing(
    name: str, tmp_path: Path, supply: Supply
) -> None:
    with closing(_bench(name, tmp_path, supply)) as bench:
        assert bench.truth(Situation())
        assert _wrong(name, list(_cells(bench, QUICK[name]))) == []


TALLY: Counter[tuple[str, bool | None]] = Counter()


@pytest.mark.slow
@pytest.mark.parametrize("name", MECHANISMS)
def test_no_verdict_from_outside_contradicts_any_build_from_nothing(
    name: str, tmp_path: Path, supply: Supply
) -> None:
    with closing(_bench(name, tmp_path, supply)) as bench:
        cells = [
            ("nothing", bench.from_outside(), bench.truth(Situation())),
            *_cells(bench, tuple(OUTSIDE_EDITS)),
        ]
    for edit, verdict, same in cells:
        if (name, edit) not in UNPROVABLE:
            TALLY[_word(verdict), same] += 1
        told = "" if same is None else "same" if same else "other"
        print(f"CELL {name:22} {edit:28} {_word(verdict):8} {told}")
    assert _wrong(name, cells) == []


@pytest.mark.slow
def test_few_verdicts_from_outside_are_stale_without_need() -> None:
    if not TALLY:
        pytest.skip("no cell was run before it in this process")
    same = sum(count for (_, one), count in TALLY.items() if one)
    false = TALLY["stale", True]
    print(f"{sum(TALLY.values())} cells: {dict(TALLY)}; false stale {false} of {same}")
    assert TALLY["fresh", False] == 0
    assert false <= LIMIT * same
