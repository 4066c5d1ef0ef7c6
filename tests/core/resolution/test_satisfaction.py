"""What is installed answers a request exactly when pip would say so, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.resolving import item, request, this_python
from trueup.destination.installed import InstalledDistribution
from trueup.resolution.conflicts import closure, find_conflicts
from trueup.resolution.request import LocalProject, Request
from trueup.resolution.satisfaction import Unmet, find_unmet

World = Mapping[str, tuple[str, tuple[str, ...]]]
"""Name to version and requirements."""


def _installed(world: World) -> dict[str, InstalledDistribution]:
    return {
        name: InstalledDistribution(name, version, f"/{name}.dist-info", "dist-info", "")
        for name, (version, _) in world.items()
    }


def _unmet(asked: Request, world: World, **markers: str) -> Unmet | None:
    def requires(one: InstalledDistribution) -> list[Requirement]:
        return [Requirement(text) for text in world[one.name][1]]

    return find_unmet(asked, _installed(world), requires, {**this_python().markers, **markers})


def _answers(asked: Request, world: World) -> bool:
    return _unmet(asked, world) is None


WORLD: World = {
    "top": ("1.0", ("middle>=1", "never; python_version < '3'", "extra-one; extra == 'one'")),
    "middle": ("1.5", ("bottom",)),
    "bottom": ("2.0rc1", ()),
    "odd": ("not-a-version", ()),
}


@pytest.mark.parametrize(
    "text",
    [
        "top", "Top", "top==1", "top>=1,<2", "top; python_version < '3'", "nothing; extra == 'x'",
        "bottom>=1", "bottom==2.0rc1", "middle~=1.2", "top==1.*", "top===1.0",
    ],
)  # fmt: skip
def test_what_is_met_is_met(text: str) -> None:
    assert _answers(request(text), WORLD)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("missing", "not installed"),
        ("top>1", "1.0 is installed"),
        ("top[one]", "not installed"),
        ("bottom>=2", "2.0rc1 is installed"),
        ("odd", "not-a-version is no version"),
        ("top @ https://host.invalid/top.zip", "only its content tells what it is"),
        ("https://host.invalid/top.zip", "only its content tells what it is"),
    ],
)
def test_what_is_not_met_says_why(text: str, reason: str) -> None:
    unmet = _unmet(request(text), WORLD)
    assert unmet is not None
    assert unmet.reason == reason


def test_a_dependency_that_is_not_met_counts_unless_dependencies_do_not() -> None:
    world = {**WORLD, "bottom": ("0.1", ("gone",))}
    assert _unmet(request("top"), world) == Unmet("gone", "not installed")
    assert _answers(request("top", dependencies=False), world)


def test_a_dependency_by_address_is_nobodys_to_judge() -> None:
    world: World = {"a": ("1", ("b @ https://host.invalid/b.zip",)), "b": ("1", ())}
    unmet = _unmet(request("a"), world)
    assert unmet is not None
    assert unmet.reason == "asked for by address"


def test_constraints_count_for_dependencies_and_for_nothing_that_is_not_needed() -> None:
    assert not _answers(request("top", constraints=(item("bottom<1"),)), WORLD)
    assert not _answers(request("top", constraints=(item("middle @ file:///m.whl"),)), WORLD)
    assert _answers(request("top", constraints=(item("elsewhere<1"),)), WORLD)
    assert _answers(request("top", constraints=(item("bottom<1; python_version<'3'"),)), WORLD)


@pytest.mark.parametrize(
    "more",
    [
        {"upgrade": True},
        {"upgrade_packages": frozenset({"other"})},
        {"lock": "/pylock.toml"},
        {"require_hashes": True},
        {"strategy": "lowest"},
        {"items": (item("top", "0" * 64),)},
    ],
)
def test_what_metadata_cannot_tell_is_not_answered_from_metadata(more: dict[str, Any]) -> None:
    assert not _answers(replace(request("top"), **more), WORLD)


def test_local_projects_are_not_looked_at() -> None:
    assert _answers(request("top", projects=(LocalProject("/tree"),)), WORLD)


def test_circles_and_extras_of_oneself_come_to_an_end() -> None:
    world: World = {
        "a": ("1", ("b", "a[x]; extra == 'all'", "c; extra == 'x'")),
        "b": ("1", ("a",)),
        "c": ("1", ("a[all]",)),
    }
    assert _answers(request("a[all]"), world)
    assert not _answers(request("a[all]"), {name: world[name] for name in ("a", "b")})
    assert _answers(request("a"), {name: world[name] for name in ("a", "b")})


NAMES = st.sampled_from(["a", "b", "c", "d"])
VERSIONS = st.sampled_from(["0.9", "1.0", "1.0rc1", "1.5", "2.0.dev1", "2.0", "3!1"])
LIMITS = st.sampled_from(["", ">=1", "<2", "==1.0", "!=1.5", "~=1.0", ">1.0,<2", ">=2.0.dev0"])
MARKERS = st.sampled_from(["", "; python_version > '3'", "; python_version < '3'"])
OPTIONAL = st.sampled_from(["", "[x]", "[y]", "[x,y]"])
CONDITIONS = st.one_of(MARKERS, st.sampled_from(["; extra == 'x'", "; extra == 'Y'"]))
ASKED = st.builds("{}{}{}{}".format, NAMES, OPTIONAL, LIMITS, MARKERS)
NEEDED = st.builds("{}{}{}{}".format, NAMES, OPTIONAL, LIMITS, CONDITIONS)
WORLDS = st.dictionaries(NAMES, st.tuples(VERSIONS, st.lists(NEEDED, max_size=3).map(tuple)))


def _naive(asked: list[str], world: World) -> bool:
    """Pip's rule, worked out by growing the set of what is wanted until it grows no more."""
    markers = this_python().markers
    wanted: set[tuple[str, str, str]] = set()  # name, extra, specifier

    def add(text: str, extra: str) -> None:
        one = Requirement(text)
        if one.marker is None or one.marker.evaluate({**markers, "extra": extra}):
            for each in ("", *one.extras):
                wanted.add((canonicalize_name(one.name), each, str(one.specifier)))

    for text in asked:
        add(text, "")
    size = -1
    while size != len(wanted):
        size = len(wanted)
        for name, extra, _ in list(wanted):
            for text in world.get(name, ("", ()))[1]:
                add(text, extra)
    return all(
        name in world
        and Requirement(name + limit).specifier.contains(world[name][0], prereleases=True)
        for name, _, limit in wanted
    )


@given(st.lists(ASKED, max_size=3), WORLDS)
def test_met_is_what_pip_calls_met(asked: list[str], world: World) -> None:
    assert _answers(request(*asked), world) == _naive(asked, world)


@given(WORLDS)
def test_there_is_a_conflict_exactly_where_an_installed_one_asks_in_vain(world: World) -> None:
    def requires(one: InstalledDistribution) -> list[Requirement]:
        return [Requirement(text) for text in world[one.name][1]]

    found = find_conflicts(_installed(world), requires, this_python().markers)
    told = {(one.name, one.needed, one.found) for one in found}
    expected = set()
    for name, (_, needs) in world.items():
        for text in needs:
            asked = Requirement(text)
            if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
                continue
            there = world.get(asked.name, ("", ()))[0]
            if not there or not asked.specifier.contains(there, prereleases=True):
                expected.add((name, asked.name, there))
    assert told == expected


def test_conflicts_can_be_asked_of_some_and_about_some() -> None:
    world: World = {"a": ("1", ("c>1", "gone")), "b": ("1", ("c>2",)), "c": ("1", ())}

    def requires(one: InstalledDistribution) -> list[Requirement]:
        return [Requirement(text) for text in world[one.name][1]]

    def told(**limits: set[str]) -> list[str]:
        markers = this_python().markers
        return [str(one) for one in find_conflicts(_installed(world), requires, markers, **limits)]

    a = ["a 1 needs c>1, and c 1 is installed", "a 1 needs gone, and it is not installed"]
    b = ["b 1 needs c>2, and c 1 is installed"]
    assert told() == a + b
    assert told(of={"b"}) == b
    assert told(about={"c"}) == a[:1] + b
    assert closure("a", _installed(world), requires, this_python().markers) == {"a", "c"}
    assert closure("gone", _installed(world), requires, this_python().markers) == frozenset()
