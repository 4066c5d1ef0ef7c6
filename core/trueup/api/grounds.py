"""What an answer stands on: as long as it looks the same, so does the answer."""

from __future__ import annotations

from collections.abc import Iterable

from trueup.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from trueup.freshness.footing import Footing, Look

__all__ = ["Grounds"]


@dataclass(frozen=True, slots=True)
class Grounds:
    """Files and directories that decided an answer.

    Attributes:
        places: what was looked at; of a directory, what lies directly in it.
        absent: what was looked for, and is not there.
        marks: files and folders of local projects, as they looked before they were judged.
        links: the same, of links that are not followed.
        unset: environment variables that were not set.
        until: when the answer ends, in seconds since the epoch; 0.0 for never.
        picture: where the environment was made anew: its directory, its state directory, and what
            tells its picture from others.
    """

    places: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    marks: tuple[Look, ...] = ()
    links: tuple[Look, ...] = ()
    unset: tuple[str, ...] = ()
    until: float = 0.0
    picture: tuple[str, str, str] | None = None

    def with_projects(self, footings: Iterable[Footing | None]) -> Grounds:
        """Return these grounds, and what verdicts on local projects stand on; none for any None."""
        if not self.places:
            return self
        together = self
        for one in footings:
            if one is None:
                return Grounds()
            together = replace(
                together,
                absent=(*together.absent, *one.absent),
                marks=(*together.marks, *one.marks),
                links=(*together.links, *one.links),
                unset=(*together.unset, *one.unset),
            )
        return together

    def as_keywords(self) -> dict[str, Any]:
        """Return what `trueup.glance.remember` takes."""
        return {name: getattr(self, name) for name in self.__slots__}
