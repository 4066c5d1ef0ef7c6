"""The stock on a shelf: which directory belongs to whom, and whether all in it is as written."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping, Sequence

from trueup.destination.shelf import Shelf
from trueup.installation.receipt import SERIAL, Receipt, receipt_in, serial
from trueup.values import dataclass, field

__all__ = ["Goods", "Stock", "inspect_goods", "open_stock"]

Rows = dict[str, dict[str, int]]
"""Directory, absolute, as it was in the environment, to file name to row of the receipt."""

_SHARED = ""


@dataclass(frozen=True, slots=True)
class Stock:
    """What one shelf has receipts for.

    Attributes:
        shelf: where it lies.
        targets: the directories of the environment's scheme, longest first.
        receipts: name of a dist-info directory to its receipt.
        rows: the same to its files by directory.
        owned: the same to the directories below one of `targets` in which no other distribution
            has files, nor below them.
    """

    shelf: Shelf
    targets: tuple[str, ...]
    receipts: Mapping[str, Receipt]
    rows: Mapping[str, Rows]
    owned: Mapping[str, Sequence[str]]

    def target_of(self, directory: str) -> str:
        """Return the directory of the scheme that `directory` lies in; "" for none."""
        return _target_of(directory, self.targets)


@dataclass(slots=True)
class Goods:
    """The files of one distribution on a shelf, looked at one by one.

    Attributes:
        directories: units to take as a whole, by their place in the environment.
        files: rows of files to take singly, by their place in the environment.
        strangers: what lies in `directories` and is nobody's, by its place on the shelf.
        modes: directories on the shelf whose permissions somebody has changed.
        young: rows that their stat does not prove, by place in the environment: they changed, or
            may have changed, within the same tick of the clock in which they were recorded.
    """

    directories: list[str] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    young: dict[str, int] = field(default_factory=dict)


class _Altered(Exception):
    """A file or directory is not as it was written."""


def open_stock(shelf: Shelf, libraries: Collection[str], targets: Collection[str]) -> Stock:
    """Read what lies on `shelf`.

    Args:
        shelf: which.
        libraries: where dist-info directories were, absolute.
        targets: all directories of the scheme, absolute.
    """
    longest_first = tuple(sorted(set(targets), key=len, reverse=True))
    receipts: dict[str, Receipt] = {}
    rows: dict[str, Rows] = {}
    owners: dict[str, str] = {}
    for name in sorted(os.listdir(shelf.receipts)) if os.path.isdir(shelf.receipts) else ():
        receipt = receipt_in(shelf.receipts, name)
        places = ((each, shelf.place(os.path.join(each, name))) for each in libraries)
        library = next((each for each, place in places if place and os.path.isdir(place)), None)
        if receipt is None or library is None:
            continue
        receipts[name] = receipt
        rows[name] = _rows_of(receipt, library)
        for directory in _with_parents(rows[name], longest_first):
            owners[directory] = name if owners.get(directory, name) == name else _SHARED
    owned: dict[str, list[str]] = {}
    for directory, name in owners.items():
        if name != _SHARED:
            owned.setdefault(name, []).append(directory)
    return Stock(shelf, longest_first, receipts, rows, owned)


def _rows_of(receipt: Receipt, library: str) -> Rows:
    found: Rows = {}
    last = None
    names: dict[str, int] = {}
    for at, path in enumerate(receipt.paths):
        directory, _, name = path.rpartition(os.sep)
        if directory != last:
            last = directory
            names = found.setdefault(os.path.join(library, directory).rstrip(os.sep), {})
        names[name] = at
    return found


def _with_parents(directories: Collection[str], targets: tuple[str, ...]) -> set[str]:
    """Return `directories` and their parents, as far as they lie below one of `targets`."""
    found: set[str] = set()
    for directory in directories:
        climbed = directory
        least = len(_target_of(directory, targets))
        while climbed not in found and len(climbed) > least > 0:
            found.add(climbed)
            climbed = climbed.rpartition(os.sep)[0]
    return found


def _target_of(directory: str, targets: tuple[str, ...]) -> str:
    for target in targets:
        if directory == target or directory.startswith(target + os.sep):
            return target
    return ""


def inspect_goods(stock: Stock, name: str, mode: int) -> Goods | None:
    """Look at every file of a distribution; None where one is missing or not as it was written.

    Args:
        stock: where it lies.
        name: its dist-info directory's name.
        mode: the permissions that directories have to have.
    """
    look = _Look(stock, name, mode)
    try:
        look.at_all()
    except (_Altered, OSError):
        return None
    return look.goods


class _Look:
    """One look at the files of one distribution."""

    def __init__(self, stock: Stock, name: str, mode: int) -> None:
        self._stock = stock
        self._as_made = stat.S_IFDIR | mode
        self._rows = stock.rows[name]
        self._receipt = stock.receipts[name]
        self._owned = stock.owned.get(name, ())
        self._tree = os.path.realpath(stock.shelf.tree)
        self.goods = Goods()

    def at_all(self) -> None:
        """Look at everything.

        Raises:
            _Altered, OSError: something is not as it was written.
        """
        inside: dict[str, set[str]] = {one: set() for one in self._owned}
        for directory in self._owned:
            parent, _, name = directory.rpartition(os.sep)
            if parent in inside:
                inside[parent].add(name)
            else:
                self._enter(parent)
                place = self._place(directory)
                self._check_directory(place, "", os.lstat(place))
                self.goods.directories.append(directory)
        for directory, subdirectories in inside.items():
            self._check_owned(directory, subdirectories)
        for directory in self._rows.keys() - inside.keys():
            place = self._enter(directory)
            for name, at in self._rows[directory].items():
                path = os.path.join(directory, name)
                if self._is_young(at, os.lstat(os.path.join(place, name))):
                    self.goods.young[path] = at
                self.goods.files[path] = at

    def _place(self, directory: str) -> str:
        place = self._stock.shelf.place(directory)
        if place is None:
            raise _Altered(directory)
        return place

    def _enter(self, directory: str) -> str:
        """Return where a directory that is shared with others lies, if it does lie on the shelf.

        What a link leads to elsewhere was never part of the environment.
        """
        if not self._stock.target_of(directory):
            raise _Altered(directory)
        place = self._place(directory)
        real = os.path.realpath(place)
        if real != self._tree and not real.startswith(self._tree + os.sep):
            raise _Altered(directory)
        return place

    def _check_directory(self, place: str, name: str, status: os.stat_result) -> None:
        if status.st_mode == self._as_made:
            return
        if not stat.S_ISDIR(status.st_mode):
            raise _Altered(place)
        self.goods.modes.append(os.path.join(place, name) if name else place)

    def _check_owned(self, directory: str, subdirectories: Collection[str]) -> None:
        """Look at a directory that belongs to this distribution alone.

        A medium environment has twenty thousand files: what is said here once for each of them is
        said in as few steps as can be.
        """
        names = self._rows.get(directory, {})
        place = self._place(directory)
        sizes, mtimes = self._receipt.sizes, self._receipt.mtimes
        ctimes, inodes = self._receipt.ctimes, self._receipt.inodes
        began, taken = self._receipt.began, self._receipt.taken
        found = 0
        for name, now in _entries(place):
            at = names.get(name)
            if at is not None:
                changed, written = now.st_ctime_ns, now.st_mtime_ns
                if changed != ctimes[at] or written != mtimes[at]:
                    raise _Altered(name)
                if now.st_ino & SERIAL != inodes[at] or now.st_size != sizes[at]:
                    raise _Altered(name)
                if changed >= taken or written >= began:
                    self.goods.young[os.path.join(directory, name)] = at
            elif name in subdirectories:
                self._check_directory(place, name, now)
            else:
                self.goods.strangers.append(os.path.join(place, name))
                continue
            found += 1
        if found != len(names) + len(subdirectories):
            raise _Altered(directory)

    def _is_young(self, at: int, now: os.stat_result) -> bool:
        """Whether a file, though its stat is as it was, may be another."""
        then = self._receipt
        changed = now.st_ctime_ns
        if (
            changed != then.ctimes[at]
            or now.st_size != then.sizes[at]
            or serial(now) != then.inodes[at]
            or now.st_mtime_ns != then.mtimes[at]
        ):
            raise _Altered(then.paths[at])
        return changed >= then.taken or now.st_mtime_ns >= then.began


if os.scandir in os.supports_fd:

    def _entries(directory: str) -> list[tuple[str, os.stat_result]]:
        # From a descriptor, the kernel need not walk the whole path for each file.
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(directory, flags)
        try:
            with os.scandir(descriptor) as entries:
                return [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
        finally:
            os.close(descriptor)

else:  # Windows, whose listings hold no file serial numbers

    def _entries(directory: str) -> list[tuple[str, os.stat_result]]:
        names = os.listdir(directory)
        return [(name, os.lstat(os.path.join(directory, name))) for name in names]
