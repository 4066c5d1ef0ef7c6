"""Ranking wheels agrees with packaging's own idea of compatible tags."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from packaging.tags import Tag, create_compatible_tags_selector
from packaging.utils import parse_wheel_filename
from trueup.resolution.wheel_ranking import WheelRanking

PARTS = some.tuples(
    some.sampled_from(["py3", "cp311", "py2.py3", "cp311.cp312"]),
    some.sampled_from(["none", "abi3", "cp311", "abi3.none"]),
    some.sampled_from(["any", "linux_x86_64", "manylinux_2_17_x86_64.linux_x86_64"]),
)
SINGLE = some.tuples(
    some.sampled_from(["py3", "cp311", "py2", "cp312"]),
    some.sampled_from(["none", "abi3", "cp311"]),
    some.sampled_from(["any", "linux_x86_64", "manylinux_2_17_x86_64"]),
)


@given(some.lists(PARTS, max_size=6), some.lists(SINGLE, max_size=8))
def test_the_best_wheel_is_one_that_packaging_ranks_first(
    wheels: list[tuple[str, str, str]], tags: list[tuple[str, str, str]]
) -> None:
    names = [f"beam-1.0-{'-'.join(parts)}.whl" for parts in wheels]
    ranking = WheelRanking(["-".join(parts) for parts in tags])
    selector = create_compatible_tags_selector([Tag(*parts) for parts in tags])
    expected = next(selector((each, parse_wheel_filename(each)[-1]) for each in names), None)
    assert ranking.best(names, str) == expected


@given(some.permutations(["", "1-", "2-", "2a-", "10-"]))
def test_of_equal_tags_the_higher_build_is_better(builds: list[str]) -> None:
    ranking = WheelRanking(["py3-none-any"])
    names = [f"beam-1.0-{build}py3-none-any.whl" for build in builds]
    assert ranking.best(names, str) == "beam-1.0-10-py3-none-any.whl"
    best_of_two = ranking.best([each for each in names if "-10-" not in each], str)
    assert best_of_two == "beam-1.0-2a-py3-none-any.whl"


def test_what_is_no_wheels_name_never_fits() -> None:
    ranking = WheelRanking(["py3-none-any"])
    for name in ("", "beam-1.0.tar.gz", "beam-1.0-py3-none-any.zip", "py3-none-any.whl"):
        assert ranking.rank(name) is None
