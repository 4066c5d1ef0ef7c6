"""What builds need, opened once for the tests of a module."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from support.truth import opened_supply
from trueup.acquisition.supply import Supply
from trueup.destination.facts import interpreter_facts


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supply]:
    """Yield where builds come from, for this interpreter, with a cache that is empty at first."""
    with opened_supply(
        tmp_path_factory.mktemp("cache"), interpreter_facts(sys.executable)
    ) as opened:
        yield opened
