"""Bytecode packs: what one kind of Python makes of the sources of one wheel, compiled once.

It is compiled by that Python itself, out of the pack, and never harvested from an environment,
where anybody could have put something else. What lies in a bytecode pack are the bodies of `.pyc`
files; the header, with the time and the size of the source as it was installed, is written there.
"""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from array import array
from io import FileIO

from trueup.acquisition import compiler
from trueup.acquisition.pack import Pack, open_for_reading
from trueup.acquisition.store import Store
from trueup.errors import StoreError
from trueup.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object

__all__ = [
    "Bytecode",
    "Kind",
    "bytecode_path",
    "find_bytecode",
    "find_damage",
    "kind_name",
    "load_bytecode",
]


class Kind(Protocol):
    """What of an interpreter decides what its bytecode is like; see `Interpreter`."""

    @property
    def cache_tag(self) -> str:
        """What stands in the names of the files, such as "cpython-312"."""
        ...

    @property
    def magic(self) -> str:
        """The first four bytes of each, in hexadecimal."""
        ...

    @property
    def free_threaded(self) -> bool:
        """Whether it was built without the global interpreter lock."""
        ...


@dataclass(frozen=True, slots=True)
class Bytecode:
    """The bodies of the `.pyc` files of one pack.

    Attributes:
        path: the bytecode pack.
        digest: of its index, in hexadecimal.
        cache_tag: what stands in the names of the files, such as "cpython-312".
        magic: the first four bytes of each.
        complete: it was made of every module, and not only of those that somebody imported.
        sizes: bytes of each body, by file of the pack; 0 for a file that has none.
        sums: their CRC-32.
        offsets: where they start.
    """

    path: str
    digest: str
    cache_tag: str
    magic: bytes
    complete: bool
    sizes: array[int] = field(compare=False, repr=False)
    sums: array[int] = field(compare=False, repr=False)
    offsets: array[int] = field(compare=False, repr=False)

    def open(self) -> FileIO:
        """Return a file to read bodies from, unbuffered.

        Raises:
            StoreError: it is gone.
        """
        try:
            return open_for_reading(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}") from error

    def discard(self) -> StoreError:
        """Remove it, as it is damaged; return the error to raise."""
        _remove(self.path)
        return StoreError(f"{self.path} is damaged", hint="it was removed; run this again")


def kind_name(kind: Kind) -> str:
    """Return a name for what one kind of Python makes; "" for one that makes no bytecode."""
    if not (kind.cache_tag and kind.magic):
        return ""
    return f"{kind.cache_tag}{'t' if kind.free_threaded else ''}-{kind.magic}"


def bytecode_path(store: Store, digest: str, kind: Kind) -> str:
    """Return where the bytecode of a pack lies; "" where there can be none."""
    name = kind_name(kind)
    return os.path.join(store.folder("bytecode"), f"{digest}-{name}") if name else ""


def find_bytecode(store: Store, pack: Pack, kind: Kind) -> Bytecode | None:
    """Return the bytecode that this kind of Python has made of `pack`; None if it has made none.

    One that is damaged is removed.
    """
    path = bytecode_path(store, pack.digest, kind)
    if not path or not os.path.exists(path):
        return None
    try:
        found = load_bytecode(path, pack, kind)
        os.utime(path)  # looking after the store leaves alone what was used lately
    except OSError:  # gone since, or in a store that is read-only
        return None
    except ValueError:
        _remove(path)
        return None
    return found


def load_bytecode(path: str, pack: Pack, kind: Kind) -> Bytecode:
    """Read a bytecode pack.

    Raises:
        OSError, ValueError: it cannot be read, or is none that fits the pack.
    """
    with open_for_reading(path) as file:
        index = _read_index(file)
    if len(index.sizes) != len(pack.names):
        raise ValueError("it is of another pack")
    number = bytes.fromhex(kind.magic)
    columns = (index.sizes, index.sums, index.offsets)
    return Bytecode(path, index.digest, kind.cache_tag, number, index.complete, *columns)


def find_damage(path: str) -> str:
    """Read a bytecode pack to its end; return what is wrong with it, or ""."""
    try:
        with open_for_reading(path) as file:
            index = _read_index(file)
            for size, total, offset in zip(index.sizes, index.sums, index.offsets, strict=True):
                file.seek(offset)
                if size and zlib.crc32(file.read(size)) != total:
                    return f"{path} is damaged"
    except FileNotFoundError:
        return ""  # removed meanwhile
    except (OSError, ValueError) as problem:
        return f"{path} is damaged: {problem}"
    return ""


@dataclass(frozen=True, slots=True)
class _Index:
    """What a bytecode pack tells of its bodies."""

    digest: str
    complete: bool
    sizes: array[int]
    sums: array[int]
    offsets: array[int]


def _read_index(file: FileIO) -> _Index:
    """Return the index of a bytecode pack.

    Raises:
        OSError, ValueError: it cannot be read, or is none.
    """
    header = file.read(compiler.HEADER.size)
    if len(header) != compiler.HEADER.size:
        raise ValueError("it is cut short")
    magic, count, complete, digest = compiler.HEADER.unpack(header)
    whole = os.fstat(file.fileno()).st_size
    sizes, sums = array("Q"), array("I")
    width = sizes.itemsize + sums.itemsize
    if magic != compiler.MAGIC or count * width > whole:
        raise ValueError("it does not start like one")
    columns = file.read(count * width)
    if hashlib.sha256(columns).digest() != digest:
        raise ValueError("its index is not what was written")
    sizes.frombytes(columns[: count * sizes.itemsize])
    sums.frombytes(columns[count * sizes.itemsize :])
    if sys.byteorder == "big":
        sizes.byteswap()
        sums.byteswap()
    offsets = array("Q")
    start = compiler.HEADER.size + len(columns)
    for size in sizes:
        offsets.append(start)
        start += size
    if start > whole:
        raise ValueError("its bodies are cut short")
    return _Index(digest.hex(), complete == 1, sizes, sums, offsets)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # gone, or in a store that is read-only: it is not used in any case
        return
