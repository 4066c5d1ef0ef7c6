"""The program ends without taking its interpreter down, unless somebody waits for just that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LATE = """
import sys
sys.argv[1:] = ["--version"]
class Last:
    def __del__(self):
        print("taken down")
kept = Last()
{before}
from trueup.__main__ import program
program()
"""


def _run(tmp_path: Path, before: str) -> str:
    command = [sys.executable, "-c", LATE.format(before=before)]
    variables = {**os.environ, "TRUEUP_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    assert done.stdout.startswith("trueup ")
    return done.stdout


def test_nobody_waits_for_the_end_of_the_interpreter(tmp_path: Path) -> None:
    # Whatever a .pth file of this environment imports must not have asked for its end.
    assert "taken down" not in _run(tmp_path, "import atexit; atexit._clear()")


@pytest.mark.parametrize(
    "before",
    [
        "import atexit; atexit.register(print, 'asked for')",
        "import threading; threading.Thread(target=__import__('time').sleep, args=(0.3,)).start()",
    ],
)
def test_what_was_asked_for_at_the_end_is_done(tmp_path: Path, before: str) -> None:
    told = _run(tmp_path, before)
    assert "taken down" in told
    assert ("asked for" in told) == ("asked for" in before)


@pytest.mark.parametrize("watch", ["settrace", "setprofile"])
def test_whoever_watches_the_program_sees_its_end(watch: str) -> None:
    code = f"""
import atexit, sys
from trueup.__main__ import _is_awaited
atexit._clear()
before = _is_awaited()
sys.{watch}(lambda *_: None)
print(before, _is_awaited())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_the_exit_code_is_that_of_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trueup", "install", "--no-such-option"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "--no-such-option" in done.stderr


def test_ctrl_c_while_source_is_compiled_ends_with_130_too(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import sys\n"
        "from trueup.cli import run\n"
        "class Words(list):\n"
        "    def __getitem__(self, which):\n"
        "        exec('raise KeyboardInterrupt')\n"
        "sys.exit(run(Words()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr.startswith("interrupted")
