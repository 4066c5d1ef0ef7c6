"""Whole commands killed anywhere: the same command, run once more, leaves nothing to wish for.

`pytest -m slow tests/faults/test_killed_commands.py` kills each at many more calls, and at random
moments.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from support.driving import run_driver
from support.housing import make_set

from faults.test_power_cut import hashed

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the driver forks")

PLAYS = ("cold install", "warm install", "upgrade", "uninstall", "recreate", "prune")


def drive(folder: Path, play: str, way: str, tries: int) -> dict[str, Any]:
    house = folder / "house"
    old, new = (make_set(house, generation, range(4)) for generation in (1, 2))
    wishes = {
        key: ["--no-index", "-f", str(house), "-r", str(hashed(folder, wheels, f"{key}.txt"))]
        for key, wheels in (("old", old), ("new", new))
    }
    names = [path.name.split("-")[0] for path in old]
    spec = {"folder": str(folder), "play": play, "way": way, "tries": tries, "seed": 3, **wishes}
    return run_driver("kill_driver", {**spec, "names": names}, folder)


@pytest.mark.parametrize("play", PLAYS)
def test_killed_at_some_calls_the_next_run_ends_it(tmp_path: Path, play: str) -> None:
    answer = drive(tmp_path, play, "calls", 8)
    assert answer["broken"] == []
    assert answer["tried"] >= 8


@pytest.mark.slow
@pytest.mark.parametrize("play", PLAYS)
def test_killed_at_each_of_many_calls_the_next_run_ends_it(tmp_path: Path, play: str) -> None:
    answer = drive(tmp_path, play, "calls", 120)
    print(play, answer["tried"])
    assert answer["broken"] == []


@pytest.mark.slow
@pytest.mark.parametrize("play", PLAYS)
def test_killed_at_random_moments_the_next_run_ends_it(tmp_path: Path, play: str) -> None:
    answer = drive(tmp_path, play, "times", 60)
    print(play, answer["tried"])
    assert answer["broken"] == []
