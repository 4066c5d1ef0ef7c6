"""The strict zip reader: an archive that two readers could take for two things is refused.

`zipfile` forgives by design what must not be forgiven here: bytes before, between and behind the
members, counts that lie, local headers that contradict the central ones, data behind the end of a
compressed stream. So the layout is read here, and every byte of the file must have exactly one
meaning: members without gaps from byte 0 on, then the directory, then its end (PKWARE APPNOTE).
"""

from __future__ import annotations

import os
import stat
import struct
from typing import TYPE_CHECKING

from trueup.acquisition.wheel_member import (
    DEFLATED,
    STORED,
    ZIP64,
    Member,
    extra_fields,
    read_exactly,
)
from trueup.acquisition.wheel_rules import refusal

if TYPE_CHECKING:
    from io import FileIO

    from trueup.acquisition.wheel_rules import Limits

__all__ = ["read_layout"]

_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LOCAL_SIZE = 30
_SENTINEL = 0xFFFFFFFF

_UTF8 = 0x0800  # the name is UTF-8
_ENCRYPTED = 0x2061  # bits 0 and 6 encryption, bit 13 masked headers, bit 5 patch data


def read_layout(file: FileIO, wheel: str, limits: Limits) -> list[Member]:
    """Return the members of the archive in the unbuffered `file`, in order of their place.

    Raises:
        WheelRefused: the archive is not whole, not plain, or larger than `limits` unpacked.
    """
    length = os.fstat(file.fileno()).st_size
    start, end, count = _directory_bounds(file, length, wheel)
    if count > limits.members:
        raise refusal(wheel, "bomb-count", detail=f"{count}")
    if end - start > limits.metadata:
        raise refusal(wheel, "bomb-metadata", detail="the archive's directory")
    directory = read_exactly(file, start, end - start, wheel)
    members = _read_directory(directory, count, wheel)
    members.sort(key=lambda member: member.start)
    placed = _place(members, start, wheel)
    _check_size(placed, length, wheel, limits)
    return placed


def _directory_bounds(file: FileIO, length: int, wheel: str) -> tuple[int, int, int]:
    """Return start, end and number of entries of the central directory."""
    tail_length = min(length, _END.size + 0xFFFF)
    tail = read_exactly(file, length - tail_length, tail_length, wheel)
    at = len(tail) - _END.size
    if at < 0 or tail[at : at + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END.size > len(tail):
        raise refusal(wheel, "zip-structure", detail="its end is missing")
    _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail):
        raise refusal(wheel, "zip-appended")
    if b"PK" in tail[at + _END.size :]:
        raise refusal(wheel, "zip-comment")
    end = length - len(tail) + at
    has_zip64 = (
        end >= _LOCATOR64.size and read_exactly(file, end - _LOCATOR64.size, 4, wheel) == b"PK\6\7"
    )
    if has_zip64:
        found = (disk, first_disk, here, count, size, start)
        count, size, start, end = _zip64_end(file, end, found, wheel)
    elif 0xFFFF in {disk, first_disk, here, count} or _SENTINEL in {size, start}:
        raise refusal(wheel, "zip-zip64", detail="its second end is missing")
    elif disk or first_disk:
        raise refusal(wheel, "zip-disks")
    elif here != count:
        raise refusal(wheel, "zip-count")
    if start + size != end:
        raise refusal(wheel, "zip-prepended" if start + size < end else "zip-count")
    return start, end, count


def _zip64_end(
    file: FileIO, end: int, found: tuple[int, ...], wheel: str
) -> tuple[int, int, int, int]:
    """Return count, size, start of the directory, and its end, by the zip64 record before `end`."""
    record_at = end - _LOCATOR64.size - _END64.size
    if record_at < 0:
        raise refusal(wheel, "zip-zip64", detail="there is no room for it")
    both = read_exactly(file, record_at, _END64.size + _LOCATOR64.size, wheel)
    signature, size_of_record, _, _, disk, first_disk, here, count, size, start = (
        _END64.unpack_from(both)
    )
    _, locator_disk, locator_offset, disks = _LOCATOR64.unpack_from(both, _END64.size)
    if signature != b"PK\6\6" or size_of_record != _END64.size - 12 or locator_offset != record_at:
        raise refusal(wheel, "zip-zip64", detail="its locator points elsewhere")
    if disk or first_disk or locator_disk or disks > 1:
        raise refusal(wheel, "zip-disks")
    if here != count:
        raise refusal(wheel, "zip-count")
    sentinels = (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, _SENTINEL, _SENTINEL)
    for short, long, sentinel in zip(
        found, (disk, first_disk, here, count, size, start), sentinels, strict=True
    ):
        if short not in {long, sentinel}:
            raise refusal(wheel, "zip-zip64")
    return count, size, start, record_at


def _read_directory(directory: bytes, count: int, wheel: str) -> list[Member]:
    members: list[Member] = []
    at = 0
    while at < len(directory):
        if directory[at : at + 4] != b"PK\1\2" or at + _CENTRAL.size > len(directory):
            raise refusal(wheel, "zip-count", detail="its directory holds something else")
        fields = _CENTRAL.unpack_from(directory, at)
        name_end = at + _CENTRAL.size + fields[10]
        extra_end = name_end + fields[11]
        raw_name = directory[at + _CENTRAL.size : name_end]
        at = extra_end + fields[12]
        if at > len(directory):
            raise refusal(wheel, "zip-count", detail="its directory is cut short")
        members.append(_member(fields, raw_name, directory[name_end:extra_end], wheel))
    if len(members) != count:
        raise refusal(wheel, "zip-count", detail=f"{count} told, {len(members)} found")
    return members


def _member(fields: tuple[int, ...], raw_name: bytes, extra: bytes, wheel: str) -> Member:
    _, _, _, flags, method, _, _, crc, compressed, size, *_, attributes, start = fields
    try:
        name = raw_name.decode()
    except UnicodeDecodeError:
        raise refusal(wheel, "name-encoding", repr(raw_name)) from None
    if not flags & _UTF8 and not name.isascii():  # others would read it as code page 437
        raise refusal(wheel, "name-encoding", name)
    if flags & _ENCRYPTED:
        raise refusal(wheel, "member-encrypted", name)
    if method not in {STORED, DEFLATED}:
        raise refusal(wheel, "member-method", name, detail=f"method {method}")
    if extra or _SENTINEL in {size, compressed, start}:
        size, compressed, start = _widened((size, compressed, start), extra, name, wheel)
    mode = attributes >> 16
    _check_kind(name, mode, size, wheel)
    return Member(name, mode, flags, method, crc, compressed, size, start, 0)


def _check_kind(name: str, mode: int, size: int, wheel: str) -> None:
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        raise refusal(wheel, "member-link", name)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise refusal(wheel, "member-special", name)
    if name.endswith("/"):
        if size or kind == stat.S_IFREG:
            raise refusal(wheel, "member-directory", name)
    elif kind == stat.S_IFDIR:
        raise refusal(wheel, "member-special", name)


def _widened(
    numbers: tuple[int, int, int], extra: bytes, name: str, wheel: str
) -> tuple[int, int, int]:
    """Return size, compressed size and start, with those that did not fit in from `extra`."""
    wide = [value == _SENTINEL for value in numbers]
    found = _zip64_extra(extra, sum(wide), name, wheel)
    size, compressed, start = (
        found.pop(0) if is_wide else value for is_wide, value in zip(wide, numbers, strict=True)
    )
    return size, compressed, start


def _zip64_extra(extra: bytes, wanted: int, name: str, wheel: str) -> list[int]:
    """Return the zip64 numbers in `extra`, of which there must be `wanted`."""
    numbers: list[int] = []
    seen = False
    for kind, content in extra_fields(extra, name, wheel):
        if kind != ZIP64:
            continue
        if seen or len(content) != 8 * wanted:
            raise refusal(wheel, "zip-extra", name, detail="zip64")
        seen = True
        numbers = list(struct.unpack(f"<{wanted}Q", content))
    if wanted and not seen:
        raise refusal(wheel, "zip-extra", name, detail="zip64 is missing")
    return numbers


def _place(members: list[Member], directory: int, wheel: str) -> list[Member]:
    """Give each member its end; the first must start at 0, and none may reach into the next."""
    if members and members[0].start:
        raise refusal(wheel, "zip-prepended")
    if not members and directory:
        raise refusal(wheel, "zip-gap")
    placed: list[Member] = []
    ends = [member.start for member in members[1:]] + [directory]
    for member, end in zip(members, ends, strict=True):
        if member.start + _LOCAL_SIZE + len(member.name.encode()) + member.compressed > end:
            raise refusal(wheel, "zip-overlap", member.name)
        placed.append(Member(*member[:-1], end))
    return placed


def _check_size(members: list[Member], length: int, wheel: str, limits: Limits) -> None:
    total = sum(member.size for member in members)
    if total > limits.total:
        raise refusal(wheel, "bomb-size", detail=f"{total} bytes")
    if total > limits.ratio_from and total > limits.ratio * length:
        raise refusal(wheel, "bomb-ratio", detail=f"{length} to {total} bytes")
