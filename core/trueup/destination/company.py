"""Company: further processes that take work off this one, on other processors.

Threads would not do where thousands of small pieces of work each let go of the interpreter's lock
for some microseconds: they hand it to and fro, and all together get no further than one. A process
costs its own start and imports, a tenth of a second, and the pickling of what goes in and out.

Whatever a companion cannot do, for whatever reason, its caller does again: company can only make
things faster, and errors are met, and told, by whoever asked.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["Company", "company", "processors", "serve"]

_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:];from trueup.destination.company import serve;serve()"
)


class Company:
    """Processes that each do one thing at a time; safe to use from many threads.

    Args:
        processes: they, just started.
    """

    def __init__(self, processes: list[subprocess.Popen[bytes]]) -> None:
        self._lock = threading.Lock()
        self._left = len(processes)
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes] | None] = queue.SimpleQueue()
        for process in processes:
            self._idle.put(process)
        if not processes:
            self._idle.put(None)
        self.dismissed = False

    def __bool__(self) -> bool:
        return self._left > 0

    def do(self, work: Callable[..., Any], *arguments: object) -> tuple[Any] | None:
        """Have a companion call `work`, as soon as one is free; None where it could not.

        Args:
            work: a function of a module.
            arguments: what can be pickled.
        """
        process = self._idle.get()
        if process is None:  # for everybody else who waits, too
            self._idle.put(None)
            return None
        try:
            found = _ask(process, work, arguments)
        except BaseException:
            self._lose()
            raise
        if found is None:
            self._lose()
            return None
        self._idle.put(process)
        succeeded, result = found
        return (result,) if succeeded else None

    def _lose(self) -> None:
        with self._lock:
            self._left -= 1
            if not self._left:
                self._idle.put(None)


def _ask(
    process: subprocess.Popen[bytes], work: Callable[..., Any], arguments: tuple[object, ...]
) -> tuple[bool, Any] | None:
    """Return whether it succeeded and with what; None where the process has ended."""
    import pickle

    order = pickle.dumps((work, arguments), pickle.HIGHEST_PROTOCOL)
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - they are pipes
    try:
        process.stdin.write(order)
        process.stdin.flush()
        found: tuple[bool, Any] = pickle.load(process.stdout)  # noqa: S301 - our own child's
    except (OSError, ValueError, EOFError, pickle.UnpicklingError):
        return None
    return found


@contextmanager
def company(most: int) -> Iterator[Company]:
    """Start at most as many processes as there are processors; end them in the end.

    Args:
        most: how many there is work for.
    """
    processes = [one for _ in range(_possible(most)) if (one := _started()) is not None]
    all_of_them = Company(list(processes))
    try:
        yield all_of_them
    finally:
        all_of_them.dismissed = True
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # of what was not written any more
                    if pipe is not None:
                        pipe.close()


def _possible(most: int) -> int:
    # Elsewhere nobody has measured it. A program with Python inside is not started once more.
    if os.name != "posix" or not os.path.basename(sys.executable or "").startswith("python"):
        return 0
    alone = hasattr(sys, "frozen") or processors() < 2
    return 0 if alone else min(most, processors(), 8)


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _started() -> subprocess.Popen[bytes] | None:
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = [home, *(os.path.abspath(each) for each in sys.path if each)]
    flags = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
    with suppress(OSError):  # then one process has to do
        return subprocess.Popen(
            [sys.executable, *flags, "-c", _PROGRAM, *dict.fromkeys(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    return None


def serve() -> None:
    """Be a companion: do what comes by standard input, until that ends.

    When it ends, whoever wanted this has ended, too, and nobody needs what is being done.
    """
    import gc
    import pickle

    gc.disable()  # nothing here has cycles, and all of it ends soon
    orders: queue.SimpleQueue[tuple[Callable[..., Any], tuple[object, ...]]] = queue.SimpleQueue()
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever is printed is no answer
        threading.Thread(target=_listen, args=(orders,), daemon=True).start()
        while True:
            work, arguments = orders.get()
            try:
                answer = pickle.dumps((True, work(*arguments)), pickle.HIGHEST_PROTOCOL)
            except Exception:  # noqa: BLE001 - whoever asked does it again, and meets it
                answer = pickle.dumps((False, None))
            answers.write(answer)
            answers.flush()


def _listen(orders: queue.SimpleQueue[tuple[Callable[..., Any], tuple[object, ...]]]) -> None:
    import pickle

    with open(0, "rb", closefd=False) as source:
        while True:
            try:
                orders.put(pickle.load(source))  # noqa: S301 - our parent's
            except Exception:  # noqa: BLE001 - it ended, or makes no sense: so does this
                os._exit(1)
