"""A command that is told to end puts things in order first, as after Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Stopped", "stoppable"]

_NAMES = ("SIGTERM", "SIGHUP")


class Stopped(KeyboardInterrupt):
    """The process was told to end; `code` is what it then ends with, as shells have it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Let the signals by which programs are ended raise `Stopped`, where nobody handles them.

    Without, what a build has started would go on without us, and what is out of its way would not
    be put back. Said once is enough: the second time may come while that is being done.
    """

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise Stopped(number)

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    free = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    taken = []
    try:
        for number in free:
            try:
                signal.signal(number, stop)
            except ValueError:  # only the main thread may, and in no other are signals heard
                break
            taken.append(number)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
