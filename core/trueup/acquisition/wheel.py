"""The wheel: read once, checked by every rule of `wheel_rules`, handed on file by file.

Nothing is unpacked to disk to be looked at. `open_wheel` checks all that can be told from the
archive's layout and the wheel's metadata; `Wheel.copy` checks the bytes of one file while they
pass. Only when every file has passed is the wheel proven.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from typing import NamedTuple

from trueup.acquisition.wheel_archive import read_layout
from trueup.acquisition.wheel_bounds import user_limits
from trueup.acquisition.wheel_member import Member, read_member
from trueup.acquisition.wheel_metadata import (
    WheelName,
    check_dist_info,
    check_metadata,
    command_names,
    parse_name,
    read_wheel_file,
)
from trueup.acquisition.wheel_placement import Placement, check_commands, find_dist_info, place
from trueup.acquisition.wheel_record import Promise, check_record, encode_digest, parse_record
from trueup.acquisition.wheel_rules import Limits, refusal
from trueup.errors import FetchError, HashMismatch
from trueup.values import dataclass

__all__ = ["Wheel", "WheelFile", "open_wheel"]

_EXECUTABLE = 0o111
_NEVER_KEPT = ("RECORD", "RECORD.jws", "RECORD.p7s")  # and nobody wonders


class WheelFile(NamedTuple):
    """One file of a wheel; a named tuple, because there are tens of thousands.

    Attributes:
        placement: where it goes.
        member: where its bytes are.
        promise: what RECORD promises of it; None for RECORD itself and its signatures.
    """

    placement: Placement
    member: Member
    promise: Promise | None

    @property
    def executable(self) -> bool:
        """Whether the wheel marks it executable."""
        return bool(self.member.mode & _EXECUTABLE)


@dataclass(frozen=True, slots=True)
class Wheel:
    """An open wheel whose layout and metadata have passed every rule.

    Attributes:
        wheel_name: what its file name tells.
        digest: sha256 of the file, in hexadecimal.
        dist_info: the name of its dist-info directory.
        root: "purelib" or "platlib".
        files: in the order of their places.
        oddities: what is not as it should be, but does no harm: sentences without an end.
    """

    wheel_name: WheelName
    digest: str
    dist_info: str
    root: str
    files: tuple[WheelFile, ...]
    oddities: tuple[str, ...]
    _file: FileIO

    def copy(self, file: WheelFile, write: Callable[[bytes], object]) -> bytes:
        """Hand the bytes of `file` to `write`, piece by piece; return their sha256.

        Raises:
            WheelRefused: they are not what the archive or RECORD promises. Some were written.
        """
        wheel, promise = self.wheel_name.filename, file.promise
        digest = hashlib.sha256()
        stronger = None
        if promise and promise.algorithm not in {"", "sha256"}:
            stronger = hashlib.new(promise.algorithm)
        for piece in read_member(self._file, file.member, wheel):
            digest.update(piece)
            if stronger:
                stronger.update(piece)
            write(piece)
        if (
            promise
            and promise.algorithm
            and promise.value != encode_digest((stronger or digest).digest())
        ):
            raise refusal(wheel, "record-hash", file.member.name)
        if promise and promise.size not in {None, file.member.size}:
            raise refusal(wheel, "record-size", file.member.name)
        return digest.digest()


@contextmanager
def open_wheel(
    path: str, filename: str = "", *, expected_sha256: str = "", limits: Limits | None = None
) -> Iterator[Wheel]:
    """Open and check the wheel at `path`, and close it in the end.

    Args:
        path: the file.
        filename: the wheel's file name, where `path` has another.
        expected_sha256: what the file must hash to, in hexadecimal; "" for anything.
        limits: how much it may unpack to.

    Raises:
        FetchError: the file cannot be read.
        HashMismatch: it is not the file that was promised.
        WheelRefused: it breaks a rule; at the end also when it changed while it was open.
    """
    wheel_name = parse_name(filename or os.path.basename(path))
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed below; only this may fail here
    except OSError as problem:
        raise FetchError(f"{wheel_name.filename} cannot be read: {problem.strerror}") from problem
    with file:
        before = os.fstat(file.fileno())
        digest = _hash(file, wheel_name.filename)
        if expected_sha256 and digest != expected_sha256.lower():
            raise HashMismatch(
                wheel_name.filename,
                expected=f"sha256:{expected_sha256.lower()}",
                actual=f"sha256:{digest}",
            )
        yield _check(file, digest, wheel_name, limits or user_limits())
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise refusal(wheel_name.filename, "zip-changed")


def _hash(file: FileIO, wheel: str) -> str:
    try:
        return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise FetchError(f"{wheel} cannot be read: {problem.strerror}") from problem


def _check(file: FileIO, digest: str, wheel_name: WheelName, limits: Limits) -> Wheel:
    wheel = wheel_name.filename
    members = read_layout(file, wheel, limits)
    names = [member.name for member in members if not member.is_directory]
    directories = [member.name for member in members if member.is_directory]
    dist_info = find_dist_info(names, wheel)
    check_dist_info(dist_info, wheel_name)
    metadata = _MetadataReader(file, members, dist_info, wheel, limits)
    root, oddities = read_wheel_file(metadata.need("WHEEL", "wheel-missing"), wheel_name)
    placed = place(names, directories, root, dist_info, wheel_name)
    promises = parse_record(metadata.need("RECORD", "record-missing"), wheel)
    check_record(promises, names, dist_info, wheel)
    check_metadata(metadata.need("METADATA", "metadata-missing"), wheel_name)
    entry_points = metadata.read("entry_points.txt")
    if entry_points is not None:
        check_commands(command_names(entry_points, wheel_name), placed.values(), wheel_name)
    for member in members:
        if member.is_directory:  # their headers are looked at too; there are no bytes to see
            for _ in read_member(file, member, wheel):
                pass
    files = [
        WheelFile(placed[member.name], member, promises.get(member.name))
        for member in members
        if not member.is_directory
    ]
    files.sort(key=lambda one: (one.placement.directory, one.placement.name))
    oddities += tuple(
        f"its own {one.placement.name} is left out"
        for one in files
        if not one.placement.kept and one.placement.name not in _NEVER_KEPT
    )
    return Wheel(wheel_name, digest, dist_info, root, tuple(files), oddities, file)


class _MetadataReader:
    """Reads files of the dist-info directory into memory, within the limit for those."""

    def __init__(
        self, file: FileIO, members: list[Member], dist_info: str, wheel: str, limits: Limits
    ) -> None:
        self._file = file
        self._wheel = wheel
        self._limit = limits.metadata
        start = len(dist_info) + 1
        self._members = {
            member.name[start:]: member
            for member in members
            if member.name.startswith(f"{dist_info}/")
        }

    def read(self, name: str) -> bytes | None:
        """Return the bytes of `name`, or None where there is no such file."""
        member = self._members.get(name)
        if member is None:
            return None
        if member.size > self._limit:
            raise refusal(self._wheel, "bomb-metadata", member.name)
        return b"".join(read_member(self._file, member, self._wheel))

    def need(self, name: str, rule: str) -> bytes:
        """Return the bytes of `name`; refuse the wheel by `rule` where there is no such file."""
        content = self.read(name)
        if content is None:
            raise refusal(self._wheel, rule)
        return content
