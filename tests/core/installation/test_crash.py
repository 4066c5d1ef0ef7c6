"""Transactions ended anywhere: after one recovery all is old or new, and nothing is left."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.driving import run_driver

from .conftest import Parts

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the driver forks")

Drive = Callable[..., dict[str, Any]]


@pytest.fixture
def drive(tmp_path: Path, parts: Parts) -> Drive:
    """Give a function that breaks a change in some way and returns what the driver tells."""

    def run(change: str, way: str, **options: Any) -> dict[str, Any]:
        spec = {
            **_changes(parts)[change],
            "store": parts.store.root,
            "root": str(tmp_path / "env"),
            "way": way,
            "seed": 7,
            **options,
        }
        return run_driver("crash_driver", spec, tmp_path)

    return run


def _changes(parts: Parts) -> dict[str, dict[str, Any]]:
    """Return changes by name: packs that are there, packs that come, names that go."""
    old, new = ([pack.digest for pack in packs] for packs in (parts.old, parts.new))
    names = [pack.name for pack in parts.old]
    return {
        "install": {"old": [], "come": old, "go": []},
        "upgrade": {"old": old[:27], "come": [*new[:14], *old[27:]], "go": names[20:23]},
        "uninstall": {"old": old, "come": [], "go": names},
        "small install": {"old": [], "come": old[:2], "go": []},
        "small upgrade": {"old": old[:3], "come": new[:2], "go": names[2:3]},
        # A directory where a file has to go can be neither replaced nor entered. Before that, a
        # file of somebody else has to give way.
        "refused upgrade": {
            "old": old[:3],
            "come": [new[2], new[0]],
            "go": [],
            "in_the_way": {"share/part00/only-2": "somebody's\n", "bin/part00-2": None},
            "refused": "old",
        },
    }


@pytest.mark.parametrize(("change", "tries"), [("install", 30), ("upgrade", 40), ("uninstall", 30)])
def test_killed_between_two_calls_each_distribution_is_old_or_new(
    drive: Drive, change: str, tries: int
) -> None:
    answer = drive(change, "calls", tries=tries)
    assert answer["tried"] >= tries - 2
    assert not answer["broken"]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["install", "upgrade", "uninstall", "refused upgrade"])
def test_killed_at_each_call_each_distribution_is_old_or_new(drive: Drive, change: str) -> None:
    answer = drive(change, "calls", tries=0)
    assert answer["tried"] > 100
    assert not answer["broken"]


@pytest.mark.parametrize(
    ("change", "tries"), [("small install", 0), ("small upgrade", 90), ("refused upgrade", 70)]
)
def test_killed_anywhere_in_a_small_change_it_is_old_or_new(
    drive: Drive, change: str, tries: int
) -> None:
    answer = drive(change, "calls", tries=tries)
    assert answer["tried"] > 60
    assert not answer["broken"]


@pytest.mark.parametrize("change", ["install", "upgrade", "uninstall"])
def test_killed_at_random_moments_each_distribution_is_old_or_new(
    drive: Drive, change: str
) -> None:
    answer = drive(change, "times", tries=12)
    assert answer["tried"] == 12
    assert not answer["broken"]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["install", "upgrade", "uninstall"])
def test_killed_at_many_random_moments_each_distribution_is_old_or_new(
    drive: Drive, change: str
) -> None:
    answer = drive(change, "times", tries=340)
    assert not answer["broken"]


@pytest.mark.parametrize("change", ["small upgrade", "refused upgrade"])
def test_killed_in_recovery_too_the_next_recovery_ends_it(drive: Drive, change: str) -> None:
    answer = drive(change, "recovery", tries=12, second=5)
    assert answer["tried"] > 20
    assert not answer["broken"]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["small upgrade", "refused upgrade"])
def test_killed_at_each_call_and_in_recovery_the_next_ends_it(drive: Drive, change: str) -> None:
    answer = drive(change, "recovery", tries=0, second=8)
    assert answer["tried"] > 200
    assert not answer["broken"]


@pytest.mark.parametrize(("change", "tries"), [("upgrade", 25), ("small upgrade", 60)])
def test_after_ctrl_c_at_any_call_there_is_nothing_to_recover_from(
    drive: Drive, change: str, tries: int
) -> None:
    answer = drive(change, "interrupts", tries=tries)
    assert answer["tried"] > 20
    assert not answer["broken"]
