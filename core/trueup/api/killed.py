"""A build that was begun, as its folder tells of it: enough to know, later, what it did if killed.

Who is killed leaves the folder. In it are the names of all that was in the tree before, and the
folders that the builds worked in, with what Python code wrote down of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trueup.acquisition.build_process import MARK
from trueup.acquisition.process_tree import end_marked
from trueup.acquisition.store_temporary import making
from trueup.acquisition.trace import read_trace
from trueup.values import dataclass

if TYPE_CHECKING:
    from trueup.acquisition.snapshot import Snapshot

__all__ = ["Begun"]

_NAMES = "before"
_LOG = "build.log"
# Who builds touches the log twenty times a second; a machine that is busy is late with that, and
# what a hook wrote in its last moments is still its own.
_MARGIN = 500_000_000  # nanoseconds


@dataclass(frozen=True, slots=True)
class Begun:
    """A build that was begun, or some in a row.

    Attributes:
        folder: what is kept of it.
        tree: where it builds.
    """

    folder: str
    tree: str

    def write(self, before: Snapshot) -> None:
        """Write down what is in the tree: a millisecond for ten thousand files.

        Raises:
            StoreError: there is no room for it.
        """
        path = os.path.join(self.folder, _NAMES)
        with making(path), open(path, "wb") as file:
            file.write("\0".join(before.entries).encode("utf-8", "surrogateescape"))

    def workspace(self) -> str:
        """Return a new empty folder for a build to work in.

        Raises:
            StoreError: it cannot be made.
        """
        with making(self.folder):
            path = os.path.join(self.folder, str(len(os.listdir(self.folder))))
            os.mkdir(path, 0o700)
        return path

    def before(self) -> frozenset[str] | None:
        """Return the paths of all that was in the tree before; None where no build was begun."""
        try:
            with open(os.path.join(self.folder, _NAMES), "rb") as file:
                return frozenset(file.read().decode("utf-8", "surrogateescape").split("\0"))
        except OSError:
            return None

    def written(self) -> frozenset[str]:
        """Return what Python code was about to write; relative to the tree, or absolute."""
        traces = (read_trace(path, self.tree, hooks=0) for path in self._workspaces())
        return frozenset().union(*(one.writes for one in traces))

    def over_ns(self) -> int:
        """Return when nothing of it was at work any more, in nanoseconds; what is later is not its.

        By the clock of the store's file system. What another clock gave its times may seem to be
        somebody's, or its: the one is only doubted, and the other is no older than its beginning.
        """
        paths = [os.path.join(self.folder, _NAMES)]
        paths += [os.path.join(path, _LOG) for path in self._workspaces()]
        return max(map(_mtime_ns, paths)) + _MARGIN

    def end_processes(self) -> None:
        """End what is still at work; the caller knows that nobody needs it."""
        end_marked(f"{MARK}={self.folder}{os.sep}".encode())

    def _workspaces(self) -> Iterator[str]:
        try:
            names = os.listdir(self.folder)
        except OSError:
            return  # it was removed by hand
        yield from (os.path.join(self.folder, name) for name in names if name != _NAMES)


def _mtime_ns(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
