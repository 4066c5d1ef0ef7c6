"""Licence files that a project names by patterns count, there or coming, whoever builds it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from support.builds import lay_tree
from support.mechanisms import MECHANISMS, Mechanism
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply
from trueup.freshness.licences import licence_patterns
from trueup.freshness.verdict import Fresh, Stale

_BUILT_BY = ("flit", "setuptools-src", "hatchling", "pdm", "poetry", "uv-build")
_ALL = [one if one == "flit" else pytest.param(one, marks=pytest.mark.slow) for one in _BUILT_BY]


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
@pytest.mark.parametrize("name", _ALL)
def test_a_new_file_that_a_pattern_of_licences_names_is_noticed(
    name: str, editable: bool, tmp_path: Path, supply: Supply
) -> None:
    files = dict(MECHANISMS[name].files)
    named = 'license-files = ["LICENSE", "legal/*.txt", "terms*"]\n'
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        'readme = "README.md"\n', f'readme = "README.md"\n{named}'
    )
    files |= {"legal/one.txt": "one\n", "terms1": "terms\n"}
    with closing(Bench(tmp_path / "demo", Mechanism(files), supply, editable=editable)) as bench:
        assert bench.judge(Situation()) == Fresh()
        lay_tree(bench.tree, {"legal/unnamed.dat": "", "docs/two.txt": ""})
        assert bench.judge(Situation()) == Fresh()
        assert bench.truth(Situation())
        for path in ("legal/two.txt", "terms2"):
            lay_tree(bench.tree, {path: "two\n"})
            assert isinstance(bench.judge(Situation()), Stale), path
            assert not bench.truth(Situation())
            (bench.tree / path).unlink()
            assert bench.judge(Situation()) == Fresh()


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("LICENSE", set()),
        ("terms*", {(".", "terms*")}),
        ("legal/*.txt", {(".", "legal"), ("legal", "*.txt")}),
        ("*/LICENSE", {(".", "*"), ("legal", "LICENSE"), ("vendor", "LICENSE")}),
        (
            "vendor/**/COPYING",
            {(".", "vendor"), ("vendor", "*"), ("vendor", "COPYING")}
            | {("vendor/deep", "*"), ("vendor/deep", "COPYING")},
        ),
    ],
)
def test_folders_are_those_that_a_pattern_leads_through(
    pattern: str, found: set[tuple[str, str]], tmp_path: Path
) -> None:
    lay_tree(tmp_path, {"legal/a.txt": "", "vendor/deep/COPYING": ""})
    content = f"[project]\nlicense-files = ['{pattern}']\n".encode()
    assert set(licence_patterns(str(tmp_path), content)) == found
