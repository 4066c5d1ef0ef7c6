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
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trueup.destination.environment import Environment

__all__ = [
    "Damage",
    "Receipt",
    "boot_identity",
    "drop_receipt",
    "inspect",
    "read_receipt",
    "write_receipt",
]

_MAGIC = b"trueup receipt 1\n"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The files of one distribution, as they were when they had just been written.

    Attributes:
        dist_info: the name of its dist-info directory.
        pack: the sha256 of the wheel that it came from.
        boot: which run of the machine wrote it: a later one may have lost unwritten data.
        paths: absolute, or relative to `root`.
        sizes: bytes.
        mtimes: nanoseconds.
        ctimes: nanoseconds.
        inodes: file serial numbers.
    """

    dist_info: str
    pack: str
    boot: str
    paths: tuple[str, ...]
    sizes: array[int]
    mtimes: array[int]
    ctimes: array[int]
    inodes: array[int]


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not as it was written."""

    path: str
    kind: Literal["missing", "changed"]


def boot_identity() -> str:
    """Return what changes when the machine starts anew; "" where the platform does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
            return source.read().strip()
    except OSError:
        return _boot_time()


def _boot_time() -> str:
    """Ask macOS, which has this program at this place, for its boot time."""
    if not os.path.exists("/usr/sbin/sysctl"):
        return ""
    import subprocess

    asked = subprocess.run(
        ["/usr/sbin/sysctl", "-n", "kern.boottime"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def write_receipt(environment: Environment, receipt: Receipt) -> None:
    """Put `receipt` in place, whole or not at all."""
    path = _path(environment, receipt.dist_info)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    header = {
        "dist_info": receipt.dist_info,
        "pack": receipt.pack,
        "boot": receipt.boot,
        "order": sys.byteorder,
        "paths": "\0".join(receipt.paths),
    }
    text = json.dumps(header).encode()
    arrays = (receipt.sizes, receipt.mtimes, receipt.ctimes, receipt.inodes)
    with open(path + ".new", "wb") as out:
        out.write(b"".join((_MAGIC, len(text).to_bytes(8, "little"), text)))
        out.writelines(numbers.tobytes() for numbers in arrays)
    os.replace(path + ".new", path)


def read_receipt(environment: Environment, dist_info: str) -> Receipt | None:
    """Return the receipt of a distribution; None where there is none, or none that can be read."""
    try:
        with open(_path(environment, dist_info), "rb") as source:
            content = source.read()
    except FileNotFoundError:
        return None
    try:
        return _parse(content)
    except (ValueError, KeyError):
        return None


def _parse(content: bytes) -> Receipt:
    if not content.startswith(_MAGIC):
        raise ValueError("not a receipt")
    start = len(_MAGIC) + 8
    end = start + int.from_bytes(content[start - 8 : start], "little")
    header = json.loads(content[start:end])
    paths = tuple(header["paths"].split("\0")) if header["paths"] else ()
    width = 8 * len(paths)
    if header["order"] != sys.byteorder or len(content) != end + 4 * width:
        raise ValueError("another machine's receipt, or a part of one")
    columns: list[array[int]] = []
    for number, kind in enumerate("QqqQ"):
        column: array[int] = array(kind)
        column.frombytes(content[end + number * width : end + (number + 1) * width])
        columns.append(column)
    return Receipt(header["dist_info"], header["pack"], header["boot"], paths, *columns)


def drop_receipt(environment: Environment, dist_info: str) -> None:
    """Forget a distribution that is there no more."""
    try:
        os.unlink(_path(environment, dist_info))
    except FileNotFoundError:
        return


def inspect(receipt: Receipt, root: str) -> Iterator[Damage]:
    """Yield each file that is missing or not as it was written, by its stat signature alone.

    Args:
        receipt: what was written.
        root: the directory that relative paths start from.
    """
    for number, path in enumerate(receipt.paths):
        absolute = os.path.join(root, path)
        try:
            status = os.lstat(absolute)
        except (FileNotFoundError, NotADirectoryError):
            yield Damage(absolute, "missing")
            continue
        now = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        then = (
            receipt.sizes[number],
            receipt.mtimes[number],
            receipt.ctimes[number],
            receipt.inodes[number],
        )
        if now != then:
            yield Damage(absolute, "changed")


def _path(environment: Environment, dist_info: str) -> str:
    return os.path.join(environment.state, "receipts", dist_info)
