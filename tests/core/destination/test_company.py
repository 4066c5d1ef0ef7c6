"""Processes that take work off this one, and what becomes of work that they cannot do."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from trueup.destination.company import company, processors

pytestmark = pytest.mark.skipif(
    os.name != "posix" or processors() < 2, reason="one process has to do here"
)


def test_work_is_done_by_another_process() -> None:
    with company(1) as others:
        assert others
        done = others.do(os.getpid)
        assert done is not None
        assert done[0] != os.getpid()
        assert others.do(operator.add, 1, 2) == (3,)


def test_nobody_is_started_where_there_is_no_work() -> None:
    with company(0) as others:
        assert not others
        assert others.do(operator.add, 1, 2) is None


def test_what_fails_is_left_to_whoever_asked() -> None:
    with company(1) as others:
        assert others.do(operator.truediv, 1, 0) is None
        assert others.do(operator.add, 1, 2) == (3,)


def test_what_is_printed_is_no_answer() -> None:
    with company(1) as others:
        assert others.do(os.write, 1, b"nonsense") == (8,)
        assert others.do(operator.add, 1, 2) == (3,)


def test_what_cannot_be_sent_back_is_left_to_whoever_asked() -> None:
    with company(1) as others:
        assert others.do(operator.attrgetter, "x") is not None
        assert others.do(open, os.devnull) is None
        assert others.do(operator.add, 1, 2) == (3,)


def test_a_companion_that_ends_is_done_without() -> None:
    with company(2) as others:
        for _ in range(2):
            assert others
            assert others.do(os._exit, 3) is None
        assert not others
        assert others.do(operator.add, 1, 2) is None


def test_all_are_gone_in_the_end() -> None:
    with company(2) as others:
        done = others.do(os.getpid)
        assert done is not None
    assert others.dismissed
    with pytest.raises(ProcessLookupError):
        os.kill(done[0], 0)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as status:
            return status.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return os.path.isdir("/proc/self")


def test_a_companion_at_work_ends_with_whoever_was_killed() -> None:
    code = """
import os, threading, time
from trueup.destination.company import company
with company(1) as others:
    print(others.do(os.getpid)[0], flush=True)
    others.do(time.sleep, 600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        other = int(first.stdout.readline())
        first.send_signal(signal.SIGKILL)
    _until(lambda: _is_gone(other))
