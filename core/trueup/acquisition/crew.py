"""The threads that get files, and the locks by which processes share what they get."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from trueup.acquisition.credentials import redact
from trueup.acquisition.download import Cables, Download
from trueup.acquisition.exchange import Cancelled, Exchange
from trueup.acquisition.part import open_part, prove
from trueup.acquisition.wanted import Wanted
from trueup.errors import FetchError
from trueup.reporting import Event, Reporter
from trueup.values import dataclass, field

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["Crew", "Errand", "Fetched", "Flight", "discard", "sweep"]

# A stopped fetch waits so long for its threads: waiting for a first byte cannot be interrupted.
_FAREWELL = 2.0
# On Windows a wait without an end cannot be interrupted by Ctrl-C.
_HEARTBEAT = 0.25


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is here and is what was promised.

    Attributes:
        wanted: what was asked for.
        path: where it lies, under its own name in a folder of its own; "" where `Flight.present`
            said that what is made of it is there already.
        sha256: its digest, in hexadecimal; "" where `path` is.
        size: bytes.
    """

    wanted: Wanted
    path: str
    sha256: str
    size: int


def _never(_wanted: Wanted) -> bool:
    return False


def _nothing(_fetched: Fetched) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Flight:
    """How processes that want the same file share one download.

    Attributes:
        locks: the folder of locks, one for each file; every process must name the same one.
        present: asked under the lock: is what is made of this file there by now?
        settle: called under the lock with a new file: make of it what is to be made. It runs in the
            thread that fetched, so other files come in meanwhile.
    """

    locks: str
    present: Callable[[Wanted], bool] = _never
    settle: Callable[[Fetched], None] = _nothing


def discard(fetched: Fetched) -> None:
    """Remove a fetched file and the folder it has to itself."""
    if fetched.path:
        with contextlib.suppress(OSError):
            os.unlink(fetched.path)
            os.rmdir(os.path.dirname(fetched.path))


def _lock(locks: str, key: str) -> BaseFileLock:
    from filelock import FileLock

    return FileLock(os.path.join(locks, f"{key}.lock"), mode=0o600)


def sweep(folder: str, locks: str, ours: set[str]) -> None:
    """Remove parts that nobody works on: their process was killed, or their host stayed away."""
    from filelock import Timeout

    for name in os.listdir(folder):
        key, dot, kind = name.partition(".")
        if dot and kind == "part" and key not in ours:
            with contextlib.suppress(Timeout, OSError), _lock(locks, key).acquire(blocking=False):
                os.unlink(os.path.join(folder, name))


@dataclass(frozen=True, slots=True)
class Errand:
    """What every thread of one fetch shares.

    Attributes:
        exchange: the way to hosts.
        folder: where files land.
        flight: how downloads are shared with other processes.
        reporter: told of what happens.
        cables: what stops everything.
        growing: the parts that threads write to, to be removed if one of them cannot be woken.
    """

    exchange: Exchange
    folder: str
    flight: Flight
    reporter: Reporter
    cables: Cables
    growing: set[str] = field(default_factory=set)

    def part(self, wanted: Wanted) -> str:
        """Return where `wanted` grows."""
        return os.path.join(self.folder, f"{wanted.key}.part")

    def run(self, wanted: Wanted) -> Fetched:
        """Get one file, unless another process just did."""
        with self._alone(wanted):
            if self.flight.present(wanted):
                return Fetched(wanted, "", "", wanted.size or 0)
            self._warn(wanted)
            self.reporter(
                Event("downloading", wanted.filename, redact(wanted.url), done=0, total=wanted.size)
            )
            fetched = self._here(wanted) or self._download(wanted)
            self.reporter(Event("packing", wanted.filename))
            try:
                self.flight.settle(fetched)
            except BaseException:
                discard(fetched)
                raise
        self.reporter(Event("downloaded", wanted.filename, done=fetched.size, total=fetched.size))
        return fetched

    @contextlib.contextmanager
    def _alone(self, wanted: Wanted) -> Iterator[None]:
        from filelock import Timeout

        lock = _lock(self.flight.locks, wanted.key)
        told = False
        while True:
            if self.cables.stop.is_set():
                raise Cancelled("stopped")
            try:
                lock.acquire(timeout=0.2, poll_interval=0.02)
                break
            except Timeout:
                if not told:
                    self.reporter(
                        Event("waiting", wanted.filename, "another process is getting this file")
                    )
                told = True
            except OSError as error:
                raise FetchError(f"{lock.lock_file} cannot be locked: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def _warn(self, wanted: Wanted) -> None:
        if wanted.hashes and not wanted.proven:
            names = " and ".join(sorted({algorithm for algorithm, _ in wanted.hashes}))
            message = (
                f"it is promised by {names} only, which does not prove that it is the right file"
            )
            self.reporter(Event("warning", wanted.filename, message))

    def _final(self, wanted: Wanted) -> str:
        return os.path.join(self.folder, wanted.key, wanted.filename)

    def _here(self, wanted: Wanted) -> Fetched | None:
        """Return the file if a promised hash proves what lies under its name; remove it if not."""
        path = self._final(wanted)
        if not os.path.isfile(path):
            return None
        if wanted.proven:
            with (
                contextlib.suppress(FetchError),
                contextlib.closing(open_part(wanted, path)) as part,
            ):
                prove(wanted, part)
                return Fetched(wanted, path, part.digest("sha256"), part.size)
        with contextlib.suppress(OSError):
            os.unlink(path)
        return None

    def _download(self, wanted: Wanted) -> Fetched:
        part, path = self.part(wanted), self._final(wanted)
        self.growing.add(part)
        digest, size = Download(wanted, part, self.exchange, self.cables, self.reporter).run()
        self.growing.discard(part)
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            os.replace(part, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(part)
            raise FetchError(f"{path} cannot be written: {error.strerror}") from error
        return Fetched(wanted, path, digest, size)


class Crew:
    """Threads that run one errand for many files; whoever stops asking stops them all."""

    def __init__(self, errand: Errand, files: Sequence[Wanted]) -> None:
        self._errand = errand
        self._files = files
        self._todo: queue.SimpleQueue[Wanted] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Fetched | BaseException] = queue.SimpleQueue()
        for each in files:
            self._todo.put(each)

    def work(self, workers: int) -> Iterator[Fetched]:
        """Yield what the threads bring; the first error stops them and is raised."""
        # Daemons: a host that never answers must not keep the process from ending.
        threads = [
            threading.Thread(target=self._serve, name="trueup-fetch", daemon=True)
            for _ in range(workers)
        ]
        missing = set(self._files)
        try:
            for thread in threads:
                thread.start()
            while missing:
                try:
                    result = self._done.get(timeout=_HEARTBEAT)
                except queue.Empty:
                    continue
                if isinstance(result, BaseException):
                    raise result
                missing.discard(result.wanted)
                yield result
        finally:
            self._dismiss(threads, missing)

    def _serve(self) -> None:
        while not self._errand.cables.stop.is_set():
            try:
                wanted = self._todo.get_nowait()
            except queue.Empty:
                return
            try:
                self._done.put(self._errand.run(wanted))
            except BaseException as error:  # noqa: BLE001 - handed on, as it is, to the thread that asked
                self._done.put(error)

    def _dismiss(self, threads: Sequence[threading.Thread], missing: set[Wanted]) -> None:
        if missing:
            self._errand.cables.cut()
        deadline = time.monotonic() + _FAREWELL
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            for part in tuple(self._errand.growing):
                with contextlib.suppress(OSError):
                    os.unlink(part)
