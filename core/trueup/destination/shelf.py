"""The shelf: where what was in an environment waits while the environment is made anew.

Whoever makes an environment anew promises one as if made from nothing. Deleting thousands of files
to write the very same ones again is most of what that costs. So everything in it is set on a shelf
instead, by a few renames; what is installed afterwards takes from there what is proven to be just
what it would write, and the rest is deleted at the end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator

from trueup.destination.environment import STATE
from trueup.destination.removal import remove_tree
from trueup.destination.venv_config import program_directory
from trueup.values import dataclass

__all__ = ["Shelf", "drop_shelves", "put_back", "shelve", "shelves"]

_PREFIX = "shelf-"
_RECEIPTS = "receipts"
_TREE = "tree"
_STATE = "state-"
_HALF_WRITTEN = re.compile(r".+\.[0-9a-f]{32}")  # what the making of an environment writes first
_HELD = frozenset(["lock", "holder.json"])  # what the lock's holder and those who wait look at


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one environment held when it was made anew.

    Attributes:
        folder: where the shelf is, absolute.
        root: the environment's directory.
    """

    folder: str
    root: str

    @property
    def tree(self) -> str:
        """The directory that holds what `root` held."""
        return os.path.join(self.folder, _TREE)

    @property
    def receipts(self) -> str:
        """The directory of the receipts of that time."""
        return os.path.join(self.folder, _RECEIPTS)

    @property
    def rest(self) -> str:
        """A directory for what stands in the way."""
        return os.path.join(self.folder, "rest")

    def place(self, path: str) -> str | None:
        """Return where what was at `path` is now; None for what was not in the environment."""
        if path == self.root:
            return self.tree
        inside = path[len(self.root) :]
        found = path.startswith(self.root) and inside.startswith(os.sep)
        return f"{self.folder}{os.sep}{_TREE}{inside}" if found else None


def shelve(root: str, *, keep: Collection[str] = ()) -> None:
    """Set everything in an environment on a shelf. The caller holds the environment's lock.

    The Python goes first: whoever opens what an interruption leaves finds a broken environment, and
    not half of one.

    Args:
        root: the environment's directory, absolute.
        keep: names directly in it that stay.

    Raises:
        OSError: something cannot be renamed.
    """
    state = os.path.join(root, STATE)
    os.makedirs(state, mode=0o700, exist_ok=True)
    shelf = Shelf(os.path.join(state, _PREFIX + os.urandom(8).hex()), root)
    os.mkdir(shelf.folder, 0o700)
    for directory in (shelf.tree, shelf.rest):
        os.mkdir(directory)
    programs = program_directory(root)
    if os.path.lexists(programs):
        os.rename(programs, os.path.join(shelf.tree, os.path.basename(programs)))
    for name in os.listdir(state):  # the journal too: what it is about is over
        if name not in _HELD and name != _RECEIPTS and not name.startswith(_PREFIX):
            os.rename(os.path.join(state, name), os.path.join(shelf.rest, _STATE + name))
    for name in os.listdir(root):
        if name not in {STATE, *keep}:
            os.rename(os.path.join(root, name), os.path.join(shelf.tree, name))
    if os.path.isdir(os.path.join(state, _RECEIPTS)):
        os.rename(os.path.join(state, _RECEIPTS), shelf.receipts)


def put_back(root: str) -> bool:
    """Take everything off the shelf again, if the making anew was interrupted before its end.

    The Python of the new environment comes last: as long as there is none, nothing was installed
    into it, and what else is there of it is nothing to keep. The caller holds the lock.

    Returns:
        Whether the environment is as it was.

    Raises:
        OSError: something cannot be renamed.
    """
    programs = os.path.basename(program_directory(root))
    for shelf in shelves(root):
        if not os.path.lexists(os.path.join(shelf.tree, programs)):
            continue
        state = os.path.join(root, STATE)
        names = sorted(os.listdir(shelf.tree), key=lambda name: name == programs)
        places = [
            (shelf.receipts, os.path.join(state, _RECEIPTS)),
            *(  # a journal among them, which is to be followed again
                (os.path.join(shelf.rest, name), os.path.join(state, name.removeprefix(_STATE)))
                for name in os.listdir(shelf.rest)
                if name.startswith(_STATE)
            ),
            *((os.path.join(shelf.tree, name), os.path.join(root, name)) for name in names),
        ]
        for kept, path in places:
            if os.path.lexists(kept):
                _remove(path)
                os.rename(kept, path)
        for name in filter(_HALF_WRITTEN.fullmatch, os.listdir(root)):
            _remove(os.path.join(root, name))
        remove_tree(shelf.folder)
        return True
    return False


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        remove_tree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def shelves(root: str) -> list[Shelf]:
    """Return the shelves of the environment in `root`: more than one after interruptions."""
    return [Shelf(folder, root) for folder in _folders(root)]


def drop_shelves(root: str) -> None:
    """Delete what is left on the shelves. The caller holds the environment's lock.

    Raises:
        OSError: something cannot be deleted.
    """
    for folder in _folders(root):
        remove_tree(folder)


def _folders(root: str) -> Iterator[str]:
    state = os.path.join(root, STATE)
    try:
        names = os.listdir(state)
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from (os.path.join(state, name) for name in names if name.startswith(_PREFIX))
