"""A reporter that keeps the warnings, so that the report at the end can tell them again."""

from __future__ import annotations

import threading

from trueup.reporting import Event, Reporter

__all__ = ["Gathering"]


class Gathering:
    """Hands every event on, and remembers each warning once."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._warnings: dict[str, None] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event, /) -> None:
        """Take note of `event`, and hand it on."""
        if event.kind == "warning":
            with self._lock:
                self._warnings.setdefault(event.message or event.subject)
        self._reporter(event)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was warned of, in order."""
        with self._lock:
            return tuple(self._warnings)
