"""The transaction: an environment is changed wholly or not at all.

Stage, write the journal, rename, forget the journal. What is slow and may fail (writing thousands
of files) happens in a staging folder; what changes the environment is only renames. A crash before
the journal leaves the environment as it was and a folder to sweep; a crash after it is finished by
whoever opens the environment next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from trueup.destination.contents import record_paths
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.errors import TransactionError
from trueup.importability import touch_directories
from trueup.installation.journal import (
    Journal,
    append_mark,
    forget,
    read_journal,
    write_journal,
)
from trueup.installation.placement import Displaced, put_in_place, set_aside, take_back
from trueup.installation.receipt import drop_receipt, write_receipt
from trueup.installation.record import Delivery
from trueup.installation.staging import Staged, files_of, receipt_of, stage
from trueup.reporting import SILENT, Event, Reporter

__all__ = ["Outcome", "carry_out", "recover"]

_PREFIX = "transaction-"


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

    Args:
        environment: what is changed.
        removals: distributions that go, those that are replaced included.
        deliveries: distributions that come.
        reporter: told of files of others that had to give way.

    Raises:
        TransactionError: something could not be written or renamed; the environment is as it was.
    """
    with _translated(environment):
        folder = _new_folder(environment)
        try:
            staged = [
                stage(environment, delivery, os.path.join(folder, str(number)))
                for number, delivery in enumerate(deliveries)
            ]
            journal = _journal(environment, folder, removals, staged)
            write_journal(environment, journal)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        renamed, displaced = _commit(environment, journal, staged, reporter)
        for removal in removals:
            drop_receipt(environment, os.path.basename(removal.path))
        for one in staged:
            write_receipt(environment, receipt_of(one, renamed))
    touched = touch_directories(_touched(environment, journal, renamed))
    return Outcome(touched, tuple(one.path for one in displaced))


def _commit(
    environment: Environment, journal: Journal, staged: Sequence[Staged], reporter: Reporter
) -> tuple[frozenset[str], list[Displaced]]:
    """Do the renames; where one fails, take all back."""
    displaced: list[Displaced] = []

    def note(one: Displaced) -> None:
        displaced.append(one)
        reporter(Event("warning", one.path, f"{one.path} belonged to something else; replaced"))

    try:
        set_aside(journal)
        append_mark(environment, "removed")
        renamed = put_in_place(journal, note)
    except (OSError, TransactionError):
        take_back(journal, (pair for one in staged for pair in files_of(one)))
        forget(environment)
        shutil.rmtree(journal.folder, ignore_errors=True)
        raise
    forget(environment)
    shutil.rmtree(journal.folder, ignore_errors=True)
    return frozenset(renamed), displaced


def recover(environment: Environment, *, reporter: Reporter = SILENT) -> tuple[str, ...]:
    """Finish what an interrupted transaction began, and sweep its leavings. Holds no lock itself.

    Returns:
        Names and versions that the interrupted transaction was about; () where there was none.

    Raises:
        TransactionError: it cannot be finished (no permission, disk full); the journal stays.
    """
    if not os.path.isdir(environment.state):
        return ()
    journal = read_journal(environment)
    with _translated(environment):
        if journal is not None:
            if not journal.removed:
                set_aside(journal)
                append_mark(environment, "removed")
            put_in_place(journal, lambda _: None)
            forget(environment)
            touch_directories({move.target for move in journal.moves})
            reporter(
                Event(
                    "recovered",
                    environment.root,
                    "finished an interrupted change: " + ", ".join(journal.subject),
                )
            )
    for name in os.listdir(environment.state):
        if name.startswith(_PREFIX):
            shutil.rmtree(os.path.join(environment.state, name), ignore_errors=True)
    return journal.subject if journal else ()


def _new_folder(environment: Environment) -> str:
    os.makedirs(environment.state, mode=0o700, exist_ok=True)
    return tempfile.mkdtemp(prefix=_PREFIX, dir=environment.state)


def _journal(
    environment: Environment,
    folder: str,
    removals: Sequence[InstalledDistribution],
    staged: Sequence[Staged],
) -> Journal:
    scheme = environment.scheme
    return Journal(
        folder=folder,
        removals=tuple(path for one in removals for path in _files_of(one, environment)),
        moves=tuple(move for one in staged for move in one.moves),
        subject=tuple(
            [f"{one.pack.name} {one.pack.version}" for one in staged]
            or [f"{one.name} {one.version}" for one in removals]
        ),
        boundaries=tuple(
            dict.fromkeys(
                (scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, scheme.headers)
            )
        ),
    )


def _files_of(removal: InstalledDistribution, environment: Environment) -> list[str]:
    """Return every file of a distribution that is there, bytecode that nobody recorded included.

    Raises:
        TransactionError: nobody recorded its files.
    """
    recorded = record_paths(removal, environment)
    if recorded is None:
        raise TransactionError(
            f"{removal.name} {removal.version} cannot be removed: nobody recorded its files",
            hint=f"it lies at {removal.path}; remove it with the tool that installed it",
        )
    paths = {path: None for path in recorded if os.path.lexists(path)}
    stems: dict[str, set[str]] = {}
    for path in recorded:
        folder, name = os.path.split(path)
        if name.endswith(".py"):
            stems.setdefault(os.path.join(folder, "__pycache__"), set()).add(name[: -len("py")])
    for cache, names in stems.items():
        if os.path.isdir(cache):
            for found in os.listdir(cache):
                if found[: found.find(".") + 1] in names:
                    paths[os.path.join(cache, found)] = None
    return [path for path in paths if os.path.islink(path) or not os.path.isdir(path)]


def _touched(environment: Environment, journal: Journal, renamed: Iterable[str]) -> Iterable[str]:
    """Return the directories whose listing somebody may have cached and that changed.

    A directory that came as a whole was never there to be cached, unless one of its name was there
    before: then it is among the parents of what was removed.
    """
    found = {os.path.dirname(path) for path in (*journal.removals, *renamed)}
    found.update(environment.library_directories)
    return [path for path in found if os.path.isdir(path)]


@contextmanager
def _translated(environment: Environment) -> Iterator[None]:
    """Turn what the file system refuses into one error that names the place."""
    try:
        yield
    except OSError as error:
        place = error.filename or environment.root
        reason = error.strerror or str(error)
        raise TransactionError(
            f"{environment.root} could not be changed: {reason} ({place})",
            hint="nothing was changed; make room or get the permission, then run this again",
        ) from error
