from __future__ import annotations

import pytest
from trueup.freshness.build_requirements import asked_anew, unmet, without_lower_bounds


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a>=1", True),
        ("a>=1", "a>2", True),
        ("a>=1,<3", "a<3", True),
        ("a<3", "a<4", False),
        ("a", "a<4", False),
        ("a", "a!=2", False),
        ("a", "a==2", False),
        ("a", "a~=2.0", False),
        ("a", "b", False),
        ("a", "a[x]>=1", False),
        ("a", "a>=1.0a1", False),  # it lets in pre-releases
        ("a", 'a>=1; python_version > "3"', False),
        ("a", "a @ https://example.invalid/a.whl", False),
    ],
)
def test_only_lower_bounds_do_not_decide_which_version_is_chosen(
    one: str, other: str, same: bool
) -> None:
    assert (without_lower_bounds([one]) == without_lower_bounds([other])) is same


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Back_End>=1.5", True),
        ("back-end>2", False),
        ("back-end>=3", False),
        ("other>=1", False),
        ("back-end", True),
    ],
)
def test_a_bound_is_kept_by_what_the_build_environment_held(text: str, kept: bool) -> None:
    assert list(unmet([text], ["back-end 2.0"])) == ([] if kept else [text])


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        (["setuptools"], ["setuptools>=61,<100"], True),
        (["setuptools"], ["Setuptools!=70"], True),
        (["setuptools"], ["setuptools==75.0"], True),
        (["setuptools"], ["setuptools==74.0"], False),
        (["setuptools"], ["setuptools<75"], False),
        (["setuptools<76"], ["setuptools<77"], False),  # it lets in more
        (["setuptools!=75.1"], ["setuptools"], False),
        (["setuptools>=40"], ["setuptools"], True),
        (["setuptools", "wheel"], ["wheel", "setuptools"], True),
        (["setuptools"], ["setuptools", "wheel"], True),
        (["setuptools"], ["setuptools", "wheel>=0.46"], False),
        (["setuptools"], ["setuptools", "wheel[test]"], False),
        (["setuptools"], ["setuptools[core]"], False),
        (["setuptools"], ["setuptools", "six"], False),
        (["setuptools", "wheel"], ["setuptools"], False),  # something else may bring it, or not
        (["setuptools"], ["setuptools>=75.0a1"], False),
        (["setuptools"], ["setuptools; python_version > '3'"], False),
        (["setuptools; python_version > '3'"], ["setuptools; python_version > '3'"], True),
    ],
)
def test_other_words_for_what_was_there_ask_for_nothing_new(
    before: list[str], now: list[str], same: bool
) -> None:
    held = ["setuptools 75.0", "wheel 0.45.1"]
    assert ([*asked_anew(before, now, held), *unmet(now, held)] == []) is same


def test_to_name_what_comes_along_counts_where_somebody_looks_at_the_names() -> None:
    held = ["setuptools 75.0", "setuptools-scm 9.0", "wheel 0.45.1"]
    assert list(asked_anew(["setuptools"], ["setuptools", "wheel"], held)) == ["wheel"]
