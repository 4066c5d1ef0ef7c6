"""What a person sees of the work: moving lines on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from trueup.reporting import Event, Reporter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from rich.progress import Progress, TaskID

__all__ = ["Verbosity", "listening", "wants_color"]

Verbosity = int
"""-2 and less: only errors. -1: warnings, too. 0: what changes. 1: and why. 2: and all output."""

_PLAIN: Mapping[str, tuple[int, str]] = {
    "waiting": (0, "{message}"),
    "warning": (-1, "warning: {message}"),
    "recovered": (0, "{message}"),
    "note": (0, "{message}"),
    "building": (0, "Building {subject}"),
    "built": (1, "Built {message}"),
    "downloaded": (1, "Downloaded {subject}"),
    "resolving": (1, "Resolving"),
    "resolved": (1, "Resolved {message} distributions"),
    "output": (2, "  {message}"),
    "packing": (3, ""),
    "writing": (3, ""),
    "written": (3, ""),
    "placing": (3, ""),
    "placed": (3, ""),
    "removed": (3, ""),  # the summary has them
    "added": (3, ""),
}


class _Lines:
    """A reporter that writes one line for what is worth one."""

    def __init__(self, stream: TextIO, verbosity: Verbosity) -> None:
        self._stream = stream
        self._verbosity = verbosity
        self._lock = threading.Lock()
        self._said: set[str] = set()

    def __call__(self, event: Event, /) -> None:
        line = line_for(event, self._verbosity)
        if not line:
            return
        with self._lock:
            if event.kind == "warning" and line in self._said:
                return
            self._said.add(line)
            self._stream.write(line + "\n")
            self._stream.flush()


class _Moving:
    """A reporter with a progress display; lines scroll above it."""

    def __init__(self, progress: Progress, verbosity: Verbosity) -> None:
        self._progress = progress
        self._verbosity = verbosity
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event, /) -> None:
        with self._lock:
            if event.kind in {"downloading", "progress"}:
                self._move(event)
                return
            if event.kind in {"downloaded", "built"} and event.subject in self._tasks:
                self._progress.remove_task(self._tasks.pop(event.subject))
            if event.kind in {"building", "resolving"}:
                self._start(event)
                return
            if event.kind == "resolved" and "resolving" in self._tasks:
                self._progress.remove_task(self._tasks.pop("resolving"))
            line = line_for(event, self._verbosity)
            if line:
                self._progress.console.print(line, highlight=False, markup=False)

    def _start(self, event: Event) -> None:
        key = "resolving" if event.kind == "resolving" else event.subject
        words = "Resolving" if event.kind == "resolving" else f"Building {event.subject}"
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task(words, total=None)

    def _move(self, event: Event) -> None:
        task = self._tasks.get(event.subject)
        if task is None:
            task = self._tasks[event.subject] = self._progress.add_task(
                event.subject, total=event.total
            )
        self._progress.update(task, completed=event.done or 0, total=event.total)


def line_for(event: Event, verbosity: Verbosity) -> str:
    """Return the line to write for `event`, or "" for none."""
    level, form = _PLAIN.get(event.kind, (3, "{subject} {message}"))
    if verbosity < level:
        return ""
    return form.format(subject=event.subject, message=event.message or event.subject)


def wants_color(stream: TextIO, variables: Mapping[str, str]) -> bool:
    """Whether to draw on `stream`: a terminal, not CI, and nobody said NO_COLOR."""
    if variables.get("NO_COLOR") or variables.get("CI") or variables.get("TERM") == "dumb":
        return False
    return stream.isatty()


@contextmanager
def listening(
    verbosity: Verbosity, *, progress: bool = True, color: str = "auto"
) -> Iterator[Reporter]:
    """Yield the reporter that fits the terminal; what it shows goes to the error stream.

    Args:
        verbosity: how much is shown.
        progress: whether lines may move.
        color: "auto" for what the terminal and the variables say, "always" or "never".
    """
    moving = color == "always" or (color == "auto" and wants_color(sys.stderr, os.environ))
    if verbosity < 0 or not (progress and moving):
        yield _Lines(sys.stderr, verbosity)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        DownloadColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        yield _Moving(display, verbosity)
