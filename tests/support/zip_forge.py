"""Zip archives made byte by byte, so that each field can tell a lie of its own."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass
class Entry:
    """One member; what is None is told as it is.

    Attributes:
        name: as the central directory has it.
        content: the unpacked bytes.
        local: fields of the local header that differ: name, flags, method, crc, compressed, size.
        central: fields of the central header that differ, and offset.
        data: the packed bytes, where they are not made from `content`.
        descriptor: bytes behind the data, or a function of (crc, compressed, size).
        hidden: left out of the central directory.
        gap: bytes before the local header.
    """

    name: str | bytes
    content: bytes = b""
    method: int = 8
    mode: int = 0o100644
    flags: int = 0
    extra: bytes = b""
    local_extra: bytes = b""
    local: dict[str, int | bytes] = field(default_factory=dict)
    central: dict[str, int] = field(default_factory=dict)
    data: bytes | None = None
    descriptor: bytes | Callable[[int, int, int], bytes] = b""
    hidden: bool = False
    gap: bytes = b""

    @property
    def raw_name(self) -> bytes:
        return self.name.encode() if isinstance(self.name, str) else self.name

    @property
    def told_flags(self) -> int:
        """The flags, with the one for UTF-8 where the name was given as text and needs it."""
        return self.flags | (0x800 if isinstance(self.name, str) and not self.name.isascii() else 0)

    @property
    def packed(self) -> bytes:
        if self.data is not None:
            return self.data
        return deflate(self.content) if self.method == 8 else self.content


@dataclass
class End:
    """The end of the archive; what is None is told as it is."""

    count: int | None = None
    size: int | None = None
    start: int | None = None
    disk: int = 0
    comment: bytes = b""
    comment_length: int | None = None
    zip64: bytes | None = None  # record and locator, written as they are


def deflate(content: bytes) -> bytes:
    """Return `content` as a raw deflate stream."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(content) + stream.flush()


def forge(
    entries: Iterable[Entry], end: End | None = None, *, before: bytes = b"", after: bytes = b""
) -> bytes:
    """Return an archive; `before` shifts nothing: offsets stay those of the archive alone."""
    end = end or End()
    body, directory = bytearray(), bytearray()
    count = 0
    for entry in entries:
        body += entry.gap
        offset = len(body)
        packed = entry.packed
        told: dict[str, int | bytes] = {
            "name": entry.raw_name,
            "signature": b"PK\3\4",
            "flags": entry.told_flags,
            "method": entry.method,
            "crc": zlib.crc32(entry.content),
            "compressed": len(packed),
            "size": len(entry.content),
            "offset": offset,
        }
        body += _local({**told, **entry.local}, entry.local_extra) + packed
        numbers = (zlib.crc32(entry.content), len(packed), len(entry.content))
        body += entry.descriptor(*numbers) if callable(entry.descriptor) else entry.descriptor
        if not entry.hidden:
            directory += _central({**told, **entry.central}, entry.extra, entry.mode)
            count += 1
    start = len(body)
    told_count = count if end.count is None else end.count
    tail = struct.pack(
        "<4s4H2IH",
        b"PK\5\6",
        end.disk,
        end.disk,
        told_count,
        told_count,
        len(directory) if end.size is None else end.size,
        start if end.start is None else end.start,
        len(end.comment) if end.comment_length is None else end.comment_length,
    )
    return before + bytes(body + directory) + (end.zip64 or b"") + tail + end.comment + after


def zip64_end(count: int, size: int, start: int, *, record_at: int | None = None) -> bytes:
    """Return a zip64 end record and its locator, for a directory of `size` bytes at `start`."""
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    at = start + size if record_at is None else record_at
    return record + struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)


def extra(kind: int, content: bytes) -> bytes:
    """Return one extra field."""
    return struct.pack("<2H", kind, len(content)) + content


def signed_descriptor(crc: int, compressed: int, size: int) -> bytes:
    """Return a data descriptor with its signature."""
    return b"PK\7\x08" + struct.pack("<3I", crc, compressed, size)


def _local(told: dict[str, int | bytes], extra_fields: bytes) -> bytes:
    name = told["name"]
    assert isinstance(name, bytes)
    return (
        struct.pack(
            "<4s5H3I2H",
            told["signature"],
            20,
            told["flags"],
            told["method"],
            0,
            0x5821,
            told["crc"],
            told["compressed"],
            told["size"],
            len(name),
            len(extra_fields),
        )
        + name
        + extra_fields
    )


def _central(told: dict[str, int | bytes], extra_fields: bytes, mode: int) -> bytes:
    name = told["name"]
    assert isinstance(name, bytes)
    return (
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            0x0314,
            20,
            told["flags"],
            told["method"],
            0,
            0x5821,
            told["crc"],
            told["compressed"],
            told["size"],
            len(name),
            len(extra_fields),
            0,
            0,
            0,
            mode << 16,
            told["offset"],
        )
        + name
        + extra_fields
    )
