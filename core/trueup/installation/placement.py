"""The renames of a transaction: set old files aside, put staged trees in place, or take it back.

Each step looks at what is there, so that doing it twice is the same as doing it once. Nothing is
deleted on the way, in neither direction: a file is where it was, or where it goes, or aside. So
whoever was killed, at whatever point of going forward or back, can be followed by going either way.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator

from trueup.errors import TransactionError
from trueup.installation.journal import Journal, Move, Staged
from trueup.installation.receipt import serial
from trueup.installation.renaming import rename
from trueup.values import dataclass

__all__ = ["Placed", "is_whole", "put_in_place", "set_aside", "take_back"]


@dataclass(frozen=True, slots=True)
class Placed:
    """What `put_in_place` did.

    Attributes:
        renamed: files and directories that were renamed by themselves, by their new path.
        displaced: files of somebody else that stood in the way, and were not the same.
    """

    renamed: frozenset[str]
    displaced: tuple[str, ...]


def set_aside(journal: Journal) -> None:
    """Rename every file that goes into the transaction's folder, and drop emptied directories."""
    if os.path.isdir(journal.placing):
        return
    os.makedirs(journal.aside, exist_ok=True)
    for number, path in enumerate(journal.removals):
        kept = os.path.join(journal.aside, str(number))
        if os.path.lexists(kept):  # done before; between two file systems, perhaps half
            if os.path.lexists(path):
                os.unlink(path)
            continue
        try:
            rename(path, kept)
        except (FileNotFoundError, NotADirectoryError):
            continue
    _remove_empty_directories({os.path.dirname(path) for path in journal.removals}, journal)
    os.mkdir(journal.placing)


def _remove_empty_directories(directories: Iterable[str], journal: Journal) -> None:
    """Remove each directory that has become empty, and its parents, up to the boundaries."""
    boundaries = set(journal.boundaries)
    for directory in sorted(directories, key=len, reverse=True):
        path = directory
        while path not in boundaries and any(path.startswith(one + os.sep) for one in boundaries):
            try:
                os.rmdir(path)
            except FileNotFoundError:
                pass
            except OSError:  # not empty, a link, or somebody's working directory or mount: it stays
                break
            path = os.path.dirname(path)


def is_whole(journal: Journal) -> bool:
    """Return whether every new file is there, staged or in place, with all its bytes.

    It is not after a power cut that came before the system wrote them to the disk.
    """
    for new in (new for one in journal.staged for new in _files_of(one)):
        status = next(filter(None, map(_look, (*new.sources, new.path))), None)
        if status is None or (status.st_size, status.st_mtime_ns) != (new.size, new.mtime):
            return False
    return True


def _look(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def put_in_place(journal: Journal) -> Placed:
    """Rename every staged entry to where it belongs, each dist-info directory after its files.

    Raises:
        TransactionError: a directory is where a file has to go, or the reverse.
    """
    strangers = os.path.join(journal.folder, "strangers")
    renamed: set[str] = set()
    displaced: list[str] = []
    for move in (move for one in journal.staged for move in one.moves):
        for source, goal in _entries(move):
            if os.path.lexists(goal):
                _check_keepable(goal, renamed)
                if not _is_same(source, goal):
                    displaced.append(goal)
                _keep(goal, strangers)
            renamed.update(rename(source, goal))
    return Placed(frozenset(renamed), tuple(displaced))


def _entries(move: Move) -> Iterator[tuple[str, str]]:
    """Yield what to rename where; a directory that is there already is entered instead."""
    root = os.path.realpath(move.target)
    last = (move.last, "METADATA")  # until that is there, no tool takes it for installed

    def walk(staged: str, target: str) -> Iterator[tuple[str, str]]:
        try:
            names = sorted(os.listdir(staged), key=lambda name: (name in last, name))
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


def _is_same(source: str, goal: str) -> bool:
    """Whether two files hold the same bytes, as the empty modules of namespaces often do."""
    old, new = os.lstat(goal), os.lstat(source)
    if not stat.S_ISREG(old.st_mode) or not stat.S_ISREG(new.st_mode) or old.st_size != new.st_size:
        return False
    with open(source, "rb") as one, open(goal, "rb") as other:
        while chunk := one.read(1 << 16):
            if chunk != other.read(1 << 16):
                return False
    return True


def _check_keepable(path: str, renamed: Collection[str]) -> None:
    """Refuse what would set aside a whole tree, or a file that has just been put in place."""
    if os.path.isdir(path) and not os.path.islink(path):
        raise TransactionError(
            f"{path} is a directory where a file has to go",
            hint="move it away; it belongs to no distribution that is being replaced",
        )
    if path in renamed:
        raise TransactionError(
            f"{path} is a file of one distribution and a directory of another",
            hint="they cannot be installed together",
        )


def _keep(path: str, strangers: str) -> None:
    """Set a stranger aside, next to a note of where it was."""
    os.makedirs(strangers, exist_ok=True)
    kept = os.path.join(strangers, str(len(os.listdir(strangers))))
    with open(kept + ".path", "wb") as note:
        note.write(os.fsencode(path))
    rename(path, kept)


def take_back(journal: Journal) -> None:
    """Undo a placement, however far it came: new files are staged again, all others return.

    METADATA goes first and returns last, for the sake of tools that cannot read the journal.
    """
    emptied: set[str] = set()
    for new in sorted(
        (new for one in journal.staged for new in _files_of(one)),
        key=lambda new: os.path.basename(new.path) != "METADATA",
    ):
        if new.is_placed() and not any(map(os.path.lexists, new.sources)):
            os.makedirs(os.path.dirname(new.sources[0]), exist_ok=True)
            rename(new.path, new.sources[0])
            emptied.add(os.path.dirname(new.path))
    _remove_empty_directories(emptied, journal)
    if os.path.isdir(journal.placing):
        os.rmdir(journal.placing)
    for number, path in reversed([*enumerate(journal.removals)]):
        _return(os.path.join(journal.aside, str(number)), path)
    strangers = os.path.join(journal.folder, "strangers")
    for name in sorted(os.listdir(strangers)) if os.path.isdir(strangers) else ():
        kept = os.path.join(strangers, name.removesuffix(".path"))
        if name.endswith(".path") and os.path.lexists(kept):
            with open(os.path.join(strangers, name), "rb") as note:
                _return(kept, os.fsdecode(note.read()))


@dataclass(frozen=True, slots=True)
class _NewFile:
    """A file of the transaction.

    One scheme may lie in another (data holds all others in a virtual environment), or be another's
    twin (purelib and platlib): then a file may be staged in more than one place. The first is where
    it is put back to.
    """

    sources: list[str]
    path: str
    size: int
    mtime: int
    inode: int

    def is_placed(self) -> bool:
        """Whether what is at its path is this file, and not the one that it replaces."""
        status = _look(self.path)
        if status is None:
            return False
        # the first survives a loss of its bytes, the second a copy to another file system
        return serial(status) == self.inode or (
            (status.st_size, status.st_mtime_ns) == (self.size, self.mtime)
        )


def _files_of(one: Staged) -> Iterator[_NewFile]:
    moves = sorted(one.moves, key=lambda move: len(move.target), reverse=True)
    starts = [(os.path.join(move.staged, ""), os.path.join(move.target, "")) for move in moves]
    receipt = one.receipt
    rows = zip(receipt.paths, receipt.sizes, receipt.mtimes, receipt.inodes, strict=True)
    for relative, size, mtime, inode in rows:
        path = os.path.join(one.root, relative)
        sources = [staged + path[len(goal) :] for staged, goal in starts if path.startswith(goal)]
        yield _NewFile(sources, path, size, mtime, inode)


def _return(kept: str, path: str) -> None:
    if os.path.lexists(kept):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        rename(kept, path)
