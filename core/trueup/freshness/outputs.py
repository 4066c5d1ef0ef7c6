"""What a build left in the tree that may not change unseen, though no input of it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from trueup.freshness.facts import BuildFacts
from trueup.freshness.fingerprint import FileKind
from trueup.freshness.names import EXTENSION_SUFFIXES, NATIVE_SUFFIXES, is_by_product

__all__ = ["outputs_of"]

_SOURCES = NATIVE_SUFFIXES | {".py", ".pyi"}


def outputs_of(facts: BuildFacts, members: Collection[bytes]) -> Iterator[tuple[str, FileKind]]:
    """Yield path and kind of each such file.

    Args:
        facts: of the build.
        members: 16 bytes of the digest of each file of the wheel.
    """
    return _led_to(facts) if facts.editable else _left(facts, members)


def _led_to(facts: BuildFacts) -> Iterator[tuple[str, FileKind]]:
    """Yield what the installed editable leads to."""
    for path, entry in sorted(facts.seen.after.entries.items()):
        is_output = path.endswith(EXTENSION_SUFFIXES) or not facts.is_input(path)
        if entry.is_directory or not is_output:
            continue
        inside = facts.reach.leads_to(path)
        if inside is not None and not is_by_product(inside) and not _is_workings(path, facts):
            yield path, "link" if entry.is_link else "output"


def _is_workings(path: str, facts: BuildFacts) -> bool:
    """Whether a file is one that ninja works with.

    An editable that builds when it is imported (meson-python) changes these at each import. What
    it makes is an output all the same.
    """
    if path.endswith(EXTENSION_SUFFIXES):
        return False
    return any(
        path.startswith(root + "/") and facts.sight.exists(f"{root}/build.ninja")
        for root in facts.reach.roots
    )


def _left(facts: BuildFacts, members: Collection[bytes]) -> Iterator[tuple[str, FileKind]]:
    """Yield what the next build of a wheel may take as it is, once somebody has edited it.

    The wheel itself needs nothing of the tree. But a script that makes a module where there is none
    leaves one alone that was edited; it has looked for it, then.
    """
    trace = facts.trace
    listed = {*trace.own_listings, *(folder for folder, _ in trace.own_globs)}
    for path in sorted(facts.made.intersection(facts.seen.after.entries)):
        looked_for = path in facts.own or (os.path.dirname(path) or ".") in listed
        if not looked_for or facts.is_input(path) or not facts.may_be_written(path):
            continue
        if os.path.splitext(path)[1].lower() in _SOURCES or facts.content(path) in members:
            yield path, "left"
