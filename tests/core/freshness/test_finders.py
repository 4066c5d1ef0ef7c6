"""What setuptools' finders take for a package, held against these finders themselves."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from setuptools import discovery  # type: ignore[import-untyped]  # its stubs say less than it does
from support.builds import lay_tree
from support.mechanisms import MECHANISMS, Mechanism
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply
from trueup.freshness.finders import could_be_package
from trueup.freshness.verdict import Fresh, Stale

_KINDS: dict[str, Any] = {
    "regular": discovery.PackageFinder,
    "namespace": discovery.PEP420PackageFinder,
    "flat": discovery.FlatLayoutPackageFinder,
}
_NAMES = ["demo", "dist", "build", "docs", "a-b", "x.y", "types-stubs", "_own", "demo_more"]
_PATTERNS = ["*", "demo*", "demo", "demo.*", "dist*", "build", "build.*", "[a-d]*", "?emo.sub"]
_patterns = st.lists(st.sampled_from(_PATTERNS), max_size=3, unique=True)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tree")
    for name in _NAMES:
        for path in (f"{name}/sub/__init__.py", f"{name}/data.txt"):
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).touch()
    for name in ("demo", "x.y", "a-b", "dist"):
        (top / name / "__init__.py").touch()
    return top


@given(kind=st.sampled_from(sorted(_KINDS)), left_out=_patterns, taken=_patterns)
def test_no_folder_that_a_finder_takes_is_left_out(
    kind: str, left_out: list[str], taken: list[str], folders: Path
) -> None:
    finder = _KINDS[kind]
    included = taken or ["*"]
    found = finder.find(str(folders), exclude=left_out, include=included)
    said = left_out or finder.DEFAULT_EXCLUDE
    patterns = [kind, *(f"-{one}" for one in said), *(f"+{one}" for one in included)]
    with os.scandir(folders) as items:
        could_be = {item.name for item in items if could_be_package(item, "/".join(patterns))}
    assert {name.partition(".")[0] for name in found} <= could_be


@pytest.mark.parametrize(
    ("finder", "names"),
    [
        ("regular", {"a-b", "demo", "dist"}),
        ("namespace", set(_NAMES) - {"x.y"}),
        ("flat", set(_NAMES) - {"x.y", "a-b"}),
        ("flat/-build/-build.*/-docs", set(_NAMES) - {"x.y", "a-b", "build"}),
        ("namespace/+demo*/+dist.sub", {"demo", "dist", "demo_more"}),
    ],
)
def test_what_a_finder_cannot_take_is_left_out(finder: str, names: set[str], folders: Path) -> None:
    with os.scandir(folders) as items:
        assert {item.name for item in items if could_be_package(item, finder)} == names


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_a_folder_called_like_results_is_a_package_where_all_folders_are(
    editable: bool, tmp_path: Path, supply: Supply
) -> None:
    files = dict(MECHANISMS["setuptools-auto"].files)
    files["pyproject.toml"] += '[tool.setuptools.packages.find]\nwhere = ["."]\n'
    project = Mechanism(files, "demo")
    with closing(Bench(tmp_path / "demo", project, supply, editable=editable)) as bench:
        for path in ("build/more.py", "target/more.txt"):
            lay_tree(bench.tree, {path: "VALUE = 1\n"})
            assert isinstance(bench.judge(Situation()), Stale), path
            assert not bench.truth(Situation()), path
            bench.restore()
            assert bench.judge(Situation()) == Fresh()


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_a_package_may_come_into_a_folder_that_is_left_out_by_its_name_alone(
    editable: bool, tmp_path: Path, supply: Supply
) -> None:
    files = dict(MECHANISMS["setuptools-auto"].files)
    find = '[tool.setuptools.packages.find]\nexclude = ["docs*", "tests"]\n'
    files["pyproject.toml"] += find
    with closing(
        Bench(tmp_path / "demo", Mechanism(files, "demo"), supply, editable=editable)
    ) as bench:
        lay_tree(bench.tree, {"tests/test_more.py": "", "docs/more/__init__.py": ""})
        assert bench.judge(Situation()) == Fresh()
        assert bench.truth(Situation())
        lay_tree(bench.tree, {"tests/sub/more.py": "VALUE = 1\n"})
        assert isinstance(bench.judge(Situation()), Stale)
        assert not bench.truth(Situation())


def test_a_folder_that_no_finder_takes_is_no_reason_to_build(
    tmp_path: Path, supply: Supply
) -> None:
    files = dict(MECHANISMS["setuptools-auto"].files)
    with closing(Bench(tmp_path / "demo", Mechanism(files, "demo"), supply, editable=False)) as one:
        lay_tree(one.tree, {"build/more.py": "", "dist/demo.whl": "", "more-data/more.py": ""})
        assert one.judge(Situation()) == Fresh()
        assert one.truth(Situation())
        lay_tree(one.tree, {"more_data/more.txt": ""})
        assert isinstance(one.judge(Situation()), Stale)
