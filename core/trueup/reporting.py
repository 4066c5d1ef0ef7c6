"""How the core tells of its progress: one Protocol, silent unless somebody listens.

The core never prints. It hands `Event`s to a reporter; the command line, tox and nox bring theirs.
"""

from __future__ import annotations

from trueup.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, Protocol

    EventKind = Literal[
        "resolving",
        "resolved",
        "downloading",
        "progress",
        "packing",
        "downloaded",
        "building",
        "built",
        "output",
        "waiting",
        "writing",
        "written",
        "placing",
        "placed",
        "removed",
        "added",
        "recovered",
        "warning",
        "note",
    ]
else:
    EventKind, Protocol = str, object

__all__ = ["SILENT", "Event", "EventKind", "Reporter"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: what happened; "progress" moves a "downloading" on, "output" is one line of a tool,
            "packing" is what comes between the last byte and "downloaded", "written" ends what
            "writing" began for one distribution, and "placed" what "placing" began for all.
        subject: what it happened to: a distribution, a file name, a path.
        message: a sentence for people, without credentials; may be "".
        done: bytes done so far, where that is known.
        total: bytes in all, where that is known.
    """

    kind: EventKind
    subject: str
    message: str = ""
    done: int | None = None
    total: int | None = None


class Reporter(Protocol):
    """Somebody who listens; may be called from several threads at once."""

    def __call__(self, event: Event, /) -> None:
        """Take note of `event`; must not raise."""


def SILENT(event: Event, /) -> None:  # noqa: N802 - a constant that happens to be a function
    """Listen to nothing."""
    del event
