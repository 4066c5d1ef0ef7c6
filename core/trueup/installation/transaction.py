"""The transaction: an environment is changed wholly or not at all.

Stage, write the journal, rename, forget the journal. What is slow and may fail (writing thousands
of files) happens in a staging folder; what changes the environment is only renames. A crash before
the journal leaves the environment as it was and a folder to sweep; a crash after it is finished by
whoever opens the environment next.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.destination.room import told_of_room
from trueup.errors import TransactionError
from trueup.installation.commit import Outcome, commit, go_back, go_forward, words
from trueup.installation.departure import departing_files
from trueup.installation.egg_link import drop_lines, locations_of
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
from trueup.installation.placement import is_whole
from trueup.installation.record import Delivery
from trueup.installation.salvage import open_salvage
from trueup.installation.second_writer import Ready, not_ready, stage_all, written
from trueup.installation.staging import stage, without_twins
from trueup.reporting import SILENT, Event, Reporter

__all__ = ["Outcome", "carry_out", "new_folder", "recover", "sweep", "written"]

_PREFIX = "transaction-"
# Of threads of one process: two that make thousands of files hand the interpreter's lock to and fro
# at every call, which takes twice the processor time, and longer than one after the other.
_ONE_AT_A_TIME = threading.Lock()
_KEPT = ("aside", "strangers")  # where a transaction's folder holds what was in the environment


def carry_out(
    environment: Environment,
    removals: Sequence[InstalledDistribution],
    deliveries: Sequence[Delivery],
    *,
    reporter: Reporter = SILENT,
    ahead: Ready = not_ready,
) -> Outcome:
    """Take `removals` out of the environment and put `deliveries` in. The caller holds the lock.

    Ctrl-C before the first rename leaves everything as it was; after it, it is heard when all is
    done.

    Args:
        environment: what is changed; recovered first where that is due.
        removals: distributions that go, those that are replaced included.
        deliveries: distributions that come.
        reporter: told of files of others that had to give way.
        ahead: tells what of `deliveries` is staged already.

    Raises:
        TransactionError: something could not be written or renamed; the environment is as it was.
        EnvironmentProblem: what is to be removed cannot be read.
        StoreError: a pack is gone since it was found.
    """
    if is_open(environment):
        recover(environment, reporter=reporter)
        ahead = not_ready  # it was swept up as well
    with _ONE_AT_A_TIME, _translated(environment, deliveries):
        departing = departing_files(environment, removals, reporter=reporter)
        trees = locations_of(removals)
        folder = new_folder(environment)
        try:
            all_of_them = _stage_all(environment, deliveries, folder, reporter, ahead)
            staged = without_twins(all_of_them)
            gone = tuple(removal.path for removal in removals)
            journal = Journal(folder, departing, gone, staged, _boundaries(environment))
            reporter(Event("placing", environment.root))
            with uninterrupted():
                started = write_journal(environment, journal)
                outcome = commit(environment, journal, started)
                drop_lines(environment, trees)
            reporter(Event("placed", environment.root))
        finally:
            if not is_open(environment):
                sweep(folder)
    for path in outcome.displaced:
        reporter(Event("warning", path, f"{path} belonged to something else; replaced"))
    return outcome


def _stage_all(
    environment: Environment,
    deliveries: Sequence[Delivery],
    folder: str,
    reporter: Reporter,
    ahead: Ready,
) -> list[Staged]:
    """Stage every delivery, out of what waits on a shelf or out of its pack."""
    coming = [one.pack.dist_info for one in deliveries]
    salvage = open_salvage(environment, folder, coming)
    if salvage is None:
        return stage_all(environment, deliveries, folder, reporter, ahead)
    staged: list[Staged] = []
    for number, delivery in enumerate(deliveries):
        place = os.path.join(folder, str(number))
        with written(delivery, reporter):
            staged.append(salvage.stage(delivery, place) or stage(environment, delivery, place))
    return staged


def new_folder(environment: Environment) -> str:
    """Make a folder for a transaction; one that nobody takes away is swept up by `recover`."""
    folder = os.path.join(environment.state, _PREFIX + os.urandom(8).hex())
    os.makedirs(environment.state, mode=0o700, exist_ok=True)
    os.mkdir(folder, 0o700)
    return folder


def sweep(folder: str) -> None:
    """Remove a transaction's folder, as far as that is possible; the next transaction tries again.

    When all went well, there is hardly more in it than empty directories.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                (os.rmdir if entry.is_dir(follow_symlinks=False) else os.unlink)(entry.path)
        os.rmdir(folder)
    except OSError:
        import shutil  # 3 ms that most installs save

        shutil.rmtree(folder, ignore_errors=True)


def _boundaries(environment: Environment) -> tuple[str, ...]:
    """Return the scheme's directories; of one that is not there yet, what it will be made in."""
    scheme = environment.scheme
    places = (scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, scheme.headers)
    return tuple(dict.fromkeys(map(_existing, places)))


def _existing(path: str) -> str:
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


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
            sweep(folder)
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
            go_forward(environment, journal)
        except (OSError, TransactionError) as error:
            reason = error
        else:
            return "finished"
    go_back(environment, journal, reason)
    return f"took back ({words(reason)})"


@contextmanager
def _translated(environment: Environment, coming: Sequence[Delivery] = ()) -> Iterator[None]:
    """Turn what the file system refuses into one error that names the place, and the need."""
    try:
        yield
    except OSError as error:
        need = sum(sum(one.pack.sizes) for one in coming)
        files = sum(len(one.pack.names) for one in coming)
        room = told_of_room(error, error.filename or environment.root, need, files)
        raise TransactionError(
            f"{environment.root} could not be changed: {words(error)}{room}",
            hint="nothing was changed; make room or get the permission, then run this again",
        ) from error
