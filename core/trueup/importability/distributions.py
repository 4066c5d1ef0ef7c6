"""Which distributions changed between two sightings, and the files of those that are there now."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .finders import Signature
from .sighting import Listing, Sighting

__all__ = ["ChangedDistribution", "changed_directories", "changed_distributions", "normalized"]


@dataclass(frozen=True, slots=True)
class ChangedDistribution:
    """A distribution that came, went, or was replaced.

    Attributes:
        name: normalized (PEP 503).
        directory: where its metadata lies or lay.
        was_there: false for one that came.
        files: absolute paths of what RECORD names now; empty for one that went.
    """

    name: str
    directory: str
    was_there: bool
    files: tuple[str, ...]


def normalized(name: str) -> str:
    """Return `name` as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def changed_distributions(before: Sighting, after: Sighting) -> tuple[ChangedDistribution, ...]:
    """Return the distributions whose metadata directory is not the one it was."""
    return tuple(
        changed
        for directory in dict.fromkeys([*before.directories, *after.directories])
        for changed in _compare(
            directory,
            before.directories.get(directory, Listing()),
            after.directories.get(directory, Listing()),
        )
    )


def changed_directories(
    before: Sighting, after: Sighting, changed: Iterable[ChangedDistribution]
) -> tuple[str, ...]:
    """Return the directories that may hold something new, nested ones too.

    Removals alone need nothing below the top: a finder with an old listing still asks whether the
    file exists before it promises a module.
    """
    found = {
        directory: None
        for directory, listing in after.directories.items()
        if listing.names != before.directories.get(directory, Listing()).names
    }
    for distribution in changed:
        found[distribution.directory] = None
        folders = {os.path.dirname(file) for file in distribution.files}
        found |= dict.fromkeys(sorted(folders - {distribution.directory}))
    return tuple(path for path in found if not path.endswith(("__pycache__", ".dist-info")))


def _compare(directory: str, old: Listing, new: Listing) -> Iterator[ChangedDistribution]:
    before, after = _by_name(old.distributions), _by_name(new.distributions)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield ChangedDistribution(
                name=name,
                directory=directory,
                was_there=name in before,
                files=tuple(
                    file for folder in after.get(name, {}) for file in _files(directory, folder)
                ),
            )


def _by_name(distributions: Mapping[str, Signature]) -> dict[str, dict[str, Signature]]:
    found: dict[str, dict[str, Signature]] = {}
    for folder, mark in distributions.items():
        name = folder.rpartition(".")[0].partition("-")[0]
        found.setdefault(normalized(name), {})[folder] = mark
    return found


def _files(directory: str, folder: str) -> list[str]:
    """Return what RECORD names in `directory`; what lies elsewhere is never imported."""
    import csv

    try:
        with open(
            os.path.join(directory, folder, "RECORD"), encoding="utf-8", newline=""
        ) as record:
            rows = [row[0] for row in csv.reader(record) if row]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []  # egg-info has none, and what another tool left half done names nothing
    return [
        os.path.normpath(os.path.join(directory, path))
        for path in rows
        if not path.startswith("..")
    ]
