"""Bytes that nobody meant: every reader takes them or refuses them, and does nothing else.

`pytest -m slow tests/faults/test_fuzz.py` changes each seed some thousand times; with the
dependency group `fuzz` (atheris), a minute for each reader under coverage as well.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.fuzz_targets import Target, targets

NAMES = ("wheel", "pack", "receipt", "journal", "record", "requirements", "pth")
_DRIVER = Path(__file__).resolve().parents[1] / "support" / "fuzz_driver.py"
_SECONDS = 60

_edits = st.lists(
    st.tuples(
        st.sampled_from(["flip", "insert", "delete", "repeat"]),
        st.integers(0, 1 << 16),
        st.binary(min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Target]:
    """Every reader, by name."""
    return targets(tmp_path_factory.mktemp("readers"))


def edited(seed: bytes, edits: list[tuple[str, int, bytes]]) -> bytes:
    content = bytearray(seed)
    for kind, place, piece in edits:
        at = place % (len(content) + 1)
        end = at + len(piece)
        if kind == "flip":
            content[at:end] = bytes(a ^ b for a, b in zip(content[at:end], piece, strict=False))
        elif kind == "insert":
            content[at:at] = piece
        elif kind == "delete":
            del content[at : at + len(piece) * 8]
        else:
            content[at:at] = content[at : at + 64]
    return bytes(content)


def fuzz(target: Target, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples < 1000,
        suppress_health_check=list(HealthCheck),
    )
    @given(edits=_edits)
    def read(edits: list[tuple[str, int, bytes]]) -> None:
        target.read(edited(target.seed, edits))

    target.read(target.seed)
    read()


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_takes_or_refuses_what_was_changed(
    name: str, readers: Mapping[str, Target]
) -> None:
    fuzz(readers[name], 60)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_reader_takes_or_refuses_what_was_changed_in_thousands_of_ways(
    name: str, readers: Mapping[str, Target]
) -> None:
    fuzz(readers[name], 4000)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_reader_holds_under_coverage(name: str) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: pip install --group fuzz")
    done = subprocess.run(
        [sys.executable, str(_DRIVER), name, str(_SECONDS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
