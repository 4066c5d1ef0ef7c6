"""What a verdict stands on: whatever could change the verdict changes a look of the footing."""

from __future__ import annotations

import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

import pytest
from trueup.freshness.fingerprint import Circumstances, Fingerprint, ListingMark, ListingRule
from trueup.freshness.footing import footing_of
from trueup.freshness.outcome import Fresh
from trueup.freshness.sight import Sight
from trueup.freshness.variables import digest_variables, names_that_matter
from trueup.freshness.verdict import judge

LONG_AGO = 1_500_000_000
RULES = [rule for rule in get_args(ListingRule) if rule != "matching"]
PLACES = [
    "pkg/module.py",
    "pkg/data/module.py",
    "pkg/data/__init__.py",
    "pkg/data/deep/module.py",
    "pkg/data/deep/deeper/module.py",
    "pkg/data/node_modules/module.py",
]


def _lay(tree: Path) -> None:
    for folder in ("pkg/data/deep/deeper", "pkg/data/node_modules"):
        (tree / folder).mkdir(parents=True)
    (tree / "pkg" / "__init__.py").touch()


def _age(tree: Path) -> None:
    """Let no folder be young; ctime cannot be set, so the fingerprint is of the future instead."""
    for path in [*tree.rglob("*"), tree]:
        os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("rule", RULES)
def test_what_makes_a_listing_stale_shows_to_a_verdict_and_to_a_glance(
    tmp_path: Path, rule: ListingRule, place: str
) -> None:
    _lay(tmp_path)
    _age(tmp_path)
    sight = Sight(str(tmp_path), {})
    names = sight.names("pkg", rule, ())
    assert names is not None
    here = os.stat(tmp_path / "pkg")
    mark = ListingMark("pkg", rule, here.st_mtime_ns, here.st_ctime_ns, here.st_ino, names)
    circumstances = Circumstances(str(tmp_path), editable=False)
    one = Fingerprint(circumstances, "", here.st_ctime_ns + 10_000_000_000, listings=(mark,))
    assert judge(one, circumstances, sight) == Fresh()
    looks = dict(_marks(one, tmp_path))
    (tmp_path / place).touch()
    stale = sight.names("pkg", rule, ()) != names
    assert (judge(one, circumstances, sight) != Fresh()) == stale
    if stale:
        assert dict(_marks(one, tmp_path)) != looks


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
@pytest.mark.parametrize("rule", RULES)
def test_links_in_circles_end(tmp_path: Path, rule: ListingRule) -> None:
    data = tmp_path / "pkg" / "data"
    data.mkdir(parents=True)
    for name in ("one", "two", "three"):
        (data / name).symlink_to(data)
    _age(tmp_path)
    names = Sight(str(tmp_path), {}).names("pkg", rule, ())
    assert names is not None
    mark = ListingMark("pkg", rule, 0, 0, 0, names)
    one = Fingerprint(Circumstances(str(tmp_path), editable=False), "", 1, listings=(mark,))
    assert len(_marks(one, tmp_path)) < 20


def _marks(one: Fingerprint, tree: Path) -> tuple[tuple[str, object], ...]:
    """Return the looks, as soon as they are old enough to prove anything."""
    while (footing := footing_of(one, Sight(str(tree), {}), {})) is None:
        pass
    return footing.marks


def test_where_compilers_ran_no_variable_of_theirs_may_come(tmp_path: Path) -> None:
    asked = dict.fromkeys(names_that_matter((), compiled=True), "")
    one = Fingerprint(Circumstances(str(tmp_path), editable=False), "", 0, variables=asked)
    for name in ("CFLAGS", "CARGO_BUILD_TARGET", "CMAKE_ARGS", "MATURIN_PEP517_ARGS", "MESONFLAGS"):
        found = digest_variables(asked, {name: "1"}, "")
        assert found[name]
        footing = footing_of(one, Sight(str(tmp_path), {}), {})
        assert footing is not None
        assert any(fnmatchcase(name, each) for each in footing.unset)
