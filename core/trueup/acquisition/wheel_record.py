"""RECORD as the wheel brings it: which files there must be, and what each must hash to."""

from __future__ import annotations

import base64
import csv
import io
from typing import TYPE_CHECKING

from trueup.acquisition.wheel_rules import refusal
from trueup.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["Promise", "check_record", "encode_digest", "parse_record"]

_STRONG = ("sha256", "sha384", "sha512")  # "sha256 or better": what the specification names
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")  # never listed, by the specification


@dataclass(frozen=True, slots=True)
class Promise:
    """What RECORD promises of one file.

    Attributes:
        algorithm: "sha256", "sha384", "sha512" or, where there is no hash, "".
        value: the digest as RECORD writes it: URL-safe base64 without padding.
        size: bytes, or None where there is no size.
    """

    algorithm: str
    value: str
    size: int | None


def encode_digest(digest: bytes) -> str:
    """Return `digest` as RECORD writes it: URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def parse_record(content: bytes, wheel: str) -> dict[str, Promise]:
    """Return what RECORD promises, by path.

    Raises:
        WheelRefused: RECORD is not UTF-8 or not a table of three columns, lists a file twice and
            differently, or uses a weak hash.
    """
    from installer.records import InvalidRecordEntry, RecordEntry, parse_record_file  # 30 ms

    promises: dict[str, Promise] = {}
    try:
        for row in parse_record_file(io.StringIO(content.decode(), newline="")):
            entry = RecordEntry.from_elements(*row)
            algorithm, value = (entry.hash_.name, entry.hash_.value) if entry.hash_ else ("", "")
            if algorithm and algorithm not in _STRONG:
                raise refusal(wheel, "record-weak", entry.path, detail=algorithm)
            promise = Promise(algorithm, value.rstrip("="), entry.size)
            if promises.setdefault(entry.path, promise) != promise:
                raise refusal(wheel, "record-contradiction", entry.path)
    except (csv.Error, InvalidRecordEntry, UnicodeDecodeError) as problem:
        raise refusal(wheel, "record-syntax", detail=str(problem)) from problem
    return promises


def check_record(
    promises: Mapping[str, Promise], files: Collection[str], dist_info: str, wheel: str
) -> None:
    """Check that RECORD and the archive know the same files, and that each has a hash.

    Raises:
        WheelRefused: one knows a file that the other does not, or a hash is missing.
    """
    record = f"{dist_info}/RECORD"
    unlisted = {record, *(f"{dist_info}/{name}" for name in _SIGNATURES)}
    for path in files:
        promise = promises.get(path)
        if path in unlisted:
            continue
        if promise is None:
            raise refusal(wheel, "record-omission", path)
        if not promise.algorithm:
            raise refusal(wheel, "record-unhashed", path)
    strangers = promises.keys() - set(files) - {record}
    if strangers:
        raise refusal(wheel, "record-stranger", min(strangers))
