"""The port to whoever resolves: uv, pip, or nobody when a lock has the answer already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from trueup.destination.environment import Interpreter
from trueup.resolution.artifact import Resolution
from trueup.resolution.request import Request
from trueup.values import dataclass, field

__all__ = ["Question", "Resolver"]


@dataclass(frozen=True, slots=True)
class Question:
    """All that a resolver is told.

    Attributes:
        request: what was asked for.
        interpreter: for whom: its path, markers and tags.
        preferences: normalized name to version: what is installed and stays if it may.
        projects: local project's path to a wheel file that carries its metadata, so that no
            resolver ever builds a local project by itself.
        offline: touch no network.
        complete: the answer must name what is installed and stays, too; otherwise a resolver that
            looks into the environment itself may leave that out.
    """

    request: Request
    interpreter: Interpreter
    preferences: Mapping[str, str] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False
    complete: bool = False


class Resolver(Protocol):
    """Somebody who turns a request into a resolution."""

    @property
    def identity(self) -> str:
        """Name and version, such as "uv 0.9.2": a part of the memo's key."""
        ...

    def resolve(self, question: Question) -> Resolution:
        """Answer.

        Raises:
            ResolutionError: there is no answer; `detail` holds the resolver's explanation.
        """
        ...
