"""Signals are held back, and heard."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

import pytest
from trueup.installation.interruption import uninterrupted

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process cannot send itself Ctrl-C there")


def press(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


def test_ctrl_c_is_heard_when_the_work_is_done() -> None:
    done = []

    def work() -> None:
        with uninterrupted():
            press()
            press()
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_inside_does_not_swallow_ctrl_c() -> None:
    def work() -> None:
        with uninterrupted():
            press()
            raise OSError("full")

    with pytest.raises(KeyboardInterrupt) as caught:
        work()
    assert isinstance(caught.value.__context__, OSError)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_a_signal_nothing_happens() -> None:
    with uninterrupted():
        pass
    with pytest.raises(OSError, match="full"), uninterrupted():
        raise OSError("full")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_of_the_host_are_called_later_with_what_they_expect() -> None:
    heard: list[tuple[int, bool]] = []

    def handler(number: int, frame: FrameType | None) -> None:
        heard.append((number, frame is not None))

    before = signal.signal(signal.SIGTERM, handler)
    try:
        with uninterrupted():
            press(signal.SIGTERM)
            assert heard == []
        assert heard == [(signal.SIGTERM, True)]
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with uninterrupted():
            press(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_there_is_nothing_to_hold_back() -> None:
    seen: list[object] = []

    def work() -> None:
        with uninterrupted():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
