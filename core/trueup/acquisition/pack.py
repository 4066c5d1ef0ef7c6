"""The pack: one file that holds the whole content of one wheel, ready to be written out.

A pack is a header of 64 bytes, then the bytes of every file, uncompressed and in order of
directory, then a compact index. Small files lie close together, so that one read fills many of
them. Files of 64 KiB and more start at a multiple of 4 KiB, so that `copy_file_range` shares their
blocks by itself on file systems that can (btrfs, xfs). All numbers are little-endian. The same
wheel always gives the same bytes: two processes that write one pack agree without a lock.

RECORD is not kept: it is written anew in each environment, out of the digests in the index.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from io import FileIO
from itertools import accumulate, chain, pairwise, repeat
from typing import TYPE_CHECKING, NamedTuple

from trueup.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ALIGNED_SIZE",
    "ALIGNMENT",
    "Pack",
    "PackedFile",
    "encode_index",
    "find_damage",
    "load_pack",
    "open_for_reading",
    "read_pack",
]

ALIGNED_SIZE = 64 * 1024  # files from this size on ...
ALIGNMENT = 4096  # ... start at a multiple of the usual file-system block

_MAGIC = b"TRUEPACK"
_VERSION = 1
_HEADER = struct.Struct("<8sIIQQ32s")  # magic, version, 0, index offset, index length, its sha256
_LENGTHS = struct.Struct("<5I")  # bytes of meta, directories, names; number of directories, files
_META = ("digest", "wheel", "name", "version", "dist_info", "root")
_DIGEST = 32
_CHUNK = 1 << 20
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)

HEADER_SIZE = _HEADER.size


class PackedFile(NamedTuple):
    """One file of a pack; a named tuple, because an install makes tens of thousands of them.

    Attributes:
        directory: "scheme/relative/directory", such as "purelib/requests"; top level: "purelib".
        name: the file's own name.
        size: bytes.
        offset: where its bytes start in the pack.
        executable: whether the wheel marks it executable.
        digest: sha256 of its bytes, 32 bytes.
    """

    directory: str
    name: str
    size: int
    offset: int
    executable: bool
    digest: bytes


@dataclass(frozen=True, slots=True)
class Pack:
    """An opened index of a pack file.

    Attributes:
        path: the pack file.
        digest: sha256 of the wheel that it holds, in hexadecimal: the pack's id.
        wheel: the wheel's file name.
        name: normalized name of the distribution (PEP 503).
        version: as the wheel's file name has it.
        dist_info: the name of the dist-info directory, such as "requests-2.32.0.dist-info".
        root: "purelib" or "platlib": where the wheel's top level goes (PEP 427).
        directories: sorted, every parent before its children and always present; each
            "scheme/relative/directory", where scheme is purelib, platlib, scripts, data or headers.
        counts: how many files each directory holds itself; 0 where it holds only directories.
        names: file names, directory by directory, sorted in each.
        sizes: bytes, by file.
        offsets: where its bytes start in the pack, by file.
        executable: 1 where the wheel marks the file executable, by file.
        digests: 32 bytes of sha256, by file.
        index_digest: sha256 of the index, by which `open` knows the pack again.
    """

    path: str
    digest: str
    wheel: str
    name: str
    version: str
    dist_info: str
    root: str
    directories: tuple[str, ...] = field(compare=False, repr=False)
    counts: array[int] = field(compare=False, repr=False)
    names: tuple[str, ...] = field(compare=False, repr=False)
    sizes: array[int] = field(compare=False, repr=False)
    offsets: array[int] = field(compare=False, repr=False)
    executable: bytes = field(compare=False, repr=False)
    digests: bytes = field(compare=False, repr=False)
    index_digest: bytes = field(repr=False)

    def files(self) -> Iterator[PackedFile]:
        """Yield every file, in order of directories and names."""
        digests = [self.digests[i : i + _DIGEST] for i in range(0, len(self.digests), _DIGEST)]
        directories = chain.from_iterable(map(repeat, self.directories, self.counts))
        flags = map(bool, self.executable)
        columns = (directories, self.names, self.sizes, self.offsets, flags, digests)
        return map(PackedFile._make, zip(*columns, strict=True))

    def find(self, member: str) -> PackedFile | None:
        """Return the file `member` ("purelib/requests-2.32.0.dist-info/METADATA"), or None."""
        directory, _, name = member.rpartition("/")
        at = bisect_left(self.directories, directory)
        if at == len(self.directories) or self.directories[at] != directory:
            return None
        start = sum(self.counts[:at])
        end = start + self.counts[at]
        i = bisect_left(self.names, name, start, end)
        if i == end or self.names[i] != name:
            return None
        digest = self.digests[_DIGEST * i : _DIGEST * (i + 1)]
        return PackedFile(
            directory, name, self.sizes[i], self.offsets[i], self.executable[i] == 1, digest
        )

    def read(self, member: str) -> bytes:
        """Return the bytes of `member`, checked against their digest.

        Raises:
            StoreError: there is no such file in the pack, or the pack is gone or damaged.
        """
        file = self.find(member)
        if file is None:
            raise StoreError(f"{self.wheel} holds no file {member!r}")
        descriptor = self.open()
        with open(descriptor, "rb") as pack:
            pack.seek(file.offset)
            content = pack.read(file.size)
        if hashlib.sha256(content).digest() != file.digest:
            raise _damaged(self.path, f"the bytes of {member!r} are not those of {self.wheel}")
        return content

    def open(self) -> int:
        """Return a descriptor of the pack file, to be closed by the caller.

        On POSIX it stays good when the pack is pruned meanwhile.

        Raises:
            StoreError: the pack is gone (get it from the store again), or is another one now.
        """
        try:
            descriptor = os.open(self.path, _OPEN_FLAGS)
        except OSError as problem:
            raise _unreadable(self.path, problem) from problem
        header = b""
        try:
            header = os.read(descriptor, HEADER_SIZE)
            os.lseek(descriptor, 0, os.SEEK_SET)
        except OSError as problem:
            os.close(descriptor)
            raise _unreadable(self.path, problem) from problem
        if header[-_DIGEST:] != self.index_digest:
            os.close(descriptor)
            raise _damaged(self.path, "it is not the pack that was opened before")
        return descriptor


def read_pack(path: str) -> Pack:
    """Return the pack in the file `path`; its index is checked, the bytes of its files are not.

    Raises:
        StoreError: there is no such file, or it is not a whole pack.
    """
    try:
        with open_for_reading(path) as file:
            return load_pack(file, path)
    except OSError as problem:
        raise _unreadable(path, problem) from problem


def open_for_reading(path: str) -> FileIO:
    """Open `path`, which must be no symbolic link, unbuffered.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        return FileIO(descriptor, "rb")
    except OSError:  # a directory
        os.close(descriptor)
        raise


def load_pack(file: FileIO, path: str) -> Pack:
    """Return the pack in the open, unbuffered `file`, whose name is `path`.

    Raises:
        StoreError: it is not a whole pack.
        OSError: it cannot be read.
    """
    file.seek(0)
    header = file.read(HEADER_SIZE)
    if len(header) < HEADER_SIZE:
        raise _damaged(path, "it is cut short")
    magic, version, zero, offset, length, digest = _HEADER.unpack(header)
    if magic != _MAGIC or version != _VERSION or zero:
        raise _damaged(path, "it does not start like one")
    if offset < HEADER_SIZE or offset + length != os.fstat(file.fileno()).st_size:
        raise _damaged(path, "its length is not what its header tells")
    file.seek(offset)
    index = file.read(length)
    if hashlib.sha256(index).digest() != digest:
        raise _damaged(path, "its index is not what was written")
    try:
        return _decode_index(path, index, offset, digest)
    except (ValueError, KeyError, TypeError, struct.error) as problem:
        raise _damaged(path, f"its index makes no sense: {problem}") from problem


def find_damage(pack: Pack, file: FileIO) -> str:
    """Hash every file of `pack` in the open `file`; return what is wrong, or "" if nothing is.

    The padding between files is looked at too, so that each byte of a pack is accounted for.

    Raises:
        OSError: the file cannot be read.
    """
    end = HEADER_SIZE
    for packed in pack.files():
        file.seek(end)
        if file.read(packed.offset - end).strip(b"\0"):
            return f"bytes before {packed.directory}/{packed.name} belong to no file"
        digest = hashlib.sha256()
        left = packed.size
        while left and (chunk := file.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        if digest.digest() != packed.digest:
            return f"the bytes of {packed.directory}/{packed.name} are not what was written"
        end = packed.offset + packed.size
    return ""


def encode_index(pack: Pack, offset: int) -> tuple[bytes, bytes]:
    """Return header and index of `pack`, whose index is to start at `offset`."""
    meta = json.dumps({key: getattr(pack, key) for key in _META}).encode()
    directories = "\0".join(pack.directories).encode()
    names = "\0".join(pack.names).encode()
    index = b"".join(
        (
            _LENGTHS.pack(*map(len, (meta, directories, names, pack.directories, pack.names))),
            meta,
            directories,
            names,
            _little_endian(pack.counts),
            _little_endian(pack.sizes),
            _little_endian(pack.offsets),
            pack.executable,
            pack.digests,
        )
    )
    digest = hashlib.sha256(index).digest()
    return _HEADER.pack(_MAGIC, _VERSION, 0, offset, len(index), digest), index


def _decode_index(path: str, index: bytes, end: int, index_digest: bytes) -> Pack:
    meta_length, directories_length, names_length, directory_count, file_count = (
        _LENGTHS.unpack_from(index)
    )
    lengths = (
        _LENGTHS.size, meta_length, directories_length, names_length,
        4 * directory_count, 8 * file_count, 8 * file_count, file_count, _DIGEST * file_count,
    )  # fmt: skip
    bounds = list(accumulate(lengths))
    if bounds[-1] != len(index):
        raise ValueError("its parts do not fill it")
    parts = [index[start:stop] for start, stop in pairwise(bounds)]
    directories = tuple(parts[1].decode().split("\0")) if directory_count else ()
    names = tuple(parts[2].decode().split("\0")) if file_count else ()
    counts = _numbers("I", parts[3])
    sizes, offsets = _numbers("Q", parts[4]), _numbers("Q", parts[5])
    if len(directories) != directory_count or len(names) != file_count or sum(counts) != file_count:
        raise ValueError("its counts do not agree")
    if file_count and offsets[-1] + sizes[-1] > end:
        raise ValueError("a file reaches into the index")
    digest, wheel, name, version, dist_info, root = map(json.loads(parts[0]).__getitem__, _META)
    return Pack(
        path, digest, wheel, name, version, dist_info, root, directories,
        counts, names, sizes, offsets, parts[6], parts[7], index_digest,
    )  # fmt: skip


def _numbers(typecode: str, content: bytes) -> array[int]:
    numbers = array(typecode)
    numbers.frombytes(content)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _little_endian(numbers: array[int]) -> bytes:
    if sys.byteorder == "little":
        return numbers.tobytes()
    swapped = numbers[:]
    swapped.byteswap()
    return swapped.tobytes()


def _damaged(path: str, reason: str) -> StoreError:
    return StoreError(
        f"{path} is damaged: {reason}",
        hint="Run `trueup cache verify`; what is damaged is got again.",
    )


def _unreadable(path: str, problem: OSError) -> StoreError:
    return StoreError(
        f"{path} cannot be read: {problem.strerror}",
        hint="It is got again when it is asked for again.",
    )
