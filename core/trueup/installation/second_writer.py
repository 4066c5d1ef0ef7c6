"""A second writer: another process that stages half of a large install, on another processor.

Three quarters of staging is the kernel's work in one thread. Threads would not do: two of them take
half as much processor time again, and hand the interpreter's lock to and fro thousands of times. A
process takes nothing more but its own start, and is worth that from some thousand files on.

The two share no queue. Whoever makes the folder of a distribution stages that one; both begin with
the largest, so that they end at the same time. What the other one did not finish, for whatever
reason, this one does again: the second writer can only make it faster.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from trueup.destination.environment import Environment
from trueup.installation.journal import Staged
from trueup.installation.record import Delivery
from trueup.installation.staging import stage
from trueup.reporting import Event, Reporter
from trueup.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import IO

__all__ = ["Ready", "not_ready", "stage_all", "write_beside", "written"]

Ready = Callable[[Delivery], "Staged | None"]
"""Returns what is staged already of a delivery, or None."""

_FILE, _BYTE = 25e-6, 1e-9  # seconds that a file costs, and a byte
_WORTH = 0.25  # seconds of writing; below, a process has hardly started when all is done
_ORDERS = "orders"
_PROGRAM = (
    "import gc, sys; gc.disable(); sys.path.insert(0, sys.argv[1]);"  # all it makes, it keeps
    "from trueup.installation.second_writer import write_beside;"
    "write_beside(sys.argv[2])"
)


@dataclass(frozen=True, slots=True)
class _SecondWriter:
    """A process that stages what nobody else has claimed.

    Attributes:
        process: it.
        told: the file that it writes what it has done into.
    """

    process: subprocess.Popen[bytes]
    told: IO[bytes]

    def results(self) -> Mapping[int, Staged]:
        """Wait for its end, and return what it staged, by number; nothing where it failed."""
        if self.process.wait() != 0:
            return {}
        import pickle  # 3 ms that a small install saves

        self.told.seek(0)
        try:
            found: dict[int, Staged] = pickle.load(self.told)  # noqa: S301 - our own child's
        except (EOFError, pickle.UnpicklingError):
            return {}
        return found


def not_ready(_delivery: Delivery) -> Staged | None:
    """Say that nothing is staged yet."""
    return None


def stage_all(
    environment: Environment,
    deliveries: Sequence[Delivery],
    folder: str,
    reporter: Reporter,
    ahead: Ready = not_ready,
) -> list[Staged]:
    """Stage every delivery out of its pack, each in a folder below `folder` named by its number.

    Args:
        environment: where they go.
        deliveries: what is to be staged.
        folder: the transaction's folder, which is empty.
        reporter: told of each.
        ahead: tells what of them is staged already.

    Raises:
        OSError: the place is full or not writable.
        StoreError: a pack is gone since it was found.
    """
    known = enumerate(map(ahead, deliveries))
    staged = {number: one for number, one in known if one is not None}
    for number in staged:
        _claimed(folder, number)

    def write(number: int) -> None:
        with written(deliveries[number], reporter):
            place = os.path.join(folder, str(number))
            staged[number] = stage(environment, deliveries[number], place)

    left = [each for number, each in enumerate(deliveries) if number not in staged]
    with _second_writer(environment, deliveries, folder, left) as second:
        order = range(len(deliveries)) if second is None else _in_order(deliveries)
        for number in order:
            if number not in staged and _claimed(folder, number):
                write(number)
        beside = {} if second is None else second.results()
    for number in [number for number in order if number not in staged]:
        if number in beside:
            with written(deliveries[number], reporter):
                staged[number] = beside[number]
        else:
            import shutil

            shutil.rmtree(os.path.join(folder, str(number)))
            write(number)
    return [staged[number] for number in range(len(deliveries))]


@contextmanager
def written(delivery: Delivery, reporter: Reporter) -> Iterator[None]:
    """Tell that `delivery` is written, before and after."""
    subject = f"{delivery.pack.name} {delivery.pack.version}"
    reporter(Event("writing", subject))
    yield
    reporter(Event("written", subject))


def _in_order(deliveries: Sequence[Delivery]) -> list[int]:
    """Return the numbers of `deliveries`, the one that takes longest first."""
    return sorted(range(len(deliveries)), key=lambda number: -_seconds(deliveries[number]))


def _seconds(delivery: Delivery) -> float:
    sizes = delivery.pack.sizes
    compiled = () if delivery.bytecode is None else delivery.bytecode.sizes
    files = len(sizes) + sum(map(bool, compiled))
    return files * _FILE + (sum(sizes) + sum(compiled)) * _BYTE


def _claimed(folder: str, number: int) -> bool:
    """Make the folder that a delivery is staged in; return False where the other one has."""
    try:
        os.mkdir(os.path.join(folder, str(number)))
    except FileExistsError:
        return False
    return True


@contextmanager
def _second_writer(
    environment: Environment,
    deliveries: Sequence[Delivery],
    folder: str,
    left: Sequence[Delivery],
) -> Iterator[_SecondWriter | None]:
    """Start a second writer where that is worth it; None where it is not, or cannot be.

    It is gone when this ends.

    Args:
        environment: where the deliveries go.
        deliveries: all that come.
        folder: the transaction's folder, with a folder in it for each that is staged already.
        left: those that are not.
    """
    if not _is_worth_it(left):
        yield None
        return
    import pickle

    with open(os.path.join(folder, _ORDERS), "wb") as orders:
        pickle.dump((environment, tuple(deliveries)), orders, pickle.HIGHEST_PROTOCOL)
    with open(os.path.join(folder, "told"), "w+b") as told:
        process = _started(folder, told)
        if process is None:
            yield None
            return
        with process:
            try:
                yield _SecondWriter(process, told)
            finally:
                process.kill()  # it has ended, unless something went wrong here


def _is_worth_it(deliveries: Sequence[Delivery]) -> bool:
    """Whether there is enough to write, and another processor to write with."""
    # Elsewhere nobody has measured it. A program with Python inside is not started once more.
    if os.name != "posix" or not os.path.basename(sys.executable or "").startswith("python"):
        return False
    if hasattr(sys, "frozen") or _processors() < 2:
        return False
    costs = sorted(map(_seconds, deliveries))
    return sum(costs) > _WORTH and sum(costs[:-1]) > _WORTH / 4  # one alone cannot be shared


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _started(folder: str, told: IO[bytes]) -> subprocess.Popen[bytes] | None:
    import subprocess  # 4 ms that a small install saves

    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    flags = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
    command = [sys.executable, *flags, "-c", _PROGRAM, home, folder]
    with suppress(OSError):  # then one writer has to do
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=told, stderr=subprocess.DEVNULL
        )
    return None


def write_beside(folder: str) -> None:
    """Be the second writer: stage what is not claimed, and tell of it by standard output.

    Nothing ever comes by standard input: when it ends, whoever wanted this has ended, too.

    Args:
        folder: the transaction's folder, with the orders in it.
    """
    import pickle
    import threading

    threading.Thread(target=_leave_with_parent, daemon=True).start()
    with open(os.path.join(folder, _ORDERS), "rb") as orders:
        environment, deliveries = pickle.load(orders)  # noqa: S301 - our parent's
    done: dict[int, Staged] = {}
    for number in _in_order(deliveries):
        if _claimed(folder, number):
            place = os.path.join(folder, str(number))
            done[number] = stage(environment, deliveries[number], place)
    pickle.dump(done, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)


def _leave_with_parent() -> None:
    """Wait for the end of the parent, and end at once: whoever comes next sweeps its folder."""
    os.read(0, 1)
    os._exit(1)
