"""RECORD as the wheel brings it: which files there must be, and what each must hash to."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from typing import TYPE_CHECKING, NamedTuple

from trueup.acquisition.wheel_rules import refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["Promise", "check_record", "encode_digest", "parse_record"]

_STRONG = ("sha256", "sha384", "sha512")  # "sha256 or better": what the specification names
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")  # never listed, by the specification


class Promise(NamedTuple):
    """What RECORD promises of one file; a named tuple, because there are tens of thousands.

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
    promises: dict[str, Promise] = {}
    try:
        rows = csv.reader(io.StringIO(content.decode(), newline=""))
        for number, (path, hashed, size) in enumerate(rows):
            promise = _promise(hashed, size)
            if not path:
                raise refusal(wheel, "record-syntax", detail=f"row {number} names no file")
            path = path.replace("\\", "/")  # noqa: PLW2901 - as others read what Windows wrote
            if promise.algorithm and promise.algorithm not in _STRONG:
                raise refusal(wheel, "record-weak", path, detail=promise.algorithm)
            if promises.setdefault(path, promise) != promise:
                raise refusal(wheel, "record-contradiction", path)
    except (csv.Error, ValueError) as problem:  # not UTF-8, not three columns, no number
        raise refusal(wheel, "record-syntax", detail=str(problem)) from problem
    return promises


def _promise(hashed: str, size: str) -> Promise:
    """Return what one row promises.

    Raises:
        ValueError: it is not written as the specification has it.
    """
    algorithm, equals, value = hashed.partition("=")
    if hashed and not (equals and algorithm in hashlib.algorithms_available):
        raise ValueError(f"{hashed!r} is no hash that is known")
    return Promise(algorithm, value.rstrip("="), int(size) if size else None)


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
