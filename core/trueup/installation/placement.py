"""The renames of a transaction: set old files aside, put staged trees in place, or take it back.

Each step looks at what is there, so that doing it twice is the same as doing it once.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from trueup.errors import TransactionError
from trueup.installation.journal import Journal, Move

__all__ = ["Displaced", "put_in_place", "remove_empty_directories", "set_aside", "take_back"]


@dataclass(frozen=True, slots=True)
class Displaced:
    """A file that stood in the way and belonged to nobody in this transaction."""

    path: str
    kept: str


def set_aside(journal: Journal) -> None:
    """Rename every file that goes into the transaction's folder, and drop emptied directories."""
    os.makedirs(os.path.join(journal.folder, "aside"), exist_ok=True)
    for number, path in enumerate(journal.removals):
        kept = journal.aside(number)
        if os.path.lexists(kept):
            continue
        try:
            _rename(path, kept)
        except FileNotFoundError:
            continue
    remove_empty_directories({os.path.dirname(path) for path in journal.removals}, journal)


def remove_empty_directories(directories: Iterable[str], journal: Journal) -> None:
    """Remove each directory that has become empty, and its parents, up to the boundaries."""
    boundaries = set(journal.boundaries)
    for directory in sorted(directories, key=len, reverse=True):
        path = directory
        while path not in boundaries and any(path.startswith(one + os.sep) for one in boundaries):
            try:
                os.rmdir(path)
            except FileNotFoundError:
                pass
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    break
                raise
            path = os.path.dirname(path)


def put_in_place(journal: Journal, displaced: Callable[[Displaced], None]) -> list[str]:
    """Rename every staged entry to where it belongs, dist-info directories last.

    Args:
        journal: what is staged.
        displaced: told of each file that stood in the way; the file is kept aside.

    Returns:
        What was renamed, by its new path: files, and directories that nobody had before.
    """
    strangers = os.path.join(journal.folder, "strangers")
    renamed: list[str] = []
    for move in journal.moves:
        for source, goal in _entries(move):
            if os.path.lexists(goal):
                displaced(Displaced(goal, _keep(goal, strangers)))
            _rename(source, goal)
            renamed.append(goal)
    return renamed


def _entries(move: Move) -> Iterator[tuple[str, str]]:
    """Yield what to rename where; a directory that is there already is entered instead."""
    root = os.path.realpath(move.target)

    def walk(staged: str, target: str) -> Iterator[tuple[str, str]]:
        try:
            names = sorted(os.listdir(staged), key=lambda name: (name == move.last, name))
        except FileNotFoundError:  # done before, by whoever was interrupted
            return
        os.makedirs(target, exist_ok=True)
        for name in names:
            source, goal = os.path.join(staged, name), os.path.join(target, name)
            if stat.S_ISDIR(os.lstat(source).st_mode) and _is_inside(goal, root):
                yield from walk(source, goal)
            else:
                yield source, goal
        os.rmdir(staged)

    return walk(move.staged, move.target)


def _is_inside(path: str, root: str) -> bool:
    """Whether `path` is a directory to merge into.

    A link that leads out of the scheme (into somebody's source tree, as legacy editables do) is
    not: writing through it would change files that belong to no environment.
    """
    if not os.path.isdir(path):
        return False
    return not os.path.islink(path) or os.path.realpath(path).startswith(root + os.sep)


def _keep(path: str, strangers: str) -> str:
    """Set a stranger aside under a name that remembers where it was."""
    if os.path.isdir(path) and not os.path.islink(path):
        raise TransactionError(
            f"{path} is a directory where a file has to go",
            hint="move it away; it belongs to no distribution that is being replaced",
        )
    os.makedirs(strangers, exist_ok=True)
    kept = os.path.join(strangers, str(len(os.listdir(strangers))))
    with open(kept + ".path", "w", encoding="utf-8") as note:
        note.write(path)
    _rename(path, kept)
    return kept


def take_back(journal: Journal, files: Iterable[tuple[str, str]]) -> None:
    """Undo a placement that failed half way: new files go, old files and strangers return.

    Args:
        journal: the transaction.
        files: for every staged file, where it was staged and where it was to end up.
    """
    emptied: set[str] = set()
    for source, path in files:
        if not os.path.lexists(source) and os.path.lexists(path):
            os.unlink(path)
            emptied.add(os.path.dirname(path))
    remove_empty_directories(emptied, journal)
    for number, path in enumerate(journal.removals):
        _return(journal.aside(number), path)
    strangers = os.path.join(journal.folder, "strangers")
    for note in sorted(os.listdir(strangers)) if os.path.isdir(strangers) else ():
        if note.endswith(".path"):
            with open(os.path.join(strangers, note), encoding="utf-8") as text:
                _return(os.path.join(strangers, note[: -len(".path")]), text.read())


def _return(kept: str, path: str) -> None:
    if os.path.lexists(kept):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _rename(kept, path)


def _rename(source: str, target: str) -> None:
    """Rename, also onto another file system: by a copy that gets its name when it is whole."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        whole = target + ".trueup-new"
        if os.path.isdir(source) and not os.path.islink(source):
            shutil.copytree(source, whole, symlinks=True)
            os.rename(whole, target)
            shutil.rmtree(source)
        else:
            shutil.copy2(source, whole, follow_symlinks=False)
            os.replace(whole, target)
            os.unlink(source)
