"""Requirements that mean the same compare equal, those that do not compare unequal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueup.freshness.editables.requirement_text import canonical_requirement, with_extra

SAME = [
    ("iniconfig (>=1)", "iniconfig>=1"),
    ("Foo_Bar[b,a]>=1,<2", "foo-bar[A, B] <2, >=1"),
    ("a ; extra == 'x'", 'a; extra=="x"'),
    ("a ; (os_name == 'nt') and extra == 'x'", "a; os_name=='nt' and extra=='x'"),
    ("a; os_name=='nt' or sys_platform=='x'", "a; (sys_platform == 'x' or os_name == 'nt')"),
    ("a; python_version >= '3.8'", "a; python_full_version >= '3.8'"),
    ("a; python_version > '3.8'", "a; python_full_version >= '3.9'"),
    (
        "a @ https://example.org/a.whl ; os_name=='nt'",
        "a@ https://example.org/a.whl ; os_name == 'nt'",
    ),
    ("a; platform_machine not  in 'x y'", "a; platform_machine not in 'x y'"),
]
OTHER = [
    ("a>=1", "a>=2"),
    ("a[x]", "a[y]"),
    (
        "a; os_name=='nt' and (extra=='x' or extra=='y')",
        "a; os_name=='nt' and extra=='x' or extra=='y'",
    ),
    ("a; os_name=='nt'", "a; os_name!='nt'"),
    ("a; os_name=='nt'", "a"),
    ("a @ https://example.org/a.whl", "a @ https://example.org/b.whl"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_another_spelling_of_a_requirement_is_the_same(one: str, other: str) -> None:
    assert canonical_requirement(one) == canonical_requirement(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_requirement_is_another(one: str, other: str) -> None:
    assert canonical_requirement(one) != canonical_requirement(other)


ATOMS = st.sampled_from(
    ["os_name == 'nt'", "python_version < '3.9'", "extra == 'x'", "sys_platform != 'a'"]
)
MARKERS = st.recursive(
    ATOMS,
    lambda inner: st.builds(
        lambda left, word, right: f"({left}) {word} ({right})",
        inner,
        st.sampled_from(["and", "or"]),
        inner,
    ),
    max_leaves=6,
)


@given(MARKERS)
def test_the_one_spelling_of_a_marker_is_its_own(marker: str) -> None:
    once = canonical_requirement(f"a; {marker}")
    assert canonical_requirement(once) == once


@given(MARKERS, MARKERS)
def test_the_order_of_conditions_does_not_count(left: str, right: str) -> None:
    for word in ("and", "or"):
        one = canonical_requirement(f"a; ({left}) {word} ({right})")
        assert one == canonical_requirement(f"a; ({right}) {word} ({left})")


@given(st.text())
def test_nothing_that_may_stand_in_a_file_breaks_it(text: str) -> None:
    assert isinstance(canonical_requirement(text), str)
    assert isinstance(canonical_requirement(f"a; {text}"), str)


def test_a_requirement_of_an_extra_has_its_condition() -> None:
    assert with_extra("a>=1; os_name == 'nt'", "x") == "a>=1 ; (os_name == 'nt') and extra == \"x\""
