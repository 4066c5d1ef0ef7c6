"""What a verdict of "fresh" stands on: as long as all of it looks the same, so does the verdict.

The look has to be taken before the verdict: what changes in between then looks otherwise later.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from time import time_ns
from typing import NamedTuple

from trueup.freshness.fingerprint import Fingerprint
from trueup.freshness.listing import DEPTHS
from trueup.freshness.names import is_noise
from trueup.freshness.sight import Sight, is_older
from trueup.freshness.terrain import ELSEWHERE, Terrain, terrain_of
from trueup.freshness.variables import FAMILIES, holds_families

__all__ = ["Footing", "Look", "footing_of"]

Look = tuple[str, tuple[int, int, int, int]]
"""An absolute path; its mtime and ctime in nanoseconds, its inode and its size."""


_LINKS = frozenset(("output", "link", "target"))  # not followed


class Footing(NamedTuple):
    """What decided a verdict.

    Attributes:
        marks: files and folders, links followed.
        links: outputs of the build, links not followed.
        absent: absolute paths that have to be missing.
        unset: environment variables that have to be; a name that ends with "*" stands for all that
            begin so, of which none may come or go.
    """

    marks: tuple[Look, ...] = ()
    links: tuple[Look, ...] = ()
    absent: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()


def footing_of(
    fingerprint: Fingerprint, sight: Sight, variables: Mapping[str, str]
) -> Footing | None:
    """Return what a verdict on `fingerprint` will stand on; None where that is more than looks.

    More is asked where the state of a repository or a plugin counts, where a program read that
    nobody saw, where the build was not isolated, and where a variable that it asked for is set.

    Args:
        fingerprint: of the build that gave what is installed.
        sight: the tree as the verdict will see it.
        variables: environment variables that a build would start from.
    """
    one, tree = fingerprint, sight.tree
    if one.questions or one.patterns or one.unusable or one.circumstances.site:
        return None
    if one.survey not in {"", "sighted"}:  # texts that are read only for this have a say in these
        return None
    if any(value or name in variables for name, value in one.variables.items()):
        return None
    unset = [*one.variables, *(FAMILIES if holds_families(one.variables) else ())]
    try:
        now = time_ns()
        around = terrain_of(sight, one.opened) if one.survey else Terrain((), ())
        if around is None:
            return None
        looks = (*_files(one, tree), *_folders(one, tree), *map(_look, around.places))
        footing = Footing(
            marks=tuple(dict.fromkeys(looks)),
            links=tuple(_links(one, tree)),
            absent=(*(os.path.join(tree, path) for path in one.absences), *around.absent),
            unset=(*unset, *(ELSEWHERE if one.survey else ())),
        )
    except OSError:  # something is gone: the verdict will say so
        return None
    # What is too young may change after the verdict within the same tick, and look the same.
    looks = (*footing.marks, *footing.links)
    return footing if all(is_older(one[0], one[1], now) for _, one in looks) else None


def _look(path: str) -> Look:
    return _told(path, os.stat(path))


def _told(path: str, status: os.stat_result) -> Look:
    return path, (status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size)


def _links(fingerprint: Fingerprint, tree: str) -> Iterator[Look]:
    for mark in fingerprint.files:
        if mark.kind in _LINKS:
            path = os.path.join(tree, mark.path)
            yield _told(path, os.lstat(path))


def _files(fingerprint: Fingerprint, tree: str) -> Iterator[Look]:
    for mark in fingerprint.files:
        if mark.kind not in _LINKS:
            yield _look(os.path.join(tree, mark.path))
    known = {mark.path for mark in fingerprint.files}
    for path in fingerprint.presences:
        if path not in known:
            yield _look(os.path.join(tree, path))


def _folders(fingerprint: Fingerprint, tree: str) -> Iterator[Look]:
    """Yield the folders whose names count; by some rules those below decide, too."""
    for mark in fingerprint.listings:
        folder = os.path.normpath(os.path.join(tree, mark.path))
        yield _look(folder)
        # Where any module counts, one in a folder that is noise elsewhere does, too.
        below = _Below(noise=mark.rule == "modules")
        yield from below.looks(folder, DEPTHS.get(mark.rule, 0))


class _Below:
    """The folders below one: through links as well, which may lead in circles."""

    def __init__(self, *, noise: bool) -> None:
        self._noise = noise
        self._seen: dict[tuple[int, int], int] = {}

    def looks(self, folder: str, deep: int) -> Iterator[Look]:
        """Yield each folder down to `deep` levels; what lies in one is looked at once."""
        if not deep:
            return
        with os.scandir(folder) as entries:
            found = [one.path for one in entries if self._noise or not is_noise(one.name)]
        for path in filter(os.path.isdir, found):
            status = os.stat(path)
            yield _told(path, status)
            place = status.st_dev, status.st_ino
            if self._seen.get(place, 0) < deep:
                self._seen[place] = deep
                yield from self.looks(path, deep - 1)
