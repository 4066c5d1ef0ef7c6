"""What downloading needs is made ready while a resolver is asked, and only then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from trueup.api.foresight import foresight
from trueup.api.workshop import WorkshopOptions, open_workshop

_READY = """
import sys
from trueup.api.foresight import foresight
from trueup.api.workshop import open_workshop
with open_workshop() as workshop:
    before = "requests" in sys.modules
    foresight(workshop)()
    print(before, "requests" in sys.modules, "trueup.acquisition.wheel_download" in sys.modules)
"""


def test_what_downloading_needs_is_there_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUEUP_CACHE_DIR", str(tmp_path / "store"))
    done = subprocess.run(
        [sys.executable, "-c", _READY], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "True", "True"]


def test_nothing_is_made_ready_where_no_network_is_to_be_touched(tmp_path: Path) -> None:
    options = WorkshopOptions(offline=True, cache=str(tmp_path / "store"))
    with open_workshop(options=options) as workshop:
        assert foresight(workshop) is None


def test_certificates_that_cannot_be_read_are_left_for_the_download_to_tell(tmp_path: Path) -> None:
    options = WorkshopOptions(cache=str(tmp_path / "store"))
    network = {"ca_file": str(tmp_path / "missing.pem")}
    with open_workshop(options=options, network=network) as workshop:
        ready = foresight(workshop)
        assert ready is not None
        ready()
