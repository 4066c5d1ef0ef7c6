"""What a verdict of "fresh" stands on, as far as looking at files without reading them can tell.

For hosts that ask the same question again and again: as long as all of it looks the same, the
verdict is the same, and nobody has to load what judges.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from trueup.freshness.fingerprint import Fingerprint

__all__ = ["Foundation", "foundation_of"]


@dataclass(frozen=True, slots=True)
class Foundation:
    """Absolute paths that decide.

    Attributes:
        places: files and folders whose times, size and number must stay, links followed.
        links: the same, links not followed.
        absent: what must not appear.
        present: what must stay, whatever becomes of it.
    """

    places: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    present: tuple[str, ...] = ()


def foundation_of(fingerprint: Fingerprint) -> Foundation | None:
    """Return what the verdict stands on; None where more than files decides.

    Environment variables and the circumstances of the build are the caller's to compare.

    Args:
        fingerprint: of a build whose verdict is "fresh".
    """
    more = fingerprint.questions or fingerprint.survey or fingerprint.patterns
    if fingerprint.unusable or more:
        return None
    tree = fingerprint.circumstances.tree
    places: list[str] = []
    links: list[str] = []
    for mark in fingerprint.files:
        kept = links if mark.kind in {"output", "link"} else places
        kept.append(os.path.join(tree, mark.path))
    for listing in fingerprint.listings:
        folder = os.path.normpath(os.path.join(tree, listing.path))
        places.append(folder)
        if listing.rule == "packages":  # the names one level deeper decide, too
            places += _folders_in(folder)
    return Foundation(
        tuple(dict.fromkeys(places)),
        tuple(links),
        tuple(os.path.join(tree, path) for path in fingerprint.absences),
        (tree, *(os.path.join(tree, path) for path in fingerprint.presences)),
    )


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir()]
    except OSError:
        return []
