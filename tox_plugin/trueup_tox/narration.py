"""Telling tox's reader what trueup does: through logging, in the thread that tox listens to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trueup.reporting import Event

__all__ = ["Narrator"]

_LOGGER = logging.getLogger(__name__)

# tox shows warnings always, information with -v, and the output of tools with -vv.
_LEVELS = {
    "warning": (logging.WARNING, "warning: {message}"),
    "waiting": (logging.WARNING, "{message}"),
    "recovered": (logging.WARNING, "{message}"),
    "note": (logging.WARNING, "{message}"),
    "building": (logging.INFO, "building {subject}"),
    "built": (logging.INFO, "built {message}"),
    "downloaded": (logging.INFO, "downloaded {subject}"),
    "resolved": (logging.INFO, "resolved {message} distributions"),
    "added": (logging.INFO, "added {subject} {message}"),
    "removed": (logging.INFO, "removed {subject} {message}"),
    "output": (logging.DEBUG, "  {message}"),
}

# A warning is about the person's settings more often than about one errand: once in a run will do.
_WARNED: set[str] = set()


class Narrator:
    """A reporter for one errand.

    tox gives each thread of its own a name and a stream, so that `-p` can hold an environment's
    words back; what the core's own threads say would get round that, and is told a little later.

    Attributes:
        lines: everything that was said, for tox's log of the errand.
        busy: whether there was anything to do at all.
    """

    def __init__(self, headline: str, stopped: Callable[[], bool]) -> None:
        """Prepare to tell.

        Args:
            headline: what is told before anything else, once there is something to tell.
            stopped: whether the user has asked tox to stop.
        """
        self.lines: list[str] = []
        self.busy = False
        self._headline = headline
        self._stopped = stopped
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._said: set[str] = set()

    def __call__(self, event: Event, /) -> None:
        """Tell of `event`, now or at the next occasion.

        Raises:
            KeyboardInterrupt: the user wants to stop; as if it had come in this very moment.
        """
        with self._lock:
            self._waiting.append(event)
        if threading.get_ident() == self._thread:
            self.catch_up()
            if self._stopped():
                raise KeyboardInterrupt

    def announce(self) -> None:
        """Say what the errand is, if that has not been said yet."""
        if not self.busy:
            self.busy = True
            _LOGGER.warning("%s", self._headline)

    def catch_up(self) -> None:
        """Tell of everything that has been waiting; to be called in tox's own thread."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        self.announce()
        level, form = _LEVELS.get(event.kind, (0, ""))
        if not form:
            return
        line = form.format(subject=event.subject, message=event.message or event.subject).rstrip()
        if event.kind != "output" and line in self._said:
            return
        self._said.add(line)
        self.lines.append(line)
        if event.kind == "warning":
            if line in _WARNED:
                return
            _WARNED.add(line)
            if event.subject == "resolution":  # a resolver's remarks on the user's own settings
                level = logging.INFO
        _LOGGER.log(level, "%s", line)
