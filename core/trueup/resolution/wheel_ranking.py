"""Which of several wheels fits an interpreter best: by tag (PEP 425), then by build tag."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    T = TypeVar("T")

__all__ = ["Rank", "WheelRanking"]

Rank = tuple[int, tuple[int, str]]


class WheelRanking:
    """Ranks wheel file names by one interpreter's tags.

    It works on strings: `packaging.tags` would make a frozen object for each of the hundreds of
    combinations in every file name of an index page.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        """Take the tags that fit, best first, written "py-abi-platform"."""
        self._order = {tag: -index for index, tag in reversed(tuple(enumerate(tags)))}

    def rank(self, filename: str) -> Rank | None:
        """Return a rank, the larger the better, or None where the wheel does not fit.

        A name that is not a wheel's file name does not fit.
        """
        parts = filename.removesuffix(".whl").lower().split("-")
        if not filename.endswith(".whl") or len(parts) not in {5, 6}:
            return None
        pythons, abis, platforms = (part.split(".") for part in parts[-3:])
        orders = [
            self._order[tag]
            for python in pythons
            for abi in abis
            for platform in platforms
            if (tag := f"{python}-{abi}-{platform}") in self._order
        ]
        if not orders:
            return None
        return max(orders), _build(parts[2] if len(parts) == 6 else "")

    def best(self, candidates: Iterable[T], filename: Callable[[T], str]) -> T | None:
        """Return the candidate whose file name ranks highest, the first of equals, or None."""
        ranked = [(rank, each) for each in candidates if (rank := self.rank(filename(each)))]
        return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _build(tag: str) -> tuple[int, str]:
    found = re.match(r"(\d+)(.*)", tag)
    return (int(found[1]), found[2]) if found else (-1, "")
