"""Sees what any process of a build opens in a source tree: by inotify, so on Linux alone.

An audit hook sees what Pythons read, and nothing of what a compiler, cmake or cargo does. A watch
on each folder tells of each file that is opened and of each folder that is listed, whoever does
it; of what is only looked for (`stat`), or opened in vain, it tells nothing. inotify(7).
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from typing import TYPE_CHECKING, Self

from trueup.acquisition.gates import FOLDER
from trueup.values import dataclass

if TYPE_CHECKING:
    from ctypes import CDLL
    from types import TracebackType

    from trueup.acquisition.snapshot import Snapshot

__all__ = ["Sighting", "Witness"]

_OPEN, _ACCESS = 0x20, 0x1
_UNMOUNTED, _OVERFLOWED, _FOLDER = 0x2000, 0x4000, 0x40000000
_ONLY_FOLDERS, _NO_LINKS = 0x01000000, 0x02000000
_HEAD = struct.Struct("iIII")
_BLOCK = 1 << 18
_INTERVAL = 0.01  # seconds


@dataclass(frozen=True, slots=True)
class Sighting:
    """What programs opened whose reading no audit hook sees. Paths are relative to the tree.

    Attributes:
        opened: files; also those that were only written to.
        listed: folders; "." for the tree.
        spans: how many times such a program was started.
        doubt: why more may have been opened, or "".
    """

    opened: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    spans: int = 0
    doubt: str = "nobody watched"

    def joined_with(self, other: Sighting) -> Sighting:
        """Return what was seen in both."""
        return Sighting(
            self.opened | other.opened,
            self.listed | other.listed,
            self.spans + other.spans,
            self.doubt or other.doubt,
        )


class Witness:
    """Watches a tree from `with` on until its end; then `sighting` tells what was seen."""

    def __init__(self, before: Snapshot, workspace: str, *, along: bool = True) -> None:
        """Make one.

        Args:
            before: the tree; what is no part of it is not watched.
            workspace: the build's folder.
            along: take what the kernel tells as it comes; else all in the end, if it keeps it.
        """
        self._along = along
        self._tree = before.tree
        self._folders = [path for path, entry in before.entries.items() if entry.is_directory]
        self._gates = os.path.join(workspace, FOLDER)
        self._places: dict[int, str] = {}
        self._gate = -1
        self._opened: set[str] = set()
        self._listed: set[str] = set()
        self._spans: set[str] = set()
        self._spans_begun = 0
        self._pythons: set[str] = set()
        self._ready = False
        self._doubt = ""
        self._descriptor = -1
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    @property
    def sighting(self) -> Sighting:
        """What was seen so far."""
        doubt = self._doubt or ("a Python read unseen" if self._pythons else "")
        return Sighting(frozenset(self._opened), frozenset(self._listed), self._spans_begun, doubt)

    def __enter__(self) -> Self:
        """Begin to watch; where that is impossible, `sighting` says so."""
        try:
            self._doubt = self._begin()
        except (OSError, AttributeError) as error:
            self._doubt = f"the tree cannot be watched: {error}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take what is left, and watch no more."""
        if self._thread is not None:
            self._over.set()
            self._thread.join()
        if self._descriptor >= 0:
            self._drain()
            _close_aside(self._descriptor)
            self._descriptor = -1

    def _begin(self) -> str:
        """Set all watches; return why not all that happens will be seen, or ""."""
        if sys.platform != "linux":
            return "only Linux tells of what programs open"
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        self._descriptor = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        os.makedirs(self._gates, exist_ok=True)
        self._gate = self._watch(library, self._gates)
        self._places[self._watch(library, self._tree)] = ""
        for folder in self._folders:
            self._places[self._watch(library, os.path.join(self._tree, folder))] = folder + "/"
        # Not every file system or kernel tells, whatever it promises: it has to tell of this.
        os.listdir(self._tree)
        self._drain()
        if not self._ready:
            return "the file system does not tell of what programs open"
        if self._along:
            self._thread = threading.Thread(target=self._follow, name="trueup-witness", daemon=True)
            self._thread.start()
        return ""

    def _watch(self, library: CDLL, folder: str) -> int:
        import ctypes

        mask = _OPEN | _ACCESS | _ONLY_FOLDERS | _NO_LINKS
        number = int(library.inotify_add_watch(self._descriptor, os.fsencode(folder), mask))
        if number < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", folder)
        return number

    def _follow(self) -> None:
        """Take events as they come: the kernel keeps 16,384, and drops what comes then.

        Not each by itself: to be waked for each file costs as much as to open it, twice.
        """
        while not self._over.wait(_INTERVAL):
            self._drain()

    def _drain(self) -> None:
        """Take all events that are there."""
        while True:
            try:
                block = os.read(self._descriptor, _BLOCK)
            except BlockingIOError:
                return
            at = 0
            while at < len(block):
                number, mask, _, size = _HEAD.unpack_from(block, at)
                at += _HEAD.size + size
                self._take(number, mask, os.fsdecode(block[at - size : at].rstrip(b"\0")))

    def _take(self, number: int, mask: int, name: str) -> None:
        if mask & (_OVERFLOWED | _UNMOUNTED):
            self._doubt = "more was opened at once than the kernel tells of"
        elif number == self._gate:
            self._pass_gate(name if mask & _OPEN else "")
        elif (folder := self._places.get(number)) is None:
            return
        elif mask & _FOLDER:
            # Told twice, to who watches the folder and to who watches the one around it. To open
            # one is not to list it: cmake opens the folder that it works in, and leaves it at that.
            listed = not name and bool(mask & _ACCESS)
            self._ready = self._ready or (listed and not folder)
            if self._spans and listed:
                self._listed.add(folder[:-1] or ".")
        elif self._spans and mask & _OPEN:
            self._opened.add(folder + name)

    def _pass_gate(self, name: str) -> None:
        """Note that a program starts or has ended: `gates` tells of it by the name of a file."""
        span = name[1:]
        if name.startswith("p"):
            self._pythons.add(span)
        elif name.startswith("b"):
            self._spans.add(span)
            self._spans_begun += 1
        elif name.startswith("e"):
            self._spans.discard(span)
            self._pythons.discard(span)


def _close_aside(descriptor: int) -> None:
    """Close what watched: the kernel waits for whoever may still be telling of it, some 15 ms."""
    threading.Thread(target=os.close, args=(descriptor,), daemon=True).start()
