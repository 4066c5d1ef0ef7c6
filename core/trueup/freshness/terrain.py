"""The folders of a project, which tell by their own times that no name in it came or went.

Where programs read unseen, it counts which files a project has (`sighted`). While every folder
looks the same, and git tracks the same, it has the same ones: nobody has to list them or ask git.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from trueup.freshness.names import is_noise
from trueup.freshness.project_files import tracked_files
from trueup.freshness.sight import Sight

__all__ = ["ELSEWHERE", "Terrain", "terrain_of"]

_MOST = 1000  # folders; to look at more takes as long as to ask git
_ENVIRONMENT = "pyvenv.cfg"
_REPOSITORY = ".git"
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE")
"""Variables with which git tracks something else than what lies here."""


class Terrain(NamedTuple):
    """What has to look the same; absolute paths.

    Attributes:
        places: folders, and what git tracks by.
        absent: what must not appear.
    """

    places: tuple[str, ...]
    absent: tuple[str, ...]


class _Folders:
    """The folders from one downwards that can hold files of a project: no noise, no environments.

    Attributes:
        found: all of them, and the environments.
        environments: those which were not entered.
        repositories: whether there is a repository within the project.
    """

    def __init__(self, tree: str) -> None:
        self.found: list[str] = []
        self.environments: list[str] = []
        self.repositories = False
        waiting = [tree]
        while waiting and len(self.found) <= _MOST:
            waiting += self._enter(waiting.pop())

    def _enter(self, folder: str) -> list[str]:
        with os.scandir(folder) as entries:
            listed = list(entries)
        top = not self.found
        self.found.append(folder)
        names = {one.name for one in listed}
        self.repositories |= not top and _REPOSITORY in names
        if not top and _ENVIRONMENT in names:
            self.environments.append(os.path.join(folder, ""))
            return []
        below = (one for one in listed if not is_noise(one.name))
        return [one.path for one in below if one.is_dir(follow_symlinks=False)]


def terrain_of(sight: Sight, opened: tuple[str, ...]) -> Terrain | None:
    """Return what tells that a project has the files it has; None where that is more than looks.

    Args:
        sight: the tree, with the variables that git gets.
        opened: files below it that count as well, wherever they lie.

    Raises:
        OSError: a folder cannot be read.
    """
    if any(name in sight.variables for name in ELSEWHERE):
        return None
    folders = _Folders(sight.tree)
    around = _repository(sight.tree)
    if around is None or folders.repositories or len(folders.found) > _MOST:
        return None
    hidden = tuple(folders.environments)
    files = [sight.place(path) for path in (*sight.files.listed, *sight.files.ignored)]
    if hidden and any(path.startswith(hidden) for path in files):
        return None
    # Files that are tracked count in any folder, also in one that was not entered.
    extra = (sight.place(path) for path in (*tracked_files(sight.tree, sight.variables), *opened))
    known = dict.fromkeys(folders.found)
    for folder in {os.path.dirname(os.path.normpath(path)) for path in extra}:
        known.update(dict.fromkeys(_up_to(sight.tree, folder)))
    return Terrain((*known, *around.places), around.absent)


def _up_to(tree: str, folder: str) -> Iterator[str]:
    """Yield `folder` and those around it below `tree`, as far as they are there."""
    while folder.startswith(os.path.join(tree, "")):
        if os.path.isdir(folder):
            yield folder
        folder = os.path.dirname(folder)


def _repository(tree: str) -> Terrain | None:
    """Return where git finds the repository around `tree`, and what tells what it tracks there.

    None where that is not plain to see. No repository at all is just as good an answer.
    """
    absent: list[str] = []
    folder = tree
    while not os.path.lexists(path := os.path.join(folder, _REPOSITORY)):
        absent.append(path)
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return Terrain((), tuple(absent))
    place = path
    if os.path.isfile(path):  # one working tree of several, or a submodule
        with open(path, "rb") as file:
            told = os.fsdecode(file.read().strip())
        if not told.startswith("gitdir: "):
            return None
        place = os.path.normpath(os.path.join(folder, told.removeprefix("gitdir: ")))
    index = os.path.join(place, "index")
    if os.path.lexists(index):
        return Terrain((path, index) if place != path else (index,), tuple(absent))
    return Terrain((), (*absent, index)) if os.path.isdir(place) else None
