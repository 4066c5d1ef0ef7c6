"""Bytecode beside a source that was written a moment ago: it may be of the source before that.

Python takes bytecode for that of a source if the second in which the source was written and its
size are the same (PEP 3147, PEP 552). A module that changes twice within one second, as a script
changes a backend that lies in the project, or a build what it generates, is taken for the first.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress

from trueup.acquisition.snapshot import Snapshot

__all__ = ["drop_young_bytecode"]

_YOUNG = 2_500_000_000  # nanoseconds: some file systems count by two seconds
_CACHE = "__pycache__"


def drop_young_bytecode(snapshot: Snapshot) -> None:
    """Delete the bytecode of modules in a tree that changed a moment ago; Python makes it anew.

    Args:
        snapshot: the tree as it is.
    """
    for folder, stems in _young_modules(snapshot).items():
        cache = os.path.join(snapshot.tree, folder, _CACHE)
        with suppress(OSError):  # none is there, or none can be deleted: nor could Python write any
            for name in _bytecode_of(cache, stems):
                os.unlink(os.path.join(cache, name))


def _young_modules(snapshot: Snapshot) -> dict[str, set[str]]:
    """Return folder to the names of young modules in it, without ".py"."""
    since = time.time_ns() - _YOUNG
    found: dict[str, set[str]] = {}
    for path, entry in snapshot.entries.items():
        if path.endswith(".py") and max(entry.mtime_ns, entry.ctime_ns) > since:
            folder, _, name = path.rpartition("/")
            found.setdefault(folder, set()).add(name[: -len(".py")])
    return found


def _bytecode_of(cache: str, stems: set[str]) -> Iterator[str]:
    for name in os.listdir(cache):
        if name.endswith(".pyc") and name.partition(".")[0] in stems:
            yield name
