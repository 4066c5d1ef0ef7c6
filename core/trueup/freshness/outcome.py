"""What a look at an install comes to: fresh, stale with reasons, or unknown; plain values.

They stand apart from the judging, which needs far more to be imported than who only passes them on.
"""

from __future__ import annotations

from typing import Literal

from trueup.values import dataclass

__all__ = ["Fresh", "Reason", "ReasonKind", "Stale", "Unknown", "Verdict"]

ReasonKind = Literal[
    "gone",
    "output missing",
    "output changed",
    "circumstances",
    "input changed",
    "input missing",
    "appeared",
    "disappeared",
    "names changed",
    "repository",
    "variable",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a build now would give something else.

    Attributes:
        kind: what sort of thing it is about.
        path: the file, folder, variable or command.
        message: a sentence without a full stop that names it.
        before: what was, where a few words can say it.
        now: what is.
    """

    kind: ReasonKind
    path: str
    message: str
    before: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A build now would give what is installed."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A build now would give, or may well give, something else; the weightiest reason first."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell, and why."""

    reason: str


Verdict = Fresh | Stale | Unknown
