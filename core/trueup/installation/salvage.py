"""Salvage: what waits on an environment's shelf is used again where it is just what would come.

An environment that is made anew is to be as if made from nothing. A distribution is taken from the
shelf only where its receipt tells that the same pack was written by the same recipe, and the stat
of every file tells that it is as it was written: a program can set neither ctime nor inode. What
else lies between its files stays behind.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Mapping

from trueup.acquisition.pack_format import DIGEST_SIZE
from trueup.destination.environment import Environment
from trueup.destination.shelf import shelves
from trueup.installation.boot import boot_identity
from trueup.installation.journal import Move, Staged
from trueup.installation.recipe import generated_files, recipe_digest, targets_of
from trueup.installation.record import Delivery
from trueup.installation.stock import Goods, Stock, inspect_goods, open_stock
from trueup.installation.transfer import files_by_directory
from trueup.values import dataclass, replace

__all__ = ["Salvage", "open_salvage"]


@dataclass(frozen=True, slots=True)
class Salvage:
    """What lies on the shelves of one environment.

    Attributes:
        environment: whose.
        stocks: one for each shelf.
        mode: the permissions of directories that are made now.
    """

    environment: Environment
    stocks: tuple[Stock, ...]
    mode: int

    def stage(self, delivery: Delivery, folder: str) -> Staged | None:
        """Move the files of `delivery` from a shelf to below `folder`; None if they are not there.

        Raises:
            OSError: something cannot be renamed.
        """
        recipe = recipe_digest(self.environment, delivery, self.mode)
        name = delivery.pack.dist_info
        for stock in self.stocks:
            receipt = stock.receipts.get(name)
            if receipt is None or (receipt.pack, receipt.recipe) != (delivery.pack.digest, recipe):
                continue
            goods = inspect_goods(stock, name, self.mode)
            if goods is not None and self._hold(goods, delivery, stock):
                return self._take(goods, delivery, stock, folder)
        return None

    def _hold(self, goods: Goods, delivery: Delivery, stock: Stock) -> bool:
        """Whether the files that their stat does not prove hold what they are to hold."""
        if not goods.young:
            return True
        wanted = _digests(self.environment, delivery, goods.young)
        for path in goods.young:
            place = stock.shelf.place(path)
            if place is None or path not in wanted or _digest_of(place) != wanted[path]:
                return False
        return True

    def _take(self, goods: Goods, delivery: Delivery, stock: Stock, folder: str) -> Staged:
        pack, shelf = delivery.pack, stock.shelf
        for path in goods.modes:
            os.chmod(path, self.mode)
        for path in goods.strangers:
            os.rename(path, os.path.join(shelf.rest, os.urandom(8).hex()))
        staging = _Staging(folder, targets_of(self.environment, pack), pack.root)
        for directory in goods.directories:
            os.rename(str(shelf.place(directory)), staging.place(directory))
        receipt = stock.receipts[pack.dist_info]
        ctimes = receipt.ctimes[:]
        for path, at in goods.files.items():
            staged = staging.place(path)
            os.rename(str(shelf.place(path)), staged)
            ctimes[at] = os.lstat(staged).st_ctime_ns  # a rename moves it
        fresh = replace(receipt, boot=boot_identity(), ctimes=ctimes)
        return Staged(f"{pack.name} {pack.version}", staging.moves(pack.dist_info), fresh)


class _Staging:
    """Where in a staging folder what belongs to an environment is put."""

    def __init__(self, folder: str, targets: Mapping[str, str], root: str) -> None:
        self._root = root
        self._targets = targets
        # The root is asked first: purelib and platlib are often one directory.
        schemes = sorted(targets, key=lambda one: (-len(targets[one]), one != root))
        self._places = {one: os.path.join(folder, one) for one in schemes}
        self._made: set[str] = set()
        os.makedirs(self._places[root])

    def place(self, path: str) -> str:
        """Return where to put what belongs at `path`, in a directory that is there."""
        for scheme, place in self._places.items():
            start = os.path.join(self._targets[scheme], "")
            if path.startswith(start):
                staged = os.path.join(place, path[len(start) :])
                parent = os.path.dirname(staged)
                if parent not in self._made:
                    os.makedirs(parent, exist_ok=True)
                    self._made.add(parent)
                return staged
        raise AssertionError(path)  # what lies outside of the scheme is never among the goods

    def moves(self, dist_info: str) -> tuple[Move, ...]:
        """Return what the transaction is to rename, dist-info last."""
        others = sorted(
            one for one, place in self._places.items() if one != self._root and os.path.isdir(place)
        )
        last = Move(self._places[self._root], self._targets[self._root], dist_info)
        return (*(Move(self._places[one], self._targets[one]) for one in others), last)


def open_salvage(environment: Environment, folder: str, wanted: Collection[str]) -> Salvage | None:
    """Return what lies on the shelves of `environment`; None where there is nothing to take.

    Args:
        environment: whose.
        wanted: the names of the dist-info directories of what comes.
        folder: where a directory can be made, to see what permissions it gets.
    """
    found = [
        one
        for one in shelves(environment.root)
        if any(os.path.lexists(os.path.join(one.receipts, name)) for name in wanted)
    ]
    if not found:
        return None
    trial = os.path.join(folder, "trial")
    os.mkdir(trial)
    mode = stat.S_IMODE(os.stat(trial).st_mode)
    scheme = environment.scheme
    targets = {scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, scheme.headers}
    stocks = (open_stock(one, environment.library_directories, targets) for one in found)
    return Salvage(environment, tuple(stocks), mode)


def _digests(
    environment: Environment, delivery: Delivery, paths: Collection[str]
) -> dict[str, bytes]:
    """Return the sha256 that each of `paths` has where `delivery` is installed, if it brings it."""
    pack = delivery.pack
    targets = targets_of(environment, pack)
    inside = {os.path.dirname(path) for path in paths}
    found: dict[str, bytes] = {}
    for directory, files in files_by_directory(pack):
        scheme, _, rest = directory.partition("/")
        place = os.path.join(targets[scheme], *rest.split("/")) if rest else targets[scheme]
        for at in files if place in inside else ():
            digest = pack.digests[DIGEST_SIZE * at : DIGEST_SIZE * (at + 1)]
            found[os.path.join(place, pack.names[at])] = digest
    if inside & {targets["scripts"], os.path.join(targets[pack.root], pack.dist_info)}:
        for one in generated_files(environment, delivery):
            path = os.path.join(targets[one.scheme], *one.name.split("/"))
            found[path] = hashlib.sha256(one.content).digest()
    return found


def _digest_of(path: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
