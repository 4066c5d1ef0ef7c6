"""The bytes of a fingerprint: JSON that people can look into, with its long tables packed.

A table is a column of names and columns of numbers, compressed and in base64: 10,000 files take
about half a megabyte and a few milliseconds, where plain JSON would take three times as much.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from trueup.freshness.fingerprint import (
    Circumstances,
    FileKind,
    FileMark,
    Fingerprint,
    ListingMark,
    ListingRule,
    Question,
)
from trueup.values import asdict

__all__ = ["FORMAT", "decode", "encode"]

FORMAT = 13
_KINDS: tuple[FileKind, ...] = get_args(FileKind)
_RULES: tuple[ListingRule, ...] = get_args(ListingRule)
_DIGEST = 16
_FAST = 1  # compression level: names shrink to a fifth already


def encode(fingerprint: Fingerprint) -> bytes:
    """Return the bytes of `fingerprint`; the same value always has the same bytes."""
    value = {
        "circumstances": asdict(fingerprint.circumstances),
        "wheel": fingerprint.wheel,
        "time_ns": fingerprint.time_ns,
        "files": _pack_files(fingerprint.files),
        "listings": _pack_listings(fingerprint.listings),
        "made": _pack_names(sorted(fingerprint.made)),
        "altered": _pack_names(sorted(fingerprint.altered)),
        "absences": _pack_names(fingerprint.absences),
        "taken": _pack_names(fingerprint.taken),
        "presences": _pack_names(fingerprint.presences),
        "questions": [list(one) for one in fingerprint.questions],
        "variables": dict(sorted(fingerprint.variables.items())),
        "salt": fingerprint.salt,
        "survey": [fingerprint.survey, fingerprint.survey_digest],
        "opened": _pack_names(fingerprint.opened),
        "listed": _pack_names(fingerprint.listed),
        "leftovers": fingerprint.leftovers,
        "idle": fingerprint.idle,
        "programs": fingerprint.programs,
        "patterns": fingerprint.patterns,
        "requirements": fingerprint.requirements,
        "environment": fingerprint.environment,
        "unusable": fingerprint.unusable,
    }
    content = json.dumps(value, separators=(",", ":")).encode()
    digest = hashlib.sha256(content).hexdigest()
    return b'{"format":%d,"digest":"%s","fingerprint":%s}\n' % (FORMAT, digest.encode(), content)


def decode(content: bytes) -> Fingerprint | None:
    """Return the fingerprint that `content` holds; None if it is damaged or of another format."""
    try:
        start = content.index(b'"fingerprint":') + len(b'"fingerprint":')
        outer = json.loads(content[:start] + b"null}")
        body = content[start:].rstrip()[:-1]
        if outer["format"] != FORMAT or hashlib.sha256(body).hexdigest() != outer["digest"]:
            return None
        return _from_value(json.loads(body))
    except (ValueError, KeyError, TypeError, IndexError, zlib.error, RecursionError):
        return None


def _from_value(value: dict[str, Any]) -> Fingerprint:
    around = value["circumstances"]
    around["config_settings"] = tuple((key, one) for key, one in around["config_settings"])
    survey, survey_digest = value["survey"]
    return Fingerprint(
        circumstances=Circumstances(**around),
        wheel=value["wheel"],
        time_ns=value["time_ns"],
        files=_unpack_files(value["files"]),
        listings=_unpack_listings(value["listings"]),
        made=frozenset(_unpack_names(value["made"])),
        altered=frozenset(_unpack_names(value["altered"])),
        absences=_unpack_names(value["absences"]),
        taken=_unpack_names(value["taken"]),
        presences=_unpack_names(value["presences"]),
        questions=tuple(
            Question(tuple(arguments), directory, digest)
            for arguments, directory, digest in value["questions"]
        ),
        variables=value["variables"],
        salt=value["salt"],
        survey=survey,
        survey_digest=survey_digest,
        opened=_unpack_names(value["opened"]),
        listed=_unpack_names(value["listed"]),
        leftovers=value["leftovers"],
        idle=tuple(value["idle"]),
        programs=tuple(value["programs"]),
        patterns=tuple(value["patterns"]),
        requirements=tuple(value["requirements"]),
        environment=tuple(value["environment"]),
        unusable=value["unusable"],
    )


def _pack_files(files: Sequence[FileMark]) -> list[str]:
    kinds = bytes(_KINDS.index(one.kind) for one in files)
    return [
        _pack_names([one.path for one in files]),
        _squeeze(kinds),
        _pack_numbers(one.size for one in files),
        _pack_numbers(one.mtime_ns for one in files),
        _pack_numbers(one.ctime_ns for one in files),
        _pack_numbers(one.inode for one in files),
        _text(b"".join(one.digest for one in files)),
    ]


def _unpack_files(columns: list[str]) -> tuple[FileMark, ...]:
    names, kinds, *numbers, digests = columns
    return tuple(
        map(
            FileMark._make,
            zip(
                _unpack_names(names),
                [_KINDS[one] for one in _release(kinds)],
                *map(_unpack_numbers, numbers),
                _digests(digests),
                strict=True,
            ),
        )
    )


def _pack_listings(listings: Sequence[ListingMark]) -> list[str]:
    return [
        _pack_names([one.path for one in listings]),
        _squeeze(bytes(_RULES.index(one.rule) for one in listings)),
        _pack_numbers(one.mtime_ns for one in listings),
        _pack_numbers(one.ctime_ns for one in listings),
        _pack_numbers(one.inode for one in listings),
        _text(b"".join(one.digest for one in listings)),
        _pack_names([one.patterns for one in listings]),
    ]


def _unpack_listings(columns: list[str]) -> tuple[ListingMark, ...]:
    names, rules, *numbers, digests, patterns = columns
    return tuple(
        map(
            ListingMark._make,
            zip(
                _unpack_names(names),
                [_RULES[one] for one in _release(rules)],
                *map(_unpack_numbers, numbers),
                _digests(digests),
                _unpack_names(patterns),
                strict=True,
            ),
        )
    )


def _digests(text: str) -> list[bytes]:
    joined = binascii.a2b_base64(text)
    return [joined[at : at + _DIGEST] for at in range(0, len(joined), _DIGEST)]


def _pack_names(names: Iterable[str]) -> str:
    # Each is followed by "\0", so that no name at all and one empty name are two things.
    return _squeeze("".join(f"{name}\0" for name in names).encode("utf-8", "surrogateescape"))


def _unpack_names(text: str) -> tuple[str, ...]:
    joined = _release(text).decode("utf-8", "surrogateescape")
    return tuple(joined.split("\0")[:-1])


def _pack_numbers(numbers: Iterable[int]) -> str:
    column = array("q", numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return _squeeze(column.tobytes())


def _unpack_numbers(text: str) -> array[int]:
    column = array("q")
    column.frombytes(_release(text))
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _squeeze(content: bytes) -> str:
    return _text(zlib.compress(content, _FAST))


def _release(text: str) -> bytes:
    return zlib.decompress(binascii.a2b_base64(text))


def _text(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).decode("ascii")
