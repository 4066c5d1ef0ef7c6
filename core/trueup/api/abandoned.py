"""What a build left that came to no end: no build after it is to take that for its own.

A first `meson setup` writes down the compiler's flags, and a script the module that was missing.
Where that build fails, or is killed, the next one would go by them, and no build before it is known
to have made them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from trueup.acquisition.attempts import (
    find_attempt,
    forget_attempt,
    make_workplace,
    write_attempt,
)
from trueup.acquisition.snapshot import take_snapshot
from trueup.acquisition.store_temporary import remove
from trueup.api.killed import Begun
from trueup.errors import StoreError
from trueup.freshness.names import is_by_product, is_noise

if TYPE_CHECKING:
    from types import TracebackType

    from trueup.acquisition.snapshot import Entry, Snapshot
    from trueup.acquisition.store import Store

__all__ = ["Attempt", "left_by_attempts"]

# Where cmake and meson have set up a build, whatever its folder is called.
_BOOKS = frozenset(("CMakeCache.txt", "build.ninja"))
# cargo's folder: what it makes goes by names in which all is that it was told.
_CARGO = ".rustc_info.json"

Looks = dict[str, list[int]]


class Attempt:
    """What is tried in a tree, from `with` on: one build, or some, until there is a good one.

    That it was begun is remembered until it is over, and what it left if it ends in an error. The
    caller holds the project's lock.
    """

    def __init__(self, tree: str, store: Store) -> None:
        """Make one.

        Args:
            tree: the top folder, absolute.
            store: remembers.
        """
        self._tree, self._store = tree, store
        self._aside: set[str] = set()
        self._begun: Begun | None = None
        self._left: Looks = {}
        self._doubtful: Looks = {}

    @property
    def doubtful(self) -> frozenset[str]:
        """What a killed build wrote that somebody may have changed since."""
        return frozenset(self._doubtful)

    def __enter__(self) -> Self:
        """Find out what the one before left, if it was killed."""
        known = find_attempt(self._store, self._tree)
        self._left = _looks_in(known.get("left"))
        self._doubtful = dict(_unchanged(self._tree, _looks_in(known.get("doubtful"))))
        killed = known.get("begun")
        if killed:
            self._take_over(Begun(str(killed), self._tree))
        return self

    def begin(self, before: Snapshot, aside: Collection[str]) -> str:
        """Begin a build; return the empty folder that it works in.

        Args:
            before: the tree, as the build finds it.
            aside: what is out of its way, and back in its place after an error.

        Raises:
            StoreError: there is no room for what has to be remembered.
        """
        self._aside.update(aside)
        if self._begun is None:
            self._begun = Begun(make_workplace(self._store), self._tree)
            self._begun.write(before)
            self._remember(begun=self._begun.folder)
        return self._begun.workspace()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remember what is left of a build that was stopped, and nothing of one that was not."""
        begun = self._begun
        if begun is None:
            return
        if error is None:
            self._left = {}
            forget_attempt(self._store, self._tree)
        elif (names := begun.before()) is not None:
            after = take_snapshot(self._tree).entries
            paths = _made(after, names, begun.written(), self._aside)
            self._left = {path: _look(after[path]) for path in paths}
        with suppress(StoreError):  # what is wrong with the build is told
            if self._left or self._doubtful:
                self._remember()
        remove(begun.folder)

    def _take_over(self, begun: Begun) -> None:
        """Have what a killed build made be what one left that failed."""
        begun.end_processes()
        names, over = begun.before(), begun.over_ns()
        if names is not None:
            after = take_snapshot(self._tree).entries
            for path in _made(after, names, begun.written(), ()):
                entry = after[path]
                if entry.is_directory or entry.ctime_ns <= over or is_by_product(path):
                    self._left[path] = _look(entry)
                else:
                    self._doubtful[path] = _look(entry)
        self._remember()
        remove(begun.folder)

    def _remember(self, *, begun: str = "") -> None:
        value = {"left": self._left, "doubtful": self._doubtful, "begun": begun}
        write_attempt(self._store, self._tree, value)


def _made(
    after: Mapping[str, Entry],
    before: Collection[str],
    written: Collection[str],
    aside: Collection[str],
) -> Iterator[str]:
    """Yield what builds have made.

    Of what is new, what Python code wrote, and all in new folders that builds work in: the rest
    may be somebody's, who has saved it meanwhile.
    """
    new = {path: entry for path, entry in after.items() if path not in before}
    places = tuple(path + "/" for path in _workplaces(new))
    for path in after:
        name = path.rpartition("/")[2]
        known = path in aside or (
            path in new
            and (
                path in written
                or (path + "/").startswith(places)
                or ("." in name and is_by_product(name))
                or name in _BOOKS  # in the tree itself, where that is what it builds in
            )
        )
        if known and not any(map(is_noise, path.split("/"))):
            yield path


def _workplaces(new: dict[str, Entry]) -> Iterator[str]:
    """Yield the folders among what is new in which a build was at work."""
    for path, entry in new.items():
        folder, _, name = path.rpartition("/")
        if entry.is_directory and is_by_product(name) and f"{path}/{_CARGO}" not in new:
            yield path
        elif name in _BOOKS and folder in new:
            yield folder


def left_by_attempts(tree: str, store: Store) -> tuple[str, ...]:
    """Return what the last build that failed in a tree left there, and nobody touched since.

    Folders are among it, whatever is in them now.
    """
    left = _looks_in(find_attempt(store, tree).get("left"))
    return tuple(path for path, _ in _unchanged(tree, left))


def _unchanged(tree: str, looks: Looks) -> Iterator[tuple[str, list[int]]]:
    """Yield what looks as it did, by times that moving a file does not change, and all folders."""
    for path, told in looks.items():
        place = os.path.join(tree, path)
        with suppress(OSError):  # it is gone
            now = os.lstat(place)
            folder = os.path.isdir(place) and not os.path.islink(place)
            if folder or told == [now.st_size, now.st_mtime_ns, now.st_ino]:
                yield path, told


def _look(entry: Entry) -> list[int]:
    return [entry.size, entry.mtime_ns, entry.inode]


def _looks_in(value: Any) -> Looks:
    return dict(value) if isinstance(value, dict) else {}
