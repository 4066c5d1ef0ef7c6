"""What earlier builds made, where the next one would take it for its own and be wrong.

Build systems that keep books (ninja, meson, cargo) make again what is older than what it is made
of. They do not see that a compiler was given other flags (CMakeCache.txt has the first ones), that
a file was replaced by an older one, that a source is gone and what was made of it is not; and a
script that writes a module where there is none sees nothing at all. So a build starts from nothing,
unless all that changed is what such books are for: the text of sources.

A tree may have been built in several ways: editable and not, for one Python and another. What these
builds made lies there for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from trueup.freshness.evidence import Evidence
from trueup.freshness.fingerprint import Fingerprint
from trueup.freshness.names import (
    EXTENSION_SUFFIXES,
    NATIVE_SUFFIXES,
    is_by_product,
    is_noise,
)
from trueup.freshness.outcome import Reason, Stale, Verdict
from trueup.freshness.project_files import tracked_files
from trueup.freshness.reach import Reach, reach_of
from trueup.freshness.sight import Sight

__all__ = ["misleading", "relied_on", "untracked", "workings"]

_BOOKKEEPERS = frozenset(("cargo", "cmake", "gmake", "make", "maturin", "meson", "ninja"))
# What these make goes by names in which all is that they were told.
_FOR_ANYONE = frozenset(("cargo", "maturin"))
_DEFINITIONS = frozenset((".build", ".cmake"))
_MODULES = frozenset((".py", ".pyi"))
_BINARY = (*EXTENSION_SUFFIXES, ".a", ".lib", ".o", ".obj")


def misleading(
    fingerprint: Fingerprint,
    verdict: Verdict,
    sight: Sight,
    members: Collection[bytes],
    last: tuple[Fingerprint, Verdict] | None = None,
) -> tuple[str, ...]:
    """Return what of a tree has to be out of the way of its next build: files, and their folders.

    Never what git tracks, what was there before any build, or what somebody has edited since; nor
    what is neither installed nor compiled, nor could be, such as a log, or an archive that a build
    fetched.

    Args:
        fingerprint: of the build before.
        verdict: on it.
        sight: the tree now.
        members: 16 bytes of the digest of each file that is installed.
        last: the last build of this tree and the verdict on it, where it was one in another way.
    """
    if isinstance(verdict, Stale) and _books_hold(
        fingerprint, verdict, sight, last or (fingerprint, verdict)
    ):
        return ()
    return untracked(workings(fingerprint, sight, members), sight)


def workings(fingerprint: Fingerprint, sight: Sight, members: Collection[bytes]) -> frozenset[str]:
    """Return what a build made that can mislead another, tracked or not; see `misleading`."""
    return frozenset(_made(fingerprint, sight, members))


def untracked(paths: Collection[str], sight: Sight) -> tuple[str, ...]:
    """Return those of `paths` that git does not track, sorted."""
    tracked = tracked_files(sight.tree, sight.variables) if paths else ()
    return tuple(path for path in sorted(paths) if path not in tracked)


def relied_on(
    evidence: Evidence,
    made: Collection[str],
    needed: Collection[str],
    sight: Sight,
    suffixes: Collection[str],
) -> frozenset[str]:
    """Return of what builds in other ways made what this one used, instead of making it.

    It was not built from nothing, then, and what it would have read for that is not known. To lead
    to it is a use, too.

    Args:
        evidence: what was seen of the build.
        made: the `workings` of builds in other ways.
        needed: of these, what is to stay: to lead there as well makes no difference.
        sight: the tree now.
        suffixes: of extension modules that can be imported by who it was built for.
    """
    changed = set(evidence.after.changed_since(evidence.before))
    trace, members = evidence.trace, evidence.pack.heads()
    looked_at = {*trace.reads, *trace.presences, *trace.own, *evidence.sighting.opened}
    editable = evidence.circumstances.editable
    reach = reach_of(evidence.pack, sight.tree) if editable else Reach()

    def is_used(path: str) -> bool:
        inside = reach.leads_to(path)
        leads = inside is not None and not is_by_product(inside)
        if leads and path not in needed and _is_importable(path, suffixes):
            return True
        known = path in looked_at or sight.digest(path, "content") in members
        return known and not is_by_product(path)

    # Where a folder was found by its name, so was what this build wrote anew in it.
    found = {*trace.listings, *trace.walks} & {path for path in made if not is_by_product(path)}
    inside = {path for path in made if any(path.startswith(folder + "/") for folder in found)}
    unchanged = (path for path in made if path not in changed)
    files = (path for path in unchanged if sight.signature(path, follow=False) is not None)
    return frozenset(filter(is_used, files)) | found | inside


def _is_importable(path: str, suffixes: Collection[str]) -> bool:
    """Whether it is no extension module for another Python than these suffixes are of."""
    name = path.rpartition("/")[2]
    return not name.endswith(EXTENSION_SUFFIXES) or name[name.find(".") :] in suffixes


def _books_hold(
    before: Fingerprint, verdict: Stale, sight: Sight, last: tuple[Fingerprint, Verdict]
) -> bool:
    """Whether build systems see by themselves all that changed since they were last at work."""
    keeper, found = last
    since = found.reasons if isinstance(found, Stale) else ()
    return (
        _keep_books(before, keeper)
        and all(map(_is_text, verdict.reasons))
        and all(_is_text(one) and _is_younger(one, keeper, sight) for one in since)
        and _was_last({*before.made, *keeper.made}, keeper, sight)
    )


def _keep_books(before: Fingerprint, keeper: Fingerprint) -> bool:
    """Whether a build and the last one were both made by those that keep books, and the same."""
    names = {os.path.splitext(name)[0].lower() for name in (*before.programs, *keeper.programs)}
    keeping = names & _BOOKKEEPERS
    here, there = before.circumstances, keeper.circumstances
    settings = here.config_settings == there.config_settings and here.site == there.site
    # For which Python it was stays in CMakeCache.txt, or in the folder that meson has set up.
    return bool(keeping) and settings and (here == there or keeping <= _FOR_ANYONE)


def _was_last(made: Collection[str], keeper: Fingerprint, sight: Sight) -> bool:
    """Whether nobody has built since in the folders that the books are about: by hand, for example.

    Times can be set, but no build sets those of all that it writes.
    """
    found = (sight.signature(path, follow=False) for path in made)
    return all(one is None or one.mtime_ns <= keeper.time_ns for one in found)


def _is_text(reason: Reason) -> bool:
    """Whether a change is one of a source's text."""
    suffix = os.path.splitext(reason.path)[1].lower()
    return reason.kind == "input changed" and suffix in NATIVE_SUFFIXES - _DEFINITIONS


def _is_younger(reason: Reason, keeper: Fingerprint, sight: Sight) -> bool:
    """Whether a source is younger than what was made of it."""
    now = sight.signature(reason.path)
    return now is not None and now.mtime_ns > keeper.time_ns


def _made(fingerprint: Fingerprint, sight: Sight, members: Collection[bytes]) -> Iterator[str]:
    outputs = {mark.path: mark for mark in fingerprint.files if mark.kind in {"output", "link"}}
    stems = {os.path.splitext(mark.path)[0] for mark in fingerprint.files}
    listed = {mark.path for mark in fingerprint.listings if mark.rule == "all"}
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
        # A file of the very bytes that were installed is as it was made, if younger: it was put
        # back after a build that failed.
        elif (
            now.ctime_ns <= fingerprint.time_ns
            and (
                # `scan.c` was made of `scan.pyx`, and is not installed itself.
                (suffix in NATIVE_SUFFIXES and stem in stems)
                # Made when it was too late to be found: the next build would find it.
                or suffix in _MODULES
                or (os.path.dirname(path) or ".") in listed
            )
        ) or sight.digest(path, "content") in members:
            yield path
