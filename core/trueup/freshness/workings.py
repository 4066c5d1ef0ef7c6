"""What earlier builds made, where the next one would take it for its own and be wrong.

Build systems that keep books (ninja, meson, cargo) make again what is older than what it is made
of. They do not see that a compiler was given other flags (CMakeCache.txt has the first ones), that
a file was replaced by an older one, that a source is gone and what was made of it is not; and a
script that writes a module where there is none sees nothing at all. So a build starts from nothing,
unless all that changed is what such books are for: the text of sources.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from trueup.freshness.fingerprint import Fingerprint
from trueup.freshness.names import (
    EXTENSION_SUFFIXES,
    NATIVE_SUFFIXES,
    is_by_product,
    is_noise,
)
from trueup.freshness.outcome import Reason, Stale, Verdict
from trueup.freshness.project_files import tracked_files
from trueup.freshness.sight import Sight

__all__ = ["misleading"]

_BOOKKEEPERS = frozenset(("cargo", "cmake", "gmake", "make", "maturin", "meson", "ninja"))
_DEFINITIONS = frozenset((".build", ".cmake"))
_BINARY = (*EXTENSION_SUFFIXES, ".a", ".lib", ".o", ".obj")


def misleading(
    fingerprint: Fingerprint, verdict: Verdict, sight: Sight, members: Collection[bytes]
) -> tuple[str, ...]:
    """Return what of a tree has to be out of the way of its next build: files, and their folders.

    Never what git tracks, what was there before any build, or what somebody has edited since; nor
    what is neither installed nor compiled, such as a log, or an archive that a build fetched.

    Args:
        fingerprint: of the build before.
        verdict: on it.
        sight: the tree now.
        members: 16 bytes of the digest of each file that is installed.
    """
    reasons = verdict.reasons if isinstance(verdict, Stale) else ()
    text_alone = all(_is_in_books(one, fingerprint, sight) for one in reasons)
    if reasons and text_alone and _keeps_books(fingerprint):
        return ()
    found = _made(fingerprint, sight, members)
    tracked = tracked_files(sight.tree, sight.variables)
    return tuple(path for path in sorted(found) if path not in tracked)


def _keeps_books(fingerprint: Fingerprint) -> bool:
    return any(os.path.splitext(name)[0].lower() in _BOOKKEEPERS for name in fingerprint.programs)


def _is_in_books(reason: Reason, fingerprint: Fingerprint, sight: Sight) -> bool:
    """Whether a change is one of a source's text, and the source is younger than what was made."""
    suffix = os.path.splitext(reason.path)[1].lower()
    if reason.kind != "input changed" or suffix not in NATIVE_SUFFIXES - _DEFINITIONS:
        return False
    now = sight.signature(reason.path)
    return now is not None and now.mtime_ns > fingerprint.time_ns


def _made(fingerprint: Fingerprint, sight: Sight, members: Collection[bytes]) -> Iterator[str]:
    outputs = {mark.path: mark for mark in fingerprint.files if mark.kind in {"output", "link"}}
    stems = {os.path.splitext(mark.path)[0] for mark in fingerprint.files}
    for path in fingerprint.made:
        now = sight.signature(path, follow=False)
        if not sight.exists(path) or any(map(is_noise, path.split("/"))):
            continue
        stem, suffix = os.path.splitext(path)
        if now is None or is_by_product(path) or path.endswith(_BINARY):
            yield path  # None: a folder
        elif path in fingerprint.altered:
            continue
        elif path in outputs:
            if sight.digest(path, outputs[path].kind) == outputs[path].digest:
                yield path
        elif now.ctime_ns <= fingerprint.time_ns and (
            # `scan.c` was made of `scan.pyx`, and is not installed itself.
            (suffix in NATIVE_SUFFIXES and stem in stems)
            or sight.digest(path, "content") in members
        ):
            yield path
