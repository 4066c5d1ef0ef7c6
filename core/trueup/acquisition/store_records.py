"""Small records of the store, one JSON file each: whole, or not there at all.

A record carries a digest of itself, because a build record decides which pack is installed for a
source: one whose bytes were flipped must be a miss and never a wrong answer.
"""

from __future__ import annotations

import hashlib
import json
import os

from trueup.acquisition.store_temporary import remove, temporary_name
from trueup.destination.private import private
from trueup.errors import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["read_record", "record_path", "write_atomically", "write_record"]


def record_path(folder: str, key: str) -> str:
    """Return the path of the record `key`, which may hold any characters."""
    return os.path.join(folder, hashlib.sha256(key.encode()).hexdigest() + ".json")


def read_record(path: str, key: str = "") -> dict[str, Any] | None:
    """Return the value of a record; None where there is none, or a damaged one, or another key's.

    Args:
        path: the record's file.
        key: the key that it must have been written for; "" for any.
    """
    try:
        with open(path, "rb") as file:
            record = json.load(file)
        value, written_for = record["value"], record["key"]
        if record["digest"] != _digest(written_for, value) or (key and written_for != key):
            return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def write_record(path: str, key: str, value: dict[str, Any], temporary: str) -> None:
    """Write the record `key`; readers see the old one or the new one.

    Args:
        path: the record's file.
        key: what the record is for.
        value: anything that JSON can hold.
        temporary: a folder on the same file system.

    Raises:
        StoreError: it cannot be written.
    """
    record = {"key": key, "value": value, "digest": _digest(key, value)}
    write_atomically(path, json.dumps(record).encode(), temporary)


def write_atomically(path: str, content: bytes, temporary: str) -> None:
    """Put `content` at `path` by way of the folder `temporary`: all of it or nothing.

    It is not flushed to disk: what a power cut takes is written again when it is missed.

    Raises:
        StoreError: it cannot be written.
    """
    new = temporary_name(temporary)
    try:
        with open(new, "xb", opener=private) as file:
            file.write(content)
        if os.path.isdir(path) and not os.path.islink(path):
            remove(path)  # whoever put a folder here did damage, which heals like any other
        os.replace(new, path)
    except OSError as problem:
        remove(new)
        raise StoreError(
            f"{path} cannot be written: {problem.strerror}",
            hint="Make room there, or name another place with TRUEUP_CACHE_DIR.",
        ) from problem


def _digest(key: str, value: object) -> str:
    content = json.dumps([key, value], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
