"""The timeline of a run: what lasted from when to when, out of the events that a reporter hears."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from trueup.reporting import Event, EventKind, Reporter
from trueup.values import dataclass

__all__ = ["Moment", "Span", "Timeline", "critical_path", "spans_of"]

# What an event ends, and what that is called.
_ENDS: Mapping[EventKind, tuple[EventKind, str]] = {
    "resolved": ("resolving", "resolve"),
    "packing": ("downloading", "download"),
    "downloaded": ("packing", "pack"),
    "built": ("building", "build"),
    "written": ("writing", "write"),
    "placed": ("placing", "put in place"),
}
_BEGINNINGS = frozenset(kind for kind, _ in _ENDS.values())
_TOUCHING = 0.002  # seconds; what ends so close before the next begins has led to it


@dataclass(frozen=True, slots=True)
class Moment:
    """An event, when it was heard (seconds since the listener was made), and in which thread."""

    at: float
    thread: int
    event: Event


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted.

    Attributes:
        what: "resolve", "download", "pack", "build", "write", "put in place", or "start".
        subject: a distribution, a file, a path.
        start: seconds.
        end: seconds.
        size: bytes, where they are known.
    """

    what: str
    subject: str
    start: float
    end: float
    size: int | None = None

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.start


class Timeline:
    """A reporter that takes down when it hears what, and hands every event on."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._start = time.perf_counter()
        # A process that has had one thread so far and waited for nothing has used about as much
        # processor time as it is old; no platform tells that age as simply.
        self.before = time.process_time()
        self.moments: list[Moment] = []

    def __call__(self, event: Event, /) -> None:
        """Take note of `event`, and hand it on."""
        if event.kind not in {"progress", "output"}:
            now = time.perf_counter() - self._start
            self.moments.append(Moment(now, threading.get_ident(), event))
        self._reporter(event)

    def spans(self) -> list[Span]:
        """Return what lasted until now, the start of the program included."""
        now = time.perf_counter() - self._start
        return [Span("start", "trueup", -self.before, 0.0), *spans_of(self.moments, now)]


def spans_of(moments: Iterable[Moment], now: float) -> list[Span]:
    """Return what lasted, in order of beginning; what has not ended lasts until `now`."""
    open_ones: dict[tuple[str, str, int], list[Moment]] = {}
    spans: list[Span] = []
    for moment in moments:
        event = moment.event
        if event.kind in _ENDS:
            begin, what = _ENDS[event.kind]
            begun = open_ones.get((begin, event.subject, moment.thread))
            if begun:
                spans.append(_span(what, begun.pop(), moment.at, event.total))
        if event.kind in _BEGINNINGS:
            open_ones.setdefault((event.kind, event.subject, moment.thread), []).append(moment)
    names = dict(_ENDS.values())
    spans += [
        _span(names[one.event.kind], one, now) for begun in open_ones.values() for one in begun
    ]
    return sorted(spans, key=lambda span: (span.start, span.end))


def _span(what: str, begun: Moment, end: float, size: int | None = None) -> Span:
    known = begun.event.total if size is None else size
    return Span(what, begun.event.subject, begun.at, end, known)


def critical_path(spans: Sequence[Span]) -> list[Span]:
    """Return what the whole run waited for, in order: from the last end back to the start.

    Before each span stands the one that ended last before it began. Of spans that lie within
    another (the resolution for a build environment lies within the build) the outer one counts.
    """
    path: list[Span] = []
    left = [span for span in spans if not any(_holds(other, span) for other in spans)]
    limit = float("inf")
    while True:
        before = [span for span in left if span.end <= limit and span not in path]
        if not before:
            return path[::-1]
        last = max(before, key=lambda span: (span.end, span.seconds))
        path.append(last)
        limit = last.start + _TOUCHING


def _holds(outer: Span, inner: Span) -> bool:
    within = outer.start <= inner.start and inner.end <= outer.end
    return outer.what == "build" and inner is not outer and within and inner.what != "build"
