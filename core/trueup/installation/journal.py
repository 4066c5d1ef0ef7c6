"""The journal: what a transaction is about to do, on disk before it does it.

Everything slow happens before the journal exists, in a staging folder that nobody looks at. The
journal is written when all is staged; from there on there are only renames, and whoever finds the
journal can finish them: each step can be done twice.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from trueup.destination.environment import Environment

__all__ = ["Journal", "Move", "append_mark", "forget", "read_journal", "write_journal"]

_FORMAT = 1
_NAME = "journal"


@dataclass(frozen=True, slots=True)
class Move:
    """One staged tree and where its entries go.

    Attributes:
        staged: absolute; its entries are renamed into `target`, and merged where one is there.
        target: absolute; a directory of the environment's scheme.
        last: the entry that is renamed after all others: the dist-info directory, or "".
    """

    staged: str
    target: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """A transaction whose files are all staged.

    Attributes:
        folder: the transaction's own folder: staged trees and what was set aside.
        removals: files to set aside, absolute; the n-th becomes `<folder>/aside/<n>`.
        moves: staged trees to put in place, in order; one distribution's follow one another.
        subject: names and versions, for messages.
        boundaries: directories that are never removed, however empty.
        removed: whether all removals have been done.
    """

    folder: str
    removals: tuple[str, ...]
    moves: tuple[Move, ...]
    subject: tuple[str, ...]
    boundaries: tuple[str, ...]
    removed: bool = False

    def aside(self, number: int) -> str:
        """Return where the `number`-th removal is set aside."""
        return os.path.join(self.folder, "aside", str(number))


def write_journal(environment: Environment, journal: Journal) -> None:
    """Put `journal` on disk, whole or not at all.

    It is flushed to the device: a journal that a power cut loses while its renames survive would
    leave an environment that nobody knows to be half done.
    """
    path = os.path.join(environment.state, _NAME)
    content = json.dumps({"format": _FORMAT, **asdict(journal)}) + "\n"
    with open(path + ".new", "w", encoding="utf-8") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(path + ".new", path)


def append_mark(environment: Environment, mark: str) -> None:
    """Note that a phase ("removed") is behind; one short append is all or nothing."""
    with open(os.path.join(environment.state, _NAME), "a", encoding="utf-8") as out:
        out.write(mark + "\n")


def read_journal(environment: Environment) -> Journal | None:
    """Return the transaction that somebody did not finish, or None.

    A journal that cannot be read was never renamed into place whole by us: it is treated as none.
    """
    try:
        with open(os.path.join(environment.state, _NAME), encoding="utf-8") as source:
            header, *marks = source.read().splitlines()
        content = json.loads(header)
        if content["format"] != _FORMAT:
            return None
        return Journal(
            folder=content["folder"],
            removals=tuple(content["removals"]),
            moves=tuple(Move(**move) for move in content["moves"]),
            subject=tuple(content["subject"]),
            boundaries=tuple(content["boundaries"]),
            removed="removed" in marks,
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return None


def forget(environment: Environment) -> None:
    """Take the journal away: this is the moment at which the transaction is done."""
    os.unlink(os.path.join(environment.state, _NAME))
