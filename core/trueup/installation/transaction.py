"""The transaction: an environment is changed wholly or not at all.

Stage, write the journal, rename, forget the journal. What is slow and may fail (writing thousands
of files) happens in a staging folder; what changes the environment is only renames. A crash before
the journal leaves the environment as it was and a folder to sweep; a crash after it is finished by
whoever opens the environment next.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.errors import TransactionError
from trueup.importability import touch_directories
from trueup.installation.departure import departing_files
from trueup.installation.interruption import uninterrupted
from trueup.installation.journal import (
    DamagedJournal,
    Journal,
    Staged,
    forget,
    is_open,
    read_journal,
    write_journal,
)
from trueup.installation.placement import is_whole, put_in_place, set_aside, take_back
from trueup.installation.receipt import drop_receipt, read_receipt, refreshed, write_receipt
from trueup.installation.record import Delivery
from trueup.installation.staging import stage, without_twins
from trueup.reporting import SILENT, Event, Reporter

__all__ = ["Outcome", "carry_out", "recover"]

_PREFIX = "transaction-"
_KEPT = ("aside", "strangers")  # where a transaction's folder holds what was in the environment


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transaction did.

    Attributes:
        touched: directories whose entries changed, absolute.
        displaced: files of others that had to give way, absolute.
    """

    touched: tuple[str, ...] = ()
    displaced: tuple[str, ...] = ()


def carry_out(
    environment: Environment,
    removals: Sequence[InstalledDistribution],
    deliveries: Sequence[Delivery],
    *,
    reporter: Reporter = SILENT,
) -> Outcome:
    """Take `removals` out of the environment and put `deliveries` in. The caller holds the lock.

    Ctrl-C before the first rename leaves everything as it was; after it, it is heard when all is
    done.

    Args:
        environment: what is changed; recovered first where that is due.
        removals: distributions that go, those that are replaced included.
        deliveries: distributions that come.
        reporter: told of files of others that had to give way.

    Raises:
        TransactionError: something could not be written or renamed; the environment is as it was.
        EnvironmentProblem: what is to be removed cannot be read.
        StoreError: a pack is gone since it was found.
    """
    if is_open(environment):
        recover(environment, reporter=reporter)
    with _translated(environment):
        departing = departing_files(environment, removals, reporter=reporter)
        folder = _new_folder(environment)
        try:
            staged = without_twins(
                [
                    stage(environment, delivery, os.path.join(folder, str(number)))
                    for number, delivery in enumerate(deliveries)
                ]
            )
            gone = tuple(removal.path for removal in removals)
            journal = Journal(folder, departing, gone, staged, _boundaries(environment))
            with uninterrupted():
                write_journal(environment, journal)
                outcome = _commit(environment, journal)
        finally:
            if not is_open(environment):
                shutil.rmtree(folder, ignore_errors=True)
    for path in outcome.displaced:
        reporter(Event("warning", path, f"{path} belonged to something else; replaced"))
    return outcome


def _new_folder(environment: Environment) -> str:
    folder = os.path.join(environment.state, _PREFIX + os.urandom(8).hex())
    os.makedirs(environment.state, mode=0o700, exist_ok=True)
    os.mkdir(folder, 0o700)
    return folder


def _boundaries(environment: Environment) -> tuple[str, ...]:
    """Return the scheme's directories; of one that is not there yet, what it will be made in."""
    scheme = environment.scheme
    places = (scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, scheme.headers)
    return tuple(dict.fromkeys(map(_existing, places)))


def _existing(path: str) -> str:
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _commit(environment: Environment, journal: Journal) -> Outcome:
    """Do the renames; where one fails, take all back."""
    try:
        return _go_forward(environment, journal)
    except BaseException as error:
        _go_back(environment, journal, error)
        raise


def _go_forward(environment: Environment, journal: Journal, *, resumed: bool = False) -> Outcome:
    """Do all that the journal says, and forget it.

    Args:
        environment: where.
        journal: what.
        resumed: somebody else began: what he renamed is not known.
    """
    set_aside(journal)
    placed = put_in_place(journal)
    renamed = None if resumed else placed.renamed
    for one in journal.staged:
        receipt = refreshed(one.receipt, one.root, renamed)
        write_receipt(environment, receipt, journal.folder)
    come = {one.receipt.dist_info for one in journal.staged}
    for path in journal.gone:
        if os.path.basename(path) not in come:
            drop_receipt(environment, os.path.basename(path))
    touched = touch_directories(_touched(environment, journal, renamed))
    forget(environment)
    return Outcome(touched, placed.displaced)


def _go_back(environment: Environment, journal: Journal, reason: BaseException) -> None:
    """Undo all that the journal says, and forget it.

    Raises:
        TransactionError: that is not possible either; the journal stays.
    """
    try:
        take_back(journal)
        _restore_receipts(environment, journal)
        touch_directories(_touched(environment, journal, None))
        forget(environment)
    except OSError as error:
        raise TransactionError(
            f"{environment.root} is half changed: {_words(reason)}, and then {_words(error)}",
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
            old = refreshed(receipt, gone[name], frozenset(journal.removals))
            write_receipt(environment, old, journal.folder)


def recover(environment: Environment, *, reporter: Reporter = SILENT) -> tuple[str, ...]:
    """Finish what an interrupted transaction began, and sweep up. The caller holds the lock.

    It is finished forward; taken back, where new files have been lost or cannot be put in place.

    Returns:
        Names and versions that the interrupted transaction was about; () where there was none.

    Raises:
        TransactionError: it can neither be finished nor taken back; the journal stays.
    """
    with _translated(environment):
        folders = _folders(environment)
        journal = _unfinished(environment, folders)
        if journal is not None:
            with uninterrupted():
                how = _finish(environment, journal)
            what = ", ".join(journal.subject)
            reporter(Event("recovered", environment.root, f"{how} an interrupted change: {what}"))
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
    return journal.subject if journal else ()


def _folders(environment: Environment) -> list[str]:
    """Return the folders of all transactions that were not swept."""
    try:
        names = os.listdir(environment.state)
    except FileNotFoundError:
        return []
    return [os.path.join(environment.state, name) for name in names if name.startswith(_PREFIX)]


def _unfinished(environment: Environment, folders: Collection[str]) -> Journal | None:
    """Return the journal, if one has to be followed.

    Raises:
        TransactionError: it has to be, and cannot be read.
    """
    try:
        return read_journal(environment)
    except DamagedJournal:
        # Only one that was not flushed is lost so, and that one set nothing aside: what it had put
        # in place has no dist-info, and is not installed.
        kept = (os.path.join(folder, name) for folder in folders for name in _KEPT)
        if any(os.path.isdir(directory) and os.listdir(directory) for directory in kept):
            raise
    except TransactionError:
        # Without anything set aside nothing was changed yet, or all is done.
        if any(os.path.isdir(os.path.join(folder, "aside")) for folder in folders):
            raise
    forget(environment)
    return None


def _finish(environment: Environment, journal: Journal) -> str:
    """Go forward, or else back; return which, in words."""
    reason: Exception = TransactionError("files were lost")
    if is_whole(journal):
        try:
            _go_forward(environment, journal, resumed=True)
        except (OSError, TransactionError) as error:
            reason = error
        else:
            return "finished"
    _go_back(environment, journal, reason)
    return f"took back ({_words(reason)})"


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


def _words(error: BaseException) -> str:
    if isinstance(error, TransactionError):
        return error.problem
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{place}"
    return type(error).__name__


@contextmanager
def _translated(environment: Environment) -> Iterator[None]:
    """Turn what the file system refuses into one error that names the place."""
    try:
        yield
    except OSError as error:
        raise TransactionError(
            f"{environment.root} could not be changed: {_words(error)}",
            hint="nothing was changed; make room or get the permission, then run this again",
        ) from error
