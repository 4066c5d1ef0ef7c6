"""Foresight: while a resolver is asked, what downloading takes is imported already.

A resolver that has to ask an index waits for it longer than those imports take, and most of what it
names then has to be downloaded.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module

from trueup.resolution.artifact import Resolution
from trueup.resolution.resolver import Question, Resolver
from trueup.values import dataclass

__all__ = ["Foresighted"]

# 80 ms together; each is imported where it is used, too.
_NEEDED = ("trueup.acquisition.wheel_download", "requests", "trueup.acquisition.packing")


@dataclass(frozen=True, slots=True)
class Foresighted:
    """A `Resolver` that asks another one.

    Attributes:
        resolver: who answers.
    """

    resolver: Resolver

    @property
    def identity(self) -> str:
        """The other one's."""
        return self.resolver.identity

    def resolve(self, question: Question) -> Resolution:
        """Answer; see `Resolver.resolve`."""
        if question.offline:
            return self.resolver.resolve(question)
        beside = threading.Thread(target=_import_needed, name="trueup imports")
        beside.start()
        try:
            return self.resolver.resolve(question)
        finally:
            beside.join()


def _import_needed() -> None:
    for name in _NEEDED:
        with suppress(ImportError):  # whoever uses it meets that again, and it is told there
            import_module(name)
