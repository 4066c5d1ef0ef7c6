"""What earlier builds left in a tree: with it, a build reads less than one from nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection

from trueup.acquisition.snapshot import Snapshot
from trueup.freshness.names import EXTENSION_SUFFIXES, NATIVE_SUFFIXES, is_by_product, is_noise

__all__ = ["leftovers_in"]

_BINARY = frozenset((*EXTENSION_SUFFIXES, ".a", ".lib", ".o", ".obj"))
_GENERATED = NATIVE_SUFFIXES | {".py", ".pyi"}


def leftovers_in(snapshot: Snapshot, ignored: Collection[str], made: Collection[str]) -> str:
    """Return a digest of what builds left in a tree, with times and all; "" for nothing.

    Args:
        snapshot: the tree.
        ignored: the files that git ignores: what can be generated there.
        made: what the build before is known to have made.
    """
    unknown = set(ignored)
    found = [
        (path, *entry)
        for path, entry in snapshot.entries.items()
        if not entry.is_directory
        and (path in made or _is_left(path, known=path not in unknown))
        and not any(map(is_noise, path.split("/")))
    ]
    return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()[:32] if found else ""


def _is_left(path: str, *, known: bool) -> bool:
    suffix = os.path.splitext(path)[1].lower()
    if suffix in _BINARY or (not known and suffix in _GENERATED):
        return True
    return is_by_product(path)
