"""From wheel to pack: every file unpacked once, checked while it passes, put in its place."""

from __future__ import annotations

import os
from array import array
from typing import TYPE_CHECKING, BinaryIO

from trueup.acquisition.pack import Pack, read_pack
from trueup.acquisition.pack_format import ALIGNED_SIZE, ALIGNMENT, HEADER_SIZE, Index, encode
from trueup.destination.private import private
from trueup.destination.room import told_of_room
from trueup.errors import StoreError

if TYPE_CHECKING:
    from trueup.acquisition.wheel import Wheel, WheelFile

__all__ = ["write_pack"]

_BUFFER = 1 << 20


def write_pack(wheel: Wheel, pack_path: str) -> Pack:
    """Write the content of `wheel` to the new file `pack_path`, flush it to disk, and return it.

    What is in the file after an error is nobody's: remove it.

    Raises:
        WheelRefused: a file of the wheel is not what was promised.
        StoreError: the pack cannot be written.
    """
    files = [file for file in wheel.files if file.placement.kept]
    try:
        with open(pack_path, "xb", buffering=_BUFFER, opener=private) as pack:
            pack.write(bytes(HEADER_SIZE))
            sizes, offsets, digests = _write_files(wheel, files, pack)
            for file in wheel.files:
                if not file.placement.kept:
                    wheel.copy(file, len)  # checked like every other, and dropped
            end = pack.tell()
            header, index = encode(_index(wheel, files, (sizes, offsets, digests)), end)
            pack.write(index)
            pack.seek(0)
            pack.write(header)
            pack.flush()
            os.fsync(pack.fileno())
    except OSError as problem:
        room = told_of_room(problem, pack_path, sum(file.member.size for file in files))
        raise StoreError(
            f"{pack_path} cannot be written: {problem.strerror}{room}",
            hint="Make room there, or name another place with TRUEUP_CACHE_DIR.",
        ) from problem
    return read_pack(pack_path)


def _write_files(
    wheel: Wheel, files: list[WheelFile], pack: BinaryIO
) -> tuple[array[int], array[int], bytes]:
    sizes, offsets, digests = array("Q"), array("Q"), bytearray()
    at = HEADER_SIZE
    for file in files:
        size = file.member.size
        if size >= ALIGNED_SIZE and at % ALIGNMENT:
            padding = ALIGNMENT - at % ALIGNMENT
            pack.write(bytes(padding))
            at += padding
        sizes.append(size)
        offsets.append(at)
        digests += wheel.copy(file, pack.write)
        at += size
    return sizes, offsets, bytes(digests)


def _index(
    wheel: Wheel, files: list[WheelFile], columns: tuple[array[int], array[int], bytes]
) -> Index:
    held: dict[str, int] = {}
    for file in files:
        directory = file.placement.directory
        held[directory] = held.get(directory, 0) + 1
        while directory := directory.rpartition("/")[0]:
            held.setdefault(directory, 0)
    directories = tuple(sorted(held))
    sizes, offsets, digests = columns
    return Index(
        digest=wheel.digest,
        wheel=wheel.wheel_name.filename,
        name=wheel.wheel_name.name,
        version=str(wheel.wheel_name.version),
        dist_info=wheel.dist_info,
        root=wheel.root,
        directories=directories,
        counts=array("I", (held[directory] for directory in directories)),
        names=tuple(file.placement.name for file in files),
        sizes=sizes,
        offsets=offsets,
        executable=bytes(file.executable for file in files),
        digests=digests,
    )
