"""One member of a wheel's archive: its bytes, unpacked piece by piece, and what it claims."""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from trueup.acquisition.wheel_rules import refusal
from trueup.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

__all__ = ["DEFLATED", "STORED", "ZIP64", "Member", "extra_fields", "read_exactly", "read_member"]

STORED, DEFLATED = 0, 8
ZIP64 = 0x0001  # the extra field of sizes that do not fit into 32 bits

_LOCAL = struct.Struct("<4s5H3I2H")
_SENTINEL = 0xFFFFFFFF
_DESCRIPTOR = 0x0008  # sizes follow the data
_UNICODE_PATH = 0x7075  # the extra field that renames a member
_CHUNK = 1 << 20


class Member(NamedTuple):
    """One entry of the archive; a named tuple, because an install makes tens of thousands of them.

    Attributes:
        name: as it is written, a directory with its slash.
        mode: the POSIX mode, or 0 where there is none.
        flags: general purpose bits.
        method: 0 stored, 8 deflated.
        crc: of the unpacked bytes.
        compressed: bytes in the archive.
        size: bytes unpacked.
        start: where its local header starts.
        end: where the next thing starts.
    """

    name: str
    mode: int
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    start: int
    end: int

    @property
    def is_directory(self) -> bool:
        """Whether this is a directory, which wheels need not have."""
        return self.name.endswith("/")


def read_member(file: FileIO, member: Member, wheel: str) -> Iterator[bytes]:
    """Yield the unpacked bytes of `member` in pieces of at most 1 MiB, never the whole at once.

    Raises:
        WheelRefused: its local header, its data or its descriptor is not what the archive's
            directory tells; some pieces may have been handed out by then.
    """
    span = member.end - member.start
    head = read_exactly(file, member.start, min(span, _CHUNK), wheel)
    data_start = _check_local_header(head, member, wheel)
    data_end = data_start + member.compressed
    if data_end > span:
        raise refusal(wheel, "zip-overlap", member.name)
    if span == data_end <= _CHUNK and (content := _at_once(head, data_start, member)) is not None:
        yield content
        return
    pieces = _pieces(file, head, member, (data_start, data_end), wheel)
    if member.method == DEFLATED:
        pieces = _inflate(pieces, member, wheel)
    crc = size = 0
    for piece in pieces:
        crc = zlib.crc32(piece, crc)
        size += len(piece)
        yield piece
    if size != member.size or crc != member.crc:
        raise refusal(wheel, "zip-data", member.name)
    left = span - data_end
    rest = (
        head[data_end:]
        if len(head) == span
        else read_exactly(file, member.end - left, min(left, 32), wheel)
    )
    _check_descriptor(rest, left, member, wheel)


def _at_once(head: bytes, start: int, member: Member) -> bytes | None:
    """Return all that is in a small member behind which nothing follows.

    None where it is not what it should be, or large: then it is gone through piece by piece, to
    find out what is wrong with it. Nine of ten members come through here, in half the time.
    """
    if member.flags & _DESCRIPTOR or not 0 < member.size <= _CHUNK:
        return None
    content = head[start:]
    if member.method == DEFLATED:
        stream = zlib.decompressobj(-15)
        try:
            content = stream.decompress(content, member.size + 1)
        except zlib.error:
            return None
        if not stream.eof or stream.unused_data:
            return None
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        return None
    return content


def _check_local_header(head: bytes, member: Member, wheel: str) -> int:
    """Compare the local header with the central one; return where in `head` the data starts."""
    name = member.name.encode()
    _, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = (
        _LOCAL.unpack_from(head)
    )
    data: int = _LOCAL.size + name_length + extra_length
    agrees = (
        head.startswith(b"PK\3\4")
        and head[_LOCAL.size : _LOCAL.size + name_length] == name
        and (flags, method) == (member.flags, member.method)
        and data <= len(head)
    )
    if not agrees:
        raise refusal(wheel, "zip-header", member.name)
    plain = not extra_length and size < _SENTINEL and compressed < _SENTINEL
    if plain and (crc, compressed, size) == (member.crc, member.compressed, member.size):
        return data
    wide = (size == _SENTINEL) + (compressed == _SENTINEL)
    numbers: list[int] = []
    for kind, content in extra_fields(head[data - extra_length : data], member.name, wheel):
        if kind == ZIP64:
            if numbers or len(content) != 16:
                raise refusal(wheel, "zip-extra", member.name, detail="zip64")
            numbers = list(struct.unpack("<2Q", content))
    if wide and not numbers:
        raise refusal(wheel, "zip-extra", member.name, detail="zip64 is missing")
    told = [(crc, member.crc), *zip(numbers, (member.size, member.compressed), strict=False)]
    short = ((size, member.size), (compressed, member.compressed))
    told += [pair for pair in short if not (numbers and pair[0] == _SENTINEL)]
    may_be_zero = bool(flags & _DESCRIPTOR)
    if any(value != true and not (may_be_zero and value == 0) for value, true in told):
        raise refusal(wheel, "zip-header", member.name)
    return data


def _check_descriptor(rest: bytes, left: int, member: Member, wheel: str) -> None:
    """Check what follows the data: nothing, or a data descriptor where the flags promise one."""
    if not member.flags & _DESCRIPTOR:
        if left:
            raise refusal(wheel, "zip-gap", member.name)
        return
    numbers = (member.crc, member.compressed, member.size)
    forms = [struct.pack("<I2Q", *numbers)]
    if max(numbers) <= _SENTINEL:
        forms.append(struct.pack("<3I", *numbers))
    if rest not in {*forms, *(b"PK\7\x08" + form for form in forms)} or len(rest) != left:
        raise refusal(wheel, "zip-descriptor", member.name)


def _pieces(
    file: FileIO, head: bytes, member: Member, bounds: tuple[int, int], wheel: str
) -> Iterator[bytes]:
    at, end = bounds
    if at < end and at < len(head):
        yield head[at:end]
        at = min(len(head), end)
    while at < end:
        piece = read_exactly(file, member.start + at, min(_CHUNK, end - at), wheel)
        at += len(piece)
        yield piece


def _inflate(pieces: Iterator[bytes], member: Member, wheel: str) -> Iterator[bytes]:
    """Unpack; a stream that ends early, late, or gives one byte too many is refused."""
    stream = zlib.decompressobj(-15)
    left = member.size
    try:
        for packed in pieces:
            waiting = packed
            while waiting and not stream.eof:
                piece = stream.decompress(waiting, min(_CHUNK, left + 1))
                waiting = stream.unconsumed_tail
                left -= len(piece)
                if left < 0:
                    raise refusal(wheel, "zip-data", member.name)
                if piece:
                    yield piece
            if stream.unused_data or waiting:
                raise refusal(wheel, "zip-data", member.name)
        while not stream.eof and (piece := stream.decompress(b"", min(_CHUNK, left + 1))):
            left -= len(piece)
            yield piece
    except zlib.error as problem:
        raise refusal(wheel, "zip-data", member.name, detail=str(problem)) from problem
    if not stream.eof or stream.unused_data:
        raise refusal(wheel, "zip-data", member.name)


def read_exactly(file: FileIO, at: int, length: int, wheel: str) -> bytes:
    """Return `length` bytes from `at` on.

    Raises:
        FetchError: the file cannot be read.
        WheelRefused: there are fewer.
    """
    content = b""
    try:
        while len(content) < length:  # a read may fall short
            more = _read_at(file, length - len(content), at + len(content))
            if not more:
                raise refusal(wheel, "zip-structure", detail="it is cut short")
            content = content + more if content else more
    except OSError as problem:
        raise FetchError(f"{wheel} cannot be read: {problem.strerror}") from problem
    return content


if hasattr(os, "pread"):

    def _read_at(file: FileIO, size: int, at: int) -> bytes:
        return os.pread(file.fileno(), size, at)

else:  # Windows

    def _read_at(file: FileIO, size: int, at: int) -> bytes:
        file.seek(at)
        return file.read(size)


def extra_fields(extra: bytes, name: str, wheel: str) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each extra field of the member `name`.

    Raises:
        WheelRefused: the fields do not fill `extra`, or one gives the member another name.
    """
    at = 0
    while at < len(extra):
        if at + 4 > len(extra):
            raise refusal(wheel, "zip-extra", name)
        kind, length = struct.unpack_from("<2H", extra, at)
        at += 4 + length
        if at > len(extra) or kind == _UNICODE_PATH:
            raise refusal(wheel, "zip-extra", name)
        yield kind, extra[at - length : at]
