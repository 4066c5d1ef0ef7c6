"""A hook's process ends sooner than its Python would, and leaves nothing undone for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="only on Linux")

CODE = """
import os, sys
from trueup.acquisition.ending import leave
class Last:
    def __del__(self, write=os.write):
        write(2, b"taken down")
kept = Last()
{before}
leave({spared})
"""


def _said(tmp_path: Path, before: str, spared: str = "-1") -> tuple[str, bool]:
    """Return what was printed, and whether the interpreter was taken down."""
    code = CODE.format(before=before, spared=spared)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.stdout, "taken down" in done.stderr


def test_the_interpreter_is_not_taken_down_where_nobody_could_tell(tmp_path: Path) -> None:
    assert _said(tmp_path, "print('built')") == ("built\n", False)


def test_what_was_registered_for_the_end_is_done_once(tmp_path: Path) -> None:
    before = "import atexit; atexit.register(print, 'asked for')"
    assert _said(tmp_path, before) == ("asked for\n", False)


def test_a_folder_that_is_to_go_at_the_end_goes(tmp_path: Path) -> None:
    (tmp_path / "for_a_while").mkdir()
    before = "import tempfile; one = tempfile.TemporaryDirectory(dir='for_a_while'); print(one)"
    said, taken_down = _said(tmp_path, before)
    assert "for_a_while" in said
    assert not taken_down
    assert not list((tmp_path / "for_a_while").iterdir())


def test_what_was_written_and_not_flushed_is_not_lost(tmp_path: Path) -> None:
    before = "stream = open('made.txt', 'w'); stream.write('made')"
    assert _said(tmp_path, before) == ("", True)
    assert (tmp_path / "made.txt").read_text() == "made"


def test_a_file_that_nothing_is_written_to_may_stay_open(tmp_path: Path) -> None:
    before = "stream = open('stack.txt', 'w'); other = open(__import__('os').devnull)"
    assert _said(tmp_path, before, "stream.fileno()") == ("", False)


@pytest.mark.parametrize(
    "before",
    [
        "import threading; threading.Thread(target=__import__('time').sleep, args=(0.3,)).start()",
        "sys.setprofile(lambda *_: None)",
        "sys.stdout.close()",
    ],
)
def test_in_doubt_the_interpreter_ends_itself(tmp_path: Path, before: str) -> None:
    assert _said(tmp_path, before) == ("", True)
