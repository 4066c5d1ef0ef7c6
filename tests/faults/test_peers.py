"""The table of docs/reliability.md comes from one program for trueup, uv and pip.

`python tests/support/peer_table.py` makes the whole of it; here it is seen to work.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.peer_table import play, summary

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the drivers know POSIX")

_TABLE = Path(__file__).resolve().parents[1] / "support" / "peer_table.py"


@pytest.mark.parametrize(("way", "every"), [("wheels", 60), ("sources", 25)])
def test_what_is_bad_is_refused_by_the_program_that_judges_all(way: str, every: int) -> None:
    ends = summary(way, play(way, "trueup", 1, every))
    assert ends.keys() == {"refused"}
    assert ends["refused"] >= 3


@pytest.mark.slow
def test_the_table_has_every_row_for_every_tool() -> None:
    told = subprocess.run(
        [sys.executable, str(_TABLE), "--tries", "6", "--every", "20"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert [line.split()[1] for line in told] == ["trueup", "uv", "pip"] * 6
