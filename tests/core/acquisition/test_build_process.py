"""One hook in a process of its own: who waits is told what for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from trueup.acquisition.build_process import HookRunner
from trueup.reporting import Event

# A hook that makes no sound until it is let go, and then answers as `pyproject_hooks` expects.
_SILENT_HOOK = """
import json, os, sys, time
hook, folder = sys.argv[1:]
while not os.path.exists(os.path.join(folder, "go")):
    time.sleep(0.01)
with open(os.path.join(folder, "output.json"), "w") as file:
    json.dump({"return_val": hook}, file)
"""


def test_a_hook_that_says_nothing_is_told_of_by_name(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(_SILENT_HOOK)
    told: list[Event] = []

    def listen(event: Event, /) -> None:
        told.append(event)
        (tmp_path / "go").touch()  # without a word from the runner, the hook would never end

    runner = HookRunner(
        launcher=(),
        log=str(tmp_path / "log"),
        subject="demo 1.0",
        timeout=120,
        reporter=listen,
        patience=0.1,
    )
    runner.environment = os.environ
    runner([sys.executable, str(script), "build_wheel", str(tmp_path)], cwd=str(tmp_path))
    assert told[0].kind == "waiting"
    assert told[0].message.startswith("demo 1.0: build_wheel is running since ")
    assert runner.seconds["build_wheel"] > 0
