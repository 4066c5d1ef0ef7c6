"""Running a resolver's program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trueup.errors import ResolutionError
from trueup.resolution.program import run


def test_what_a_program_says_is_kept_without_credentials() -> None:
    text = "import sys; print(sys.argv[1]); sys.stderr.write(sys.argv[1]); sys.exit(3)"
    url = "https://alice:hunter2@x.invalid/"
    outcome = run((sys.executable, "-c", text, f"{url} \u00e9 \udcff"), os.environ)
    assert outcome.status in {1, 3}
    assert "hunter2" not in outcome.output + outcome.errors


def test_an_interrupt_ends_the_program_too(tmp_path: Path) -> None:
    note, script = tmp_path / "pid", tmp_path / "program"
    tell = f'echo $$ > "{note}.part" && mv "{note}.part" "{note}"'
    # The child's child holds the output open, as a build backend that uv started would.
    other = tmp_path / "other"
    script.write_text(f'#!/bin/sh\nsleep 60 &\necho $! > "{other}"\n{tell}\nexec sleep 600\n')
    script.chmod(0o755)
    code = (
        "import os, sys; from trueup.resolution.program import run; run(sys.argv[1:], os.environ)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(script)], stderr=subprocess.PIPE, start_new_session=True
    ) as caller:
        while not note.exists():
            assert caller.poll() is None
            time.sleep(0.01)
        caller.send_signal(signal.SIGINT)
        _, errors = caller.communicate()
    assert b"KeyboardInterrupt" in errors
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
    os.kill(int(other.read_text()), signal.SIGKILL)  # it is still there: nobody waited for it


def test_what_is_done_meanwhile_is_done_while_the_program_runs(tmp_path: Path) -> None:
    done = tmp_path / "done"
    waiting = f"import os, time\nwhile not os.path.exists({str(done)!r}): time.sleep(0.01)"
    outcome = run((sys.executable, "-c", waiting), os.environ, done.touch)
    assert outcome.status == 0


def test_a_program_ends_when_what_is_done_meanwhile_is_interrupted() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run((sys.executable, "-c", "import time; time.sleep(600)"), os.environ, interrupted)


def test_a_program_that_cannot_be_started_is_told_of_whatever_is_done_meanwhile() -> None:
    with pytest.raises(ResolutionError, match="cannot be started"):
        run(("/nowhere/at/all",), os.environ, lambda: None)
