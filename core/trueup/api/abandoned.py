"""What a build left that came to no end: no build after it is to take that for its own.

A first `meson setup` writes down the compiler's flags, and a script the module that was missing.
Where that build fails, the next one would go by them, and no build before it is known to have made
them.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from trueup.acquisition.snapshot import take_snapshot
from trueup.acquisition.trace import read_trace
from trueup.errors import StoreError
from trueup.freshness.names import is_by_product, is_noise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import TracebackType

    from trueup.acquisition.snapshot import Entry, Snapshot
    from trueup.acquisition.store import Store

__all__ = ["Attempt", "left_by_attempts"]

# Where cmake and meson have set up a build, whatever its folder is called.
_BOOKS = frozenset(("CMakeCache.txt", "build.ninja"))
# cargo's folder: what it makes goes by names in which all is that it was told.
_CARGO = ".rustc_info.json"


class Attempt:
    """A build in a tree, from `with` on; what it leaves is remembered if it ends in an error."""

    def __init__(self, tree: str, aside: Collection[str], store: Store) -> None:
        """Make one.

        Args:
            tree: the top folder, absolute.
            aside: what is out of the build's way, and back after an error.
            store: remembers.
        """
        self._tree, self._aside, self._store = tree, frozenset(aside), store
        self._before: Snapshot | None = None
        self._written: frozenset[str] = frozenset()

    @contextmanager
    def looking(self, before: Snapshot, workspace: str) -> Iterator[None]:
        """After an error, take note of what was there before, and of what was seen of the build."""
        try:
            yield
        except BaseException:
            self._before = before
            self._written = frozenset(read_trace(workspace, self._tree, hooks=0).writes)
            raise

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remember what is left of a build that was stopped."""
        if error is not None and self._before is not None:
            left = dict(self._left(self._before))
            with suppress(StoreError):  # what is wrong with the build is told
                self._store.record_build(_key(self._tree), {"pack": "", "left": left})

    def _left(self, before: Snapshot) -> Iterator[tuple[str, tuple[int, int, int]]]:
        """Yield what builds have made, and how it looks.

        Of what is new, what Python code wrote, and all in new folders that builds work in: the rest
        may be somebody's, who has saved it meanwhile.
        """
        after = take_snapshot(self._tree).entries
        new = {path: entry for path, entry in after.items() if path not in before.entries}
        places = tuple(path + "/" for path in _workplaces(new))
        for path, entry in after.items():
            name = path.rpartition("/")[2]
            known = path in self._aside or (
                path in new
                and (
                    path in self._written
                    or (path + "/").startswith(places)
                    or ("." in name and is_by_product(name))
                )
            )
            if known and not any(map(is_noise, path.split("/"))):
                yield path, (entry.size, entry.mtime_ns, entry.inode)


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

    Folders are among it, whatever is in them now. By times that moving a file does not change.
    """
    record = store.find_build(_key(tree)) or {}
    left = record.get("left")
    found: list[str] = []
    for path, told in left.items() if isinstance(left, dict) else ():
        place = os.path.join(tree, path)
        with suppress(OSError):  # it is gone
            now = os.lstat(place)
            looks = [now.st_size, now.st_mtime_ns, now.st_ino]
            if looks == told or (os.path.isdir(place) and not os.path.islink(place)):
                found.append(path)
    return tuple(found)


def _key(tree: str) -> str:
    return f"attempt {tree}"
