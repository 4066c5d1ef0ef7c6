"""How files and folders look, and whether they still look so; as light as it gets."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["TICK", "Looks", "Signature", "Signed", "contents", "looks_so", "signature"]

TICK = 0.06
"""Seconds after which a clock of a file system has ticked."""
Signature = tuple[int, int, int, int]
Looks = list[tuple[str, Signature]]
Signed = tuple[Looks, Looks, dict[str, str], Sequence[str], Sequence[str], bytes, bool]
"""What an answer stands on: how files and folders look, links followed; the same, not followed; of
some folders among the first what lies directly in them; what has to be absent, and present; the
fingerprint of a project, which decides where these look otherwise; whether looks are enough."""


def looks_so(
    places: Looks,
    links: Looks,
    folders: Mapping[str, str],
    absent: Iterable[str],
    present: Iterable[str],
) -> bool:
    """Whether everything looks as it did; see `Signed`."""
    exists = os.path.lexists
    if not _look(places, folders, os.stat) or not _look(links, {}, os.lstat):
        return False
    return not any(map(exists, absent)) and all(map(exists, present))


def signature(status: os.stat_result) -> Signature:
    """Return what changes with a file or directory, whatever is done to it."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size


def contents(folder: str) -> str:
    """Return a digest of what lies directly in a folder: names, kinds, and where links lead.

    Without the data of coverage.py, which lies beside the sources and is written in each test run.

    Raises:
        OSError: it cannot be read.
    """
    found: list[tuple[str, bool, bool, str]] = []
    with os.scandir(folder) as entries:
        for one in entries:
            file, link = one.is_file(follow_symlinks=False), one.is_symlink()
            if not (file and _is_coverage(one.name)):
                inside = one.is_dir(follow_symlinks=False)
                found.append((one.name, file, inside, os.readlink(one.path) if link else ""))
    return hashlib.sha256(repr(sorted(found)).encode("utf-8", "surrogateescape")).hexdigest()


def _is_coverage(name: str) -> bool:
    return name == ".coverage" or (name.startswith(".coverage.") and not name.endswith(".py"))


def _look(signed: Looks, folders: Mapping[str, str], look: Any) -> bool:
    try:
        for path, known in signed:
            now = look(path)
            if (now.st_mtime_ns, now.st_ctime_ns, now.st_ino, now.st_size) != known and (
                now.st_ino != known[2] or folders.get(path) != contents(path)
            ):
                return False
    except (OSError, ValueError):
        return False
    return True
