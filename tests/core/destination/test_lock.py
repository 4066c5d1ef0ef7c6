"""One holder at a time, among processes and among threads."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from trueup.destination.environment import Environment
from trueup.destination.lock import _LibraryLock, environment_lock, state_lock
from trueup.errors import BusyError, EnvironmentProblem
from trueup.reporting import Event

HOLD = """
import sys
from trueup.destination.lock import state_lock
with state_lock(sys.argv[2], "env"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_holder(state: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock; it lets go when its input ends."""
    command = [
        sys.executable,
        "-c",
        HOLD,
        "install",
        state,
        "--index-url",
        "https://me:secret@host/",
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_the_lock_is_free_again_after_it_was_held(environment: Environment) -> None:
    for _ in range(3):
        with environment_lock(environment, timeout=0):
            assert Path(environment.state).stat().st_mode & 0o777 == 0o700
    assert sorted(os.listdir(environment.state)) == ["lock", "skeleton"]


def test_the_lock_is_free_again_after_an_error(environment: Environment) -> None:
    with pytest.raises(KeyError), environment_lock(environment, timeout=0):
        raise KeyError
    with environment_lock(environment, timeout=0):
        pass


def test_another_process_is_kept_out_and_told_who_is_in(environment: Environment) -> None:
    with another_holder(environment.state) as holder:
        with pytest.raises(BusyError) as caught, environment_lock(environment, timeout=0):
            pytest.fail("two hold the lock")
        assert re.search(rf"'-c install' \(process {holder.pid}\)", caught.value.problem)
        assert "secret" not in str(caught.value)
        assert "TRUEUP_LOCK_TIMEOUT" in caught.value.hint
        note = Path(environment.state, "holder.json").read_text()
        assert "secret" not in note
    with environment_lock(environment, timeout=10):
        pass


def test_who_waits_is_told_once_and_gets_in_when_the_other_is_done(
    environment: Environment,
) -> None:
    events: list[Event] = []
    with another_holder(environment.state) as holder:

        def listen(event: Event) -> None:
            events.append(event)
            assert holder.stdin is not None
            holder.stdin.write("done\n")
            holder.stdin.flush()

        with environment_lock(environment, timeout=30, reporter=listen):
            assert holder.wait(30) == 0
    assert [event.kind for event in events] == ["waiting"]
    assert f"process {holder.pid}" in events[0].message
    assert events[0].subject == environment.root


def test_a_killed_holder_holds_nothing(environment: Environment) -> None:
    with another_holder(environment.state) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait(30)
        with environment_lock(environment, timeout=0):
            pass


def test_threads_of_one_process_keep_each_other_out(environment: Environment) -> None:
    room = os.path.join(environment.root, "room")
    met: list[OSError] = []

    def work() -> None:
        try:
            for _ in range(25):
                with environment_lock(environment, timeout=60):
                    os.mkdir(room)  # fails if somebody else is in
                    os.listdir(environment.root)
                    os.rmdir(room)
        except OSError as error:
            met.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met == []


def test_a_thread_that_is_kept_out_is_told_of_the_other_thread(environment: Environment) -> None:
    with environment_lock(environment, timeout=0):
        raised: list[BusyError] = []

        def try_once() -> None:
            try:
                with environment_lock(environment, timeout=0):
                    pass
            except BusyError as error:
                raised.append(error)

        thread = threading.Thread(target=try_once)
        thread.start()
        thread.join()
    assert "another thread of this process (MainThread)" in raised[0].problem


def test_the_waiting_time_can_be_set_from_outside(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUEUP_LOCK_TIMEOUT", "0")
    with (
        another_holder(environment.state),
        pytest.raises(BusyError, match="0 s of waiting"),
        environment_lock(environment),
    ):
        pytest.fail("two hold the lock")
    monkeypatch.setenv("TRUEUP_LOCK_TIMEOUT", "soon")
    with (
        pytest.raises(EnvironmentProblem, match="'soon', which is no number"),
        environment_lock(environment),
    ):
        pytest.fail("held without a time limit")


def test_a_lock_whose_directory_was_replaced_meanwhile_counts_no_more(
    environment: Environment,
) -> None:
    state = environment.state
    events: list[Event] = []

    with another_holder(state) as holder:

        def replace_state(event: Event) -> None:
            events.append(event)
            os.rename(state, state + "-old")

        # The other one still holds the old file; the new one is free.
        with environment_lock(environment, timeout=30, reporter=replace_state):
            assert Path(state, "lock").exists()
            assert holder.poll() is None
    assert len(events) == 1


# The environment is cleared by another process just between opening the lock file and locking it.
REPLACED = """
import os, sys
from trueup.destination.lock import state_lock
state, left = sys.argv[1], 1
def hook(event, arguments):
    global left
    if event == "fcntl.flock" and left:
        left = 0
        os.rename(state, state + "-old")
        os.mkdir(state)
sys.addaudithook(hook)
with state_lock(state, "env", timeout=30):
    assert not left
    import fcntl
    try:
        fcntl.flock(os.open(state + "/lock", os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("held")
"""


def test_the_file_that_is_locked_is_the_one_that_others_will_open(environment: Environment) -> None:
    with environment_lock(environment):
        pass
    command = [sys.executable, "-c", REPLACED, environment.state]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.stdout == "held\n", done.stderr


def test_a_link_in_place_of_the_state_is_refused(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    shutil.rmtree(environment.state)
    os.symlink(tmp_path / "elsewhere", environment.state)
    with pytest.raises(EnvironmentProblem, match="is no directory"), environment_lock(environment):
        pytest.fail("held through a link")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(environment: Environment) -> None:
    nowhere = replace(environment, root="/proc/self")
    with pytest.raises(EnvironmentProblem, match="cannot be locked"), environment_lock(nowhere):
        pytest.fail("held nowhere")


def test_a_target_directory_that_does_not_exist_yet_can_be_locked(tmp_path: Path) -> None:
    with state_lock(str(tmp_path / "a" / "b" / ".trueup"), "target", timeout=0):
        assert (tmp_path / "a" / "b" / ".trueup" / "lock").exists()


def test_the_lock_of_the_library_and_ours_keep_each_other_out(environment: Environment) -> None:
    with another_holder(environment.state):
        theirs = _LibraryLock(os.path.join(environment.state, "lock"))
        assert not theirs.take()
    assert theirs.take()
    with pytest.raises(BusyError), environment_lock(environment, timeout=0):
        pytest.fail("two hold the lock")
    theirs.release()
    with environment_lock(environment, timeout=0):
        pass
