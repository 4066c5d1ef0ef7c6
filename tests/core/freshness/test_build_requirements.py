from __future__ import annotations

import pytest
from trueup.freshness.build_requirements import unmet, without_lower_bounds


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
