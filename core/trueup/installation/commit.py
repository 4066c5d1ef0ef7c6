"""The renames of a whole transaction, forward or back, and the receipts that go with them."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress

from trueup.destination.environment import Environment
from trueup.errors import TransactionError
from trueup.importability import touch_directories
from trueup.installation.journal import Journal, Staged, forget
from trueup.installation.placement import put_in_place, set_aside, take_back
from trueup.installation.receipt import drop_receipt, inside, read_receipt, refreshed, write_receipt
from trueup.values import dataclass

__all__ = ["Outcome", "commit", "go_back", "go_forward", "words"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transaction did.

    Attributes:
        touched: directories whose entries changed, absolute.
        displaced: files of others that had to give way, absolute.
    """

    touched: tuple[str, ...] = ()
    displaced: tuple[str, ...] = ()


def commit(environment: Environment, journal: Journal, started: int) -> Outcome:
    """Do the renames; where one fails, take all back."""
    try:
        return go_forward(environment, journal, started=started)
    except BaseException as error:
        go_back(environment, journal, error)
        raise


def go_forward(environment: Environment, journal: Journal, *, started: int = 0) -> Outcome:
    """Do all that the journal says, and forget it.

    Args:
        environment: where.
        journal: what.
        started: when the journal was written, in nanoseconds by the file system's clock; 0 where
            somebody else began: what he renamed, and what happened since, is not known.
    """
    set_aside(journal)
    placed = put_in_place(journal)
    renamed = placed.renamed if started else None
    os.utime(journal.placing)  # and so we know what time it is to this file system
    times = (started, os.stat(journal.placing).st_ctime_ns) if started else (0, 0)
    roots = {one.root for one in journal.staged}
    seen = {root: None if renamed is None else inside(renamed, root) for root in roots}
    for one in journal.staged:
        receipt = refreshed(one.receipt, one.root, seen[one.root], times=times)
        write_receipt(environment, receipt, journal.folder)
    come = {one.receipt.dist_info for one in journal.staged}
    for path in journal.gone:
        if os.path.basename(path) not in come:
            drop_receipt(environment, os.path.basename(path))
    touched = touch_directories(_touched(environment, journal, renamed))
    forget(environment)
    return Outcome(touched, placed.displaced)


def go_back(environment: Environment, journal: Journal, reason: BaseException) -> None:
    """Undo all that the journal says, and forget it.

    Raises:
        TransactionError: that is not possible either; the journal stays.
    """
    try:
        take_back(journal)
        with suppress(OSError):  # its inode may be the only free one, and a receipt needs one
            os.rmdir(journal.aside)
        _restore_receipts(environment, journal)
        touch_directories(_touched(environment, journal, None))
        forget(environment)
    except OSError as error:
        raise TransactionError(
            f"{environment.root} is half changed: {words(reason)}, and then {words(error)}",
            hint="make room or get the permission; the next trueup command will finish it",
        ) from error


def _restore_receipts(environment: Environment, journal: Journal) -> None:
    """Let the receipts be those of what is there again: old files, renamed twice."""
    come = {one.receipt.dist_info: one.receipt for one in journal.staged}
    gone = {os.path.basename(path): os.path.dirname(path) for path in journal.gone}
    for name in {**come, **gone}:
        receipt = read_receipt(environment, name)
        new = come.get(name)
        if name not in gone or (receipt and new and set(receipt.inodes) & set(new.inodes)):
            drop_receipt(environment, name)
        elif receipt is not None:
            old = refreshed(receipt, gone[name], inside(journal.removals, gone[name]))
            # On a full disk there may be room for nothing; where nothing was renamed, none is due.
            if (old.ctimes, old.inodes) != (receipt.ctimes, receipt.inodes):
                write_receipt(environment, old, journal.folder)


def _touched(
    environment: Environment, journal: Journal, renamed: Collection[str] | None
) -> list[str]:
    """Return the directories whose listing somebody may have cached and that changed.

    A directory that came as a whole was never there to be cached, unless one of its name was there
    before: then it is among the parents of what was removed.
    """
    if renamed is None:
        renamed = [os.path.join(one.root, path) for one in journal.staged for path in _paths(one)]
    found = {os.path.dirname(path) for path in (*journal.removals, *renamed)}
    found.update(environment.library_directories)
    return [path for path in found if os.path.isdir(path)]


def _paths(one: Staged) -> tuple[str, ...]:
    return one.receipt.paths


def words(error: BaseException) -> str:
    """Return what went wrong, for the middle of a sentence."""
    if isinstance(error, TransactionError):
        return error.problem
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{place}"
    return type(error).__name__
