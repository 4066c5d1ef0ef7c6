"""What speaks against an install, piece by piece, and what cannot be told from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trueup.freshness.outcome import Fresh, Reason, Stale, Unknown, Verdict
from trueup.values import dataclass

__all__ = ["Doubt", "Evidence", "weigh"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a build depends on and that the disk does not show.

    Attributes:
        message: what it is, as the end of "cannot be told: ...".
    """

    message: str


Evidence = Iterator[Reason | Doubt]


def weigh(evidence: Iterable[Reason | Doubt]) -> Verdict:
    """Return the verdict: one reason makes it stale, one doubt keeps it from being fresh."""
    reasons: dict[Reason, None] = {}
    doubts: dict[str, None] = {}
    for piece in evidence:
        if isinstance(piece, Doubt):
            doubts[piece.message] = None
        else:
            reasons[piece] = None
    if reasons:
        return Stale(tuple(reasons))
    if doubts:
        return Unknown("; ".join(doubts))
    return Fresh()
