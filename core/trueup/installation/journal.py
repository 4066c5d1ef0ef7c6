"""The journal: what a transaction is about to do, on disk before it does it.

Everything slow happens before the journal exists, in a staging folder that nobody looks at. The
journal is written when all is staged; from there on there are only renames, and whoever finds the
journal can finish them or take them back: it holds all that is needed for both, receipts included,
and each step can be done twice.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from itertools import pairwise

from trueup.destination.environment import Environment
from trueup.destination.private import private
from trueup.errors import TransactionError
from trueup.installation.receipt import Receipt, decode_receipt, encode_receipt
from trueup.values import asdict, dataclass

__all__ = [
    "DamagedJournal",
    "Journal",
    "Move",
    "Staged",
    "forget",
    "is_open",
    "read_journal",
    "write_journal",
]

_MAGIC = b"trueup journal 1\n"
_LENGTHS = struct.Struct("<IQ")  # crc32 of everything behind it; length of the header there
_NAME = "journal"
_WAY_OUT = "make the environment anew; or delete that file if you know the environment is whole"


class DamagedJournal(TransactionError):
    """A journal that is not as it was written: a power cut, or somebody's hand."""


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
class Staged:
    """A distribution whose files are all written, but not yet where they belong.

    Attributes:
        subject: its name and version, for messages.
        moves: each staged scheme and where it goes; the one with dist-info comes last.
        receipt: every file of it, by its final path, as it was written.
    """

    subject: str
    moves: tuple[Move, ...]
    receipt: Receipt

    @property
    def root(self) -> str:
        """The directory that dist-info goes to, which the receipt's paths start from."""
        return self.moves[-1].target


@dataclass(frozen=True, slots=True)
class Journal:
    """A transaction whose files are all staged.

    Attributes:
        folder: the transaction's own folder: staged trees and what was set aside.
        removals: files to set aside, absolute; the n-th becomes `<folder>/aside/<n>`.
        gone: the metadata directories (or files) of the distributions that go, absolute.
        staged: what comes, in order.
        boundaries: directories that are never removed, however empty.
    """

    folder: str
    removals: tuple[str, ...]
    gone: tuple[str, ...]
    staged: tuple[Staged, ...]
    boundaries: tuple[str, ...]

    @property
    def aside(self) -> str:
        """Where removals are kept until the end; made before anything is changed."""
        return os.path.join(self.folder, "aside")

    @property
    def placing(self) -> str:
        """A directory that is there as long as all removals are aside.

        A directory and no line in a file: file systems keep the order of such changes among
        renames, across a power cut too, and the one of data they do not.
        """
        return os.path.join(self.folder, "placing")

    @property
    def subject(self) -> tuple[str, ...]:
        """Names and versions that it is about."""
        names = (os.path.splitext(os.path.basename(path))[0] for path in self.gone)
        return tuple(one.subject for one in self.staged) or tuple(names)


def write_journal(environment: Environment, journal: Journal) -> int:
    """Put `journal` on disk, whole or not at all; return when, by the file system's own clock.

    Where something goes, it is flushed to the device: a journal that a power cut loses while its
    renames survive would leave an environment that nobody knows to be half done. Where things only
    come, what a power cut leaves is files without their dist-info: not installed, as before. That
    saves the wait for the device, half a second where much was written just now (ext4).
    """
    receipts = [encode_receipt(one.receipt) for one in journal.staged]
    header = {
        "folder": journal.folder,
        "removals": journal.removals,
        "gone": journal.gone,
        "boundaries": journal.boundaries,
        "staged": [[one.subject, [asdict(move) for move in one.moves]] for one in journal.staged],
        "receipts": [len(receipt) for receipt in receipts],
    }
    text = json.dumps(header).encode()
    body = b"".join((text, *receipts))
    new = os.path.join(journal.folder, _NAME)
    with open(new, "wb", opener=private) as out:
        out.write(_MAGIC + _LENGTHS.pack(zlib.crc32(body), len(text)))
        out.write(body)
        if journal.removals:
            out.flush()
            os.fsync(out.fileno())
        out.flush()
        written = os.fstat(out.fileno()).st_ctime_ns
    os.replace(new, _path(environment))
    return written


def read_journal(environment: Environment) -> Journal | None:
    """Return the transaction that somebody did not finish, or None.

    Raises:
        TransactionError: there is a journal, and what it says is not known.
    """
    try:
        with open(_path(environment), "rb") as source:
            content = source.read()
    except FileNotFoundError:
        return None
    try:
        journal = _decode(content)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise DamagedJournal(_unknown(environment, str(error)), hint=_WAY_OUT) from error
    if not _is_of(environment, journal):
        reason = f"it is about another environment ({journal.folder})"
        raise TransactionError(_unknown(environment, reason), hint=_WAY_OUT)
    return journal


def _is_of(environment: Environment, journal: Journal) -> bool:
    """Whether the paths in `journal` are this environment's: it may have been moved since."""
    try:
        return os.path.samefile(os.path.dirname(journal.folder), environment.state)
    except FileNotFoundError:
        return False


def _decode(content: bytes) -> Journal:
    if not content.startswith(_MAGIC):
        raise ValueError("another version of trueup wrote it")
    checksum, length = _LENGTHS.unpack_from(content, len(_MAGIC))
    body = content[len(_MAGIC) + _LENGTHS.size :]
    if zlib.crc32(body) != checksum:
        raise ValueError("it is damaged")
    header = json.loads(body[:length])
    bounds = [length]
    for size in header["receipts"]:
        bounds.append(bounds[-1] + size)
    receipts = [decode_receipt(body[start:end]) for start, end in pairwise(bounds)]
    staged = (
        Staged(subject, tuple(Move(**move) for move in moves), receipt)
        for (subject, moves), receipt in zip(header["staged"], receipts, strict=True)
    )
    return Journal(
        folder=header["folder"],
        removals=tuple(header["removals"]),
        gone=tuple(header["gone"]),
        staged=tuple(staged),
        boundaries=tuple(header["boundaries"]),
    )


def _unknown(environment: Environment, reason: str) -> str:
    return (
        f"{environment.root} is half changed, and its journal {_path(environment)} "
        f"cannot be followed: {reason}"
    )


def is_open(environment: Environment) -> bool:
    """Return whether there is a journal."""
    return os.path.lexists(_path(environment))


def forget(environment: Environment) -> None:
    """Take the journal away: this is the moment at which the transaction is done."""
    os.unlink(_path(environment))


def _path(environment: Environment) -> str:
    return os.path.join(environment.state, _NAME)
