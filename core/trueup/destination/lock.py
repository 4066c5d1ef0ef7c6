"""One change at a time: the lock of an environment.

The lock is the operating system's, so it is gone the moment its holder is, however that ended. A
file beside it tells who holds it; it is for people to read, and decides nothing.

On POSIX it is taken by `flock` here, the same lock that `filelock` takes: importing that library
costs 35 ms, as much as a small install. Elsewhere `filelock` does it.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from trueup.destination.posix_lock import PosixLock
from trueup.errors import BusyError, EnvironmentProblem
from trueup.reporting import SILENT, Event, Reporter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from trueup.destination.environment import Environment

    class _Lock(Protocol):
        def take(self) -> bool:
            """Take the lock if it is free."""
            ...

        def release(self) -> None:
            """Give it back."""
            ...


__all__ = ["environment_lock", "state_lock"]

_TIMEOUT = 300.0  # seconds
_SHORTEST, _LONGEST = 0.002, 0.05  # seconds between two tries


@contextmanager
def environment_lock(
    environment: Environment, *, timeout: float | None = None, reporter: Reporter = SILENT
) -> Iterator[None]:
    """Hold the lock of an environment: one holder among all processes and threads.

    A thread that holds it must not ask for it again.

    Args:
        environment: what to lock.
        timeout: seconds to wait for another holder; 0 to try once; None for TRUEUP_LOCK_TIMEOUT,
            or 300.
        reporter: told once, as "waiting", if there is another holder.

    Raises:
        BusyError: it was not free in time.
        EnvironmentProblem: the environment cannot be written to, or its file system has no locks.
    """
    with state_lock(environment.state, environment.root, timeout=timeout, reporter=reporter):
        yield


@contextmanager
def state_lock(
    state: str, subject: str, *, timeout: float | None = None, reporter: Reporter = SILENT
) -> Iterator[None]:
    """Hold the lock of a state directory; `subject` is what messages call it, else as above."""
    limit = _configured_timeout() if timeout is None else timeout
    lock = _acquire(state, subject, limit, reporter)
    note = os.path.join(state, "holder.json")
    try:
        _write_note(note)
        yield
    finally:
        with suppress(OSError):  # it is only for people; what it tells of is over
            os.unlink(note)
        lock.release()


class _LibraryLock:
    """The lock of `filelock`, for where there is no `flock`."""

    def __init__(self, path: str) -> None:
        from filelock import FileLock

        # a lock of its own for each caller: the library's own would let its thread in again
        self._lock = FileLock(path, timeout=0, thread_local=False)

    def take(self) -> bool:
        from filelock import Timeout

        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        self._lock.release()


def _acquire(state: str, subject: str, limit: float, reporter: Reporter) -> _Lock:
    lock: _Lock
    path = os.path.join(state, "lock")
    deadline = time.monotonic() + limit
    pause = _SHORTEST
    told = False
    try:
        _make_state(state, subject)
        lock = PosixLock(path) if sys.platform != "win32" else _LibraryLock(path)
        while not lock.take():
            left = deadline - time.monotonic()
            if left <= 0:
                raise _busy(state, subject, limit)
            if not told:
                told = True
                reporter(
                    Event("waiting", subject, f"waiting for {_holder(state)} to finish with it")
                )
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST)
            _make_state(state, subject)
    except OSError as error:
        raise _unusable(state, subject, error) from error
    return lock


def _make_state(state: str, subject: str) -> None:
    """Make the state directory, or see that what is there is one."""
    try:
        kind = os.lstat(state).st_mode
    except FileNotFoundError:
        os.makedirs(os.path.dirname(state), exist_ok=True)
        with suppress(FileExistsError):  # another process was faster
            os.mkdir(state, 0o700)
        kind = os.lstat(state).st_mode
    # A link could lead what is written below it to anywhere (CVE-2026-22702 is of this kind).
    if not stat.S_ISDIR(kind):
        problem = f"{state} is no directory, so {subject} cannot be locked"
        raise EnvironmentProblem(problem, hint="Remove it; trueup will make it anew.")


def _unusable(state: str, subject: str, error: OSError) -> EnvironmentProblem:
    if error.errno in {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP}:
        problem = f"the file system of {state} has no locks, so {subject} cannot be changed safely"
        return EnvironmentProblem(problem, hint="Put the environment on another file system.")
    problem = f"{subject} cannot be locked: {error.strerror or error} ({state})"
    return EnvironmentProblem(problem, hint="Use an environment that you may write to.")


def _busy(state: str, subject: str, limit: float) -> BusyError:
    problem = f"{subject} is in use by {_holder(state)}, and {limit:g} s of waiting are over"
    return BusyError(
        problem, hint="Wait for it to end, or set TRUEUP_LOCK_TIMEOUT to more seconds."
    )


def _configured_timeout() -> float:
    text = os.environ.get("TRUEUP_LOCK_TIMEOUT", "")
    try:
        return float(text) if text else _TIMEOUT
    except ValueError as error:
        problem = f"TRUEUP_LOCK_TIMEOUT is {text!r}, which is no number of seconds"
        raise EnvironmentProblem(problem, hint="Set it to a number such as 300.") from error


def _write_note(path: str) -> None:
    note = {"pid": os.getpid(), "command": _command(), "thread": threading.current_thread().name}
    temporary = f"{path}.{os.getpid()}"
    with suppress(OSError):  # the lock is held; a full disk is for whoever writes what matters
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(note, file)
        os.replace(temporary, path)


def _command() -> str:
    """Return program and subcommand, and no more: the rest of a command line may hold passwords."""
    words = [os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else "python"]
    words += [word for word in sys.argv[1:2] if word.isidentifier()]
    return " ".join(words)


def _holder(state: str) -> str:
    try:
        with open(os.path.join(state, "holder.json"), encoding="utf-8") as file:
            note = json.load(file)
        if note["pid"] == os.getpid():
            return f"another thread of this process ({note['thread']})"
        return f"{note['command']!r} (process {note['pid']})"
    except (OSError, ValueError, KeyError, TypeError):  # between taking the lock and telling of it
        return "another process"
