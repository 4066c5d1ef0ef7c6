"""What every test stands on: a store of its own, and no settings of the person who runs it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, and nothing about the code: the first
# one on a new machine also makes hypothesis' tables of characters.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

# A shell starts what it puts in the background with SIGINT ignored, and that is inherited: there no
# test that interrupts something could end. With a handler, those that are started get the default.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing is compiled in the background, but where that is tested itself.
os.environ["TRUEUP_BACKGROUND"] = "0"

# Nor does virtualenv ask an index whether its pip is old: the program it leaves behind for that
# writes into its home, which a test has removed by then (`periodic_update.trigger_update`).
os.environ["VIRTUALENV_NO_PERIODIC_UPDATE"] = "1"

# What would change an answer: for fixtures of a module, too, which come before those of a test.
for _name in (
    "PIP_FIND_LINKS",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
    "TOX_OVERRIDE",
    "VIRTUAL_ENV",
):
    os.environ.pop(_name, None)


@pytest.fixture(autouse=True)
def store_root(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an empty store."""
    root = tmp_path_factory.mktemp("store")
    monkeypatch.setenv("TRUEUP_CACHE_DIR", str(root))
    return root
