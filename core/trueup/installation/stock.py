"""The stock on a shelf: which directory belongs to whom, and whether all in it is as written."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from trueup.destination.shelf import Shelf
from trueup.installation.receipt import Receipt, receipt_in, serial

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
        owners: directory below one of `targets` to the one distribution that has files in it, or
            to "" where several have.
    """

    shelf: Shelf
    targets: tuple[str, ...]
    receipts: Mapping[str, Receipt]
    rows: Mapping[str, Rows]
    owners: Mapping[str, str]

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
    return Stock(shelf, longest_first, receipts, rows, owners)


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
        target = _target_of(directory, targets)
        while directory not in found and len(directory) > len(target) > 0:
            found.add(directory)
            directory = os.path.dirname(directory)  # noqa: PLW2901 - climbing is the point
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
        self._mode = mode
        self._rows = stock.rows[name]
        self._receipt = stock.receipts[name]
        self._owned = {one for one in self._all() if stock.owners[one] == name}
        self.goods = Goods()

    def _all(self) -> set[str]:
        return _with_parents(self._rows, self._stock.targets)

    def at_all(self) -> None:
        """Look at everything.

        Raises:
            _Altered, OSError: something is not as it was written.
        """
        inside: dict[str, set[str]] = {one: set() for one in self._owned}
        for directory in self._owned:
            parent, name = os.path.split(directory)
            if parent in inside:
                inside[parent].add(name)
            else:
                self._enter(parent)
                self._check_directory(self._place(directory))
                self.goods.directories.append(directory)
        for directory, subdirectories in inside.items():
            self._check_owned(directory, subdirectories)
        for directory in self._rows.keys() - self._owned:
            place = self._enter(directory)
            for name, at in self._rows[directory].items():
                path = os.path.join(directory, name)
                self._check_file(path, at, os.lstat(os.path.join(place, name)))
                self.goods.files[path] = at

    def _place(self, directory: str) -> str:
        place = self._stock.shelf.place(directory)
        if place is None or not self._stock.target_of(directory):
            raise _Altered(directory)
        return place

    def _enter(self, directory: str) -> str:
        """Return where a directory that is shared with others lies, if it does lie on the shelf.

        What a link leads to elsewhere was never part of the environment.
        """
        place = self._place(directory)
        tree, real = os.path.realpath(self._stock.shelf.tree), os.path.realpath(place)
        if real != tree and not real.startswith(tree + os.sep):
            raise _Altered(directory)
        return place

    def _check_directory(self, place: str) -> None:
        status = os.lstat(place)
        if not stat.S_ISDIR(status.st_mode):
            raise _Altered(place)
        if stat.S_IMODE(status.st_mode) != self._mode:
            self.goods.modes.append(place)

    def _check_owned(self, directory: str, subdirectories: Collection[str]) -> None:
        """Look at a directory that belongs to this distribution alone."""
        names = self._rows.get(directory, {})
        found = 0
        for name, path, status in _entries(self._place(directory)):
            at = names.get(name)
            if at is not None:
                self._check_file(os.path.join(directory, name), at, status)
            elif name in subdirectories:
                self._check_directory(path)
            else:
                self.goods.strangers.append(path)
                continue
            found += 1
        if found != len(names) + len(subdirectories):
            raise _Altered(directory)

    def _check_file(self, path: str, at: int, now: os.stat_result) -> None:
        then = self._receipt
        changed = now.st_ctime_ns
        if (
            changed != then.ctimes[at]
            or now.st_size != then.sizes[at]
            or serial(now) != then.inodes[at]
            or now.st_mtime_ns != then.mtimes[at]
        ):
            raise _Altered(path)
        if changed >= then.taken:
            self.goods.young[path] = at


if os.name == "nt":

    def _entries(directory: str) -> Iterator[tuple[str, str, os.stat_result]]:
        # A listing of Windows holds no file serial numbers.
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            yield name, path, os.lstat(path)

else:

    def _entries(directory: str) -> Iterator[tuple[str, str, os.stat_result]]:
        with os.scandir(directory) as entries:
            for entry in entries:
                yield entry.name, entry.path, entry.stat(follow_symlinks=False)
