"""The files of a project: those that git tracks or would track, and those that it ignores.

What git ignores counts as well: a header that `./configure` writes is ignored in most projects, and
compiled into all of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from trueup.acquisition.snapshot import take_snapshot
from trueup.freshness.names import is_by_product, is_clutter, is_passing

__all__ = ["ProjectFiles", "list_project_files", "survey_digest", "tracked_files"]


class ProjectFiles(NamedTuple):
    """Files of a tree without noise; paths are relative to it and written with "/".

    Attributes:
        listed: what git tracks or would track; all where git does not know the tree.
        ignored: what git is told to ignore.
    """

    listed: list[str]
    ignored: list[str]


def list_project_files(tree: str, variables: Mapping[str, str]) -> ProjectFiles:
    """Return the files of the project at `tree`, an absolute path.

    Args:
        tree: the top folder.
        variables: environment variables for git.
    """
    tracked = _ask_git(tree, variables, "--cached")
    if tracked is None:
        return ProjectFiles(list(_walk(tree)), [])
    files = ProjectFiles([], [])
    for path in dict.fromkeys((*tracked, *_untracked(tree, variables))):
        place = os.path.join(tree, path)
        if os.path.isdir(place) and not os.path.islink(place):  # a repository in the repository
            inner = list_project_files(place, variables)
            files.listed.extend(_below(path, inner.listed))
            files.ignored.extend(_below(path, inner.ignored))
        elif os.path.lexists(place) and not is_passing(path.rpartition("/")[2]):
            files.listed.append(path)
    if not files.listed:  # the whole tree is ignored by a repository around it
        return ProjectFiles(list(_walk(tree)), [])
    files.ignored.extend(_ignored(tree, variables))
    return files


def tracked_files(tree: str, variables: Mapping[str, str]) -> frozenset[str]:
    """Return the files that git tracks at `tree`; none where it does not know the tree."""
    return frozenset(_ask_git(tree, variables, "--cached") or ())


def _untracked(tree: str, variables: Mapping[str, str]) -> list[str]:
    """Return the files that git would track, without folders of tools and environments."""
    found = _ask_git(tree, variables, "--others", "--exclude-standard") or []
    environments = tuple(
        path.removesuffix("pyvenv.cfg") for path in found if path.endswith("/pyvenv.cfg")
    )
    return [path for path in found if not path.startswith(environments) and not is_clutter(path)]


def _ignored(tree: str, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that git ignores; folders of tools and environments are not entered."""
    asked = ("--others", "--ignored", "--exclude-standard", "--directory")
    for path in _ask_git(tree, variables, *asked) or ():
        if is_clutter(path):
            continue
        place = os.path.join(tree, path)
        if not path.endswith("/"):
            yield path
        elif not os.path.lexists(os.path.join(place, "pyvenv.cfg")):
            yield from _below(path, _walk(place))


def _below(path: str, files: Iterable[str]) -> Iterator[str]:
    return (f"{path.rstrip('/')}/{one}" for one in files)


def _walk(tree: str) -> Iterator[str]:
    for path, entry in take_snapshot(tree).entries.items():
        if not entry.is_directory and not is_clutter(path):
            yield path


def _ask_git(tree: str, variables: Mapping[str, str], *options: str) -> list[str] | None:
    """Return the paths that `git ls-files` names below `tree`; None where git does not know it."""
    import subprocess

    # git would refresh its index by the way, and lock it while somebody else commits.
    environment = {**variables, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            ["git", "ls-files", "-z", *options],
            cwd=tree, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
    except OSError:
        return None
    return None if done.returncode else os.fsdecode(done.stdout).split("\0")[:-1]


def survey_digest(files: Iterable[str], made: frozenset[str]) -> str:
    """Return a digest of the names of the files that count, without what the build made."""
    names = "\0".join(path for path in files if not _is_made(path, made))
    return hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _is_made(path: str, made: frozenset[str]) -> bool:
    """Whether a build made `path`, or a folder for its own work around it.

    An editable of meson-python builds when it is imported, and leaves more there.
    """
    if path in made:
        return True
    if not is_by_product(path):
        return False
    while path := path.rpartition("/")[0]:
        if path in made:
            return True
    return False
