"""Foresight: while a resolver is asked, what downloading takes is made ready.

A resolver that has to ask an index waits for it longer than that takes, and most of what it names
then has to be downloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

from trueup.acquisition.later_fetcher import LaterFetcher
from trueup.api.workshop import Workshop
from trueup.errors import FetchError

__all__ = ["foresight"]

# 120 ms together; each is imported where it is used, too. First what is needed first: the answer of
# the resolver may come earlier than all of them are there.
_NEEDED = (
    "packaging.pylock",
    "trueup.resolution.pylock",
    "tomllib",
    "trueup.acquisition.wheel_download",
    "requests",
    "filelock",
    "trueup.acquisition.packing",
    "trueup.acquisition.wheel",
    "installer.utils",
)


def foresight(workshop: Workshop) -> Callable[[], None] | None:
    """Return what to do while a resolver is asked; None for nothing."""
    if workshop.offline:
        return None

    def make_ready() -> None:
        for name in _NEEDED:
            with suppress(ImportError):  # whoever uses it meets that again, and it is told there
                import_module(name)
        if isinstance(workshop.fetcher, LaterFetcher):
            with suppress(FetchError):  # the same
                workshop.fetcher.make_ready()

    return make_ready
