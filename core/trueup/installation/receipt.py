"""Receipts: what was put where, with the stat signature of each file.

A program can set a file's mtime, but neither its ctime nor its inode: where both are as they were
written, the file is as it was written. One receipt for each distribution lies in the environment's
state directory, and goes with it.
"""

from __future__ import annotations

import json
import os
import sys
from array import array
from collections.abc import Collection, Iterator

from trueup.destination.environment import Environment
from trueup.destination.private import private
from trueup.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

__all__ = [
    "SERIAL",
    "Damage",
    "Receipt",
    "decode_receipt",
    "drop_receipt",
    "encode_receipt",
    "inside",
    "inspect",
    "read_receipt",
    "receipt_in",
    "receipt_names",
    "refreshed",
    "serial",
    "write_receipt",
]

_MAGIC = b"trueup receipt 2\n"
SERIAL = 0xFFFFFFFFFFFFFFFF  # Windows has file serial numbers of 128 bits


@dataclass(frozen=True, slots=True)
class Receipt:
    """The files of one distribution, as they were when they had just been written.

    Attributes:
        dist_info: the name of its dist-info directory.
        pack: the sha256 of the wheel that it came from.
        boot: which run of the machine wrote it: a later one may have lost unwritten data.
        recipe: digest of all that decided, with the pack, what was written; "" where more did.
        began: nanoseconds, by the file system's clock: before that nobody else could reach the
            files. One whose mtime is not older may have been changed by somebody.
        taken: the same, when their stat was taken for good. One whose ctime is not older may have
            changed within the same tick of that clock, and its stat proves nothing.
        paths: absolute, or relative to the directory that dist-info lies in.
        sizes: bytes.
        mtimes: nanoseconds.
        ctimes: nanoseconds.
        inodes: file serial numbers, their lower 64 bits.
    """

    dist_info: str
    pack: str
    boot: str
    recipe: str
    began: int
    taken: int
    paths: tuple[str, ...]
    sizes: array[int]
    mtimes: array[int]
    ctimes: array[int]
    inodes: array[int]


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not as it was written.

    Attributes:
        path: absolute.
        kind: "missing"; "lost" where it looks as data does that never reached the disk; "changed"
            for every other difference: most of all, somebody's edit.
    """

    path: str
    kind: Literal["missing", "lost", "changed"]


def serial(status: os.stat_result) -> int:
    """Return a file's serial number as receipts keep it."""
    return status.st_ino & SERIAL


def encode_receipt(receipt: Receipt) -> bytes:
    """Return the bytes of `receipt`; they tell their own length."""
    header = {
        "dist_info": receipt.dist_info,
        "pack": receipt.pack,
        "boot": receipt.boot,
        "recipe": receipt.recipe,
        "times": [receipt.began, receipt.taken],
        "order": sys.byteorder,
        "paths": "\0".join(receipt.paths),
    }
    text = json.dumps(header).encode()
    columns = (receipt.sizes, receipt.mtimes, receipt.ctimes, receipt.inodes)
    numbers = (column.tobytes() for column in columns)
    return b"".join((_MAGIC, len(text).to_bytes(8, "little"), text, *numbers))


def decode_receipt(content: bytes) -> Receipt:
    """Return the receipt that `encode_receipt` made `content` from.

    Raises:
        ValueError: it is none, or not a whole one, or another machine's.
    """
    if not content.startswith(_MAGIC):
        raise ValueError("it does not start like a receipt")
    start = len(_MAGIC) + 8
    end = start + int.from_bytes(content[start - 8 : start], "little")
    header = json.loads(content[start:end])
    try:
        names = tuple(header[key] for key in ("dist_info", "pack", "boot", "recipe", "paths"))
        order, (began, taken) = header["order"], header["times"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("its header makes no sense") from error
    understood = all(isinstance(name, str) for name in names)
    if (
        not (understood and isinstance(began, int) and isinstance(taken, int))
        or order != sys.byteorder
    ):
        raise ValueError("its header is not of this machine")
    dist_info, pack, boot, recipe, joined = names
    paths = tuple(joined.split("\0")) if joined else ()
    width = 8 * len(paths)
    if len(content) != end + 4 * width:
        raise ValueError("it is not whole")
    columns: list[array[int]] = []
    for number, kind in enumerate("QqqQ"):
        column: array[int] = array(kind)
        column.frombytes(content[end + number * width : end + (number + 1) * width])
        columns.append(column)
    return Receipt(dist_info, pack, boot, recipe, began, taken, paths, *columns)


def write_receipt(environment: Environment, receipt: Receipt, folder: str) -> None:
    """Put `receipt` in place, whole or not at all; it is written in `folder` first."""
    path = _path(environment, receipt.dist_info)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    new = os.path.join(folder, "receipt")
    with open(new, "wb", opener=private) as out:
        out.write(encode_receipt(receipt))
    os.replace(new, path)


def read_receipt(environment: Environment, dist_info: str) -> Receipt | None:
    """Return the receipt of a distribution; None where there is none, or none that can be read."""
    return receipt_in(_path(environment, ""), dist_info)


def receipt_in(folder: str, dist_info: str) -> Receipt | None:
    """Return the receipt of a distribution that lies in `folder`; else as `read_receipt`."""
    try:
        with open(os.path.join(folder, dist_info), "rb") as source:
            return decode_receipt(source.read())
    except (OSError, ValueError):
        return None


def receipt_names(environment: Environment) -> list[str]:
    """Return the names of the dist-info directories that have a receipt."""
    try:
        return sorted(os.listdir(_path(environment, "")))
    except FileNotFoundError:
        return []


def drop_receipt(environment: Environment, dist_info: str) -> None:
    """Forget a distribution that is there no more."""
    try:
        os.unlink(_path(environment, dist_info))
    except FileNotFoundError:
        return


def refreshed(
    receipt: Receipt,
    root: str,
    renamed: Collection[str] | None = None,
    *,
    times: tuple[int, int] = (0, 0),
) -> Receipt:
    """Return `receipt` with what renaming does to a file: another ctime, rarely another inode.

    Only a file with the size and mtime that it was written with is taken for the same file.

    Args:
        receipt: of a distribution that is in place now.
        root: the directory that relative paths start from.
        renamed: the files to look at, as a receipt has paths; None for all.
        times: `began` and `taken` as in the receipt; 0 where nobody knows what happened to the
            files meanwhile.
    """
    ctimes, inodes = receipt.ctimes[:], receipt.inodes[:]
    paths = enumerate(receipt.paths)
    for at in [at for at, path in paths if renamed is None or path in renamed]:
        try:
            status = os.lstat(os.path.join(root, receipt.paths[at]))
        except (FileNotFoundError, NotADirectoryError):
            continue  # for the next look to find: it is damage
        if (status.st_size, status.st_mtime_ns) == (receipt.sizes[at], receipt.mtimes[at]):
            ctimes[at], inodes[at] = status.st_ctime_ns, serial(status)
    began, taken = times
    return replace(receipt, began=began, taken=taken, ctimes=ctimes, inodes=inodes)


def inside(paths: Collection[str], root: str) -> frozenset[str]:
    """Return absolute `paths` as a receipt has them whose paths start from `root`."""
    start = os.path.join(root, "")
    return frozenset(path.removeprefix(start) for path in paths)


def inspect(receipt: Receipt, root: str) -> Iterator[Damage]:
    """Yield each file that is missing or not as it was written, by its stat signature alone.

    Args:
        receipt: what was written.
        root: the directory that relative paths start from.
    """
    if _is_as_written(receipt, root):
        return
    columns = zip(receipt.sizes, receipt.mtimes, receipt.ctimes, receipt.inodes, strict=True)
    for path, then in zip(receipt.paths, columns, strict=True):
        absolute = os.path.join(root, path)
        try:
            status = os.lstat(absolute)
        except (FileNotFoundError, NotADirectoryError):
            yield Damage(absolute, "missing")
            continue
        now = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, serial(status))
        if now != then:
            yield Damage(absolute, "lost" if _is_lost(now, then) else "changed")


def _is_as_written(receipt: Receipt, root: str) -> bool:
    """Whether nothing has to be said of any file: the usual answer, found as fast as Python can.

    Nine tenths of it are the kernel's, and a path that starts at a descriptor costs it less.
    """
    if os.stat not in os.supports_dir_fd:  # Windows
        return False
    columns = (receipt.paths, receipt.sizes, receipt.mtimes, receipt.ctimes, receipt.inodes)
    stat = os.stat
    try:
        start = os.open(root, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        for path, size, mtime, ctime, inode in zip(*columns, strict=True):
            now = stat(path, dir_fd=start, follow_symlinks=False)
            if now.st_ctime_ns != ctime or now.st_ino & SERIAL != inode:
                return False
            if now.st_size != size or now.st_mtime_ns != mtime:
                return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    finally:
        os.close(start)
    return True


def _is_lost(now: tuple[int, ...], then: tuple[int, ...]) -> bool:
    """Whether a file is shorter by itself: whoever writes to one moves its mtime.

    A power cut leaves a file with the times of its writing and with none of its bytes, or some
    (delayed allocation of ext4, xfs and btrfs).
    """
    return now[0] != then[0] and (now[0] == 0 or now[1] == then[1])


def _path(environment: Environment, dist_info: str) -> str:
    return os.path.join(environment.state, "receipts", dist_info)
