"""The bytes of a pack: header and index, written and read.

A pack is a header of 64 bytes, then the bytes of every file, uncompressed and in order of
directory, then the index. Small files lie close together, so that one read fills many of them.
Files of 64 KiB and more start at a multiple of 4 KiB, so that `copy_file_range` shares their
blocks by itself on file systems that can (btrfs, xfs). All numbers are little-endian.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from array import array
from itertools import accumulate, pairwise

from trueup.values import dataclass

__all__ = ["ALIGNED_SIZE", "ALIGNMENT", "DIGEST_SIZE", "HEADER_SIZE", "Header", "Index"]
__all__ += ["decode_header", "decode_index", "encode"]

ALIGNED_SIZE = 64 * 1024  # files from this size on ...
ALIGNMENT = 4096  # ... start at a multiple of the usual file-system block
DIGEST_SIZE = 32  # sha256

_MAGIC = b"TRUEPACK"
_VERSION = 1
_HEADER = struct.Struct("<8sIIQQ32s")  # magic, version, 0, index offset, index length, its sha256
_LENGTHS = struct.Struct("<5I")  # bytes of meta, directories, names; number of directories, files
_META = ("digest", "wheel", "name", "version", "dist_info", "root")

HEADER_SIZE = _HEADER.size


@dataclass(frozen=True, slots=True)
class Header:
    """Where the index is, and what it hashes to."""

    offset: int
    length: int
    digest: bytes


TYPE_CHECKING = False
if TYPE_CHECKING:
    _Numbers = array[int]
    _Names = tuple[str, ...]
    _Meta = tuple[str, str, str, str, str, str]
    Columns = tuple[*_Meta, _Names, _Numbers, _Names, _Numbers, _Numbers, bytes, bytes]
    """The fields of an `Index`, in order."""


@dataclass(frozen=True, slots=True)
class Index:
    """What the index holds; the fields are those of `trueup.acquisition.pack.Pack`."""

    digest: str
    wheel: str
    name: str
    version: str
    dist_info: str
    root: str
    directories: tuple[str, ...]
    counts: array[int]
    names: tuple[str, ...]
    sizes: array[int]
    offsets: array[int]
    executable: bytes
    digests: bytes


def encode(index: Index, offset: int) -> tuple[bytes, bytes]:
    """Return header and index of a pack whose index is to start at `offset`."""
    meta = json.dumps({key: getattr(index, key) for key in _META}).encode()
    directories = "\0".join(index.directories).encode()
    names = "\0".join(index.names).encode()
    content = b"".join(
        (
            _LENGTHS.pack(*map(len, (meta, directories, names, index.directories, index.names))),
            meta,
            directories,
            names,
            _little_endian(index.counts),
            _little_endian(index.sizes),
            _little_endian(index.offsets),
            index.executable,
            index.digests,
        )
    )
    digest = hashlib.sha256(content).digest()
    return _HEADER.pack(_MAGIC, _VERSION, 0, offset, len(content), digest), content


def decode_header(content: bytes) -> Header:
    """Return what the first bytes of a pack tell.

    Raises:
        ValueError: they are not those of a pack.
    """
    if len(content) < HEADER_SIZE:
        raise ValueError("it is cut short")
    magic, version, zero, offset, length, digest = _HEADER.unpack(content)
    if magic != _MAGIC or version != _VERSION or zero or offset < HEADER_SIZE:
        raise ValueError("it does not start like one")
    return Header(offset, length, digest)


def decode_index(content: bytes, header: Header) -> Columns:
    """Return the fields of the index that `content` holds, checked against the digest in `header`.

    Raises:
        ValueError: it is not what was written.
    """
    if hashlib.sha256(content).digest() != header.digest:
        raise ValueError("its index is not what was written")
    try:
        meta_length, directories_length, names_length, directory_count, file_count = (
            _LENGTHS.unpack_from(content)
        )
    except struct.error as problem:
        raise ValueError("its index is cut short") from problem
    lengths = (
        _LENGTHS.size, meta_length, directories_length, names_length,
        4 * directory_count, 8 * file_count, 8 * file_count, file_count, DIGEST_SIZE * file_count,
    )  # fmt: skip
    bounds = list(accumulate(lengths))
    if bounds[-1] != len(content):
        raise ValueError("the parts of its index do not fill it")
    parts = [content[start:stop] for start, stop in pairwise(bounds)]
    directories = tuple(parts[1].decode().split("\0")) if directory_count else ()
    names = tuple(parts[2].decode().split("\0")) if file_count else ()
    counts = _numbers("I", parts[3])
    sizes, offsets = _numbers("Q", parts[4]), _numbers("Q", parts[5])
    if len(directories) != directory_count or len(names) != file_count or sum(counts) != file_count:
        raise ValueError("the counts of its index do not agree")
    if file_count and offsets[-1] + sizes[-1] > header.offset:
        raise ValueError("a file reaches into its index")
    meta = _meta(parts[0])
    return (*meta, directories, counts, names, sizes, offsets, parts[6], parts[7])


def _meta(content: bytes) -> tuple[str, str, str, str, str, str]:
    meta = json.loads(content)
    try:
        digest, wheel, name, version, dist_info, root = (meta[key] for key in _META)
    except (KeyError, TypeError) as problem:
        raise ValueError(f"its index lacks {problem}") from problem
    return digest, wheel, name, version, dist_info, root


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
