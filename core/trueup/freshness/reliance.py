"""Whether what was seen of programs (`acquisition.witness`) is all that a build reads."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator

from trueup.freshness.evidence import Evidence
from trueup.freshness.leftovers import leftovers_in
from trueup.freshness.names import is_compiler
from trueup.freshness.sight import Sight

__all__ = ["why_not_relied_on"]

# Of these it is known what they look for besides what they open (`mention`).
_KNOWN = re.compile(
    r"(?:cargo|cmake|cpack|ctest|dpkg-architecture|maturin|meson|ninja|rustc|rustup|samu)(?:\.exe)?"
)
# Where a build keeps what it need not do again.
_STATE = (".ninja_log", ".rustc_info.json", "CMakeCache.txt", "Makefile", "build.ninja")
_ELSEWHERE = ("CARGO_BUILD_BUILD_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_TARGET_DIR")
_FLAGS = ("-B", "-C", "-S", "--build=", "--target-dir=")


def why_not_relied_on(seen: Evidence, unseen: Collection[str], sight: Sight) -> str:
    """Return why more may count than was seen to be opened; "" where that is all.

    Args:
        seen: what was seen of the build.
        unseen: file names of the programs that no audit hook sees.
        sight: the tree.
    """
    if seen.sighting.doubt:
        return seen.sighting.doubt
    if seen.trace.blind or not seen.sighting.spans:
        return "a program was started that nobody saw starting"
    for program in seen.trace.programs:
        if program.name in unseen and not _is_known(program.name, program.arguments[0], seen):
            return f"nobody knows what {program.name} looks for"
    if any(_has_state(place) for place in _outside(seen)) or _builds_elsewhere(seen, unseen):
        return "the build may use what one before it left elsewhere"
    return _left_by_others(seen, sight)


def _is_known(name: str, path: str, seen: Evidence) -> bool:
    """Whether it is a tool that is known, or what the build itself has made, of what it read."""
    if is_compiler(name) or _KNOWN.fullmatch(name) is not None:
        return True
    tree = os.path.join(seen.before.tree, "")
    inside = path[len(tree) :] if path.startswith(tree) else ""
    return os.path.isabs(path) and (
        inside not in seen.before.entries if inside else not os.path.exists(path)
    )


def _outside(seen: Evidence) -> Iterator[str]:
    """Yield folders beside the tree in which programs of the build may have worked."""
    tree = os.path.join(seen.before.tree, "")
    for program in seen.trace.programs:
        words = [program.directory, *program.arguments[1:]]
        for word in words:
            flag = next((one for one in _FLAGS if word.startswith(one)), "")
            place = os.path.normpath(os.path.join(program.directory, word[len(flag) :]))
            if not os.path.join(place, "").startswith(tree):
                yield place


def _has_state(folder: str) -> bool:
    return any(os.path.lexists(os.path.join(folder, name)) for name in _STATE)


def _builds_elsewhere(seen: Evidence, unseen: Collection[str]) -> bool:
    """Whether cargo did not work in `target` of the tree, or may not have."""
    if any(seen.variables.get(name) for name in _ELSEWHERE):
        return True
    if not {"cargo", "maturin"} & {os.path.splitext(name)[0] for name in unseen}:
        return False
    return not any(path.endswith(".rustc_info.json") for path in seen.after.entries)


def _left_by_others(seen: Evidence, sight: Sight) -> str:
    """Say that something was there which somebody else had built; "" if not.

    What a known build before had left is no matter, if nothing of it was touched since: what that
    build opened is known.
    """
    previous = seen.previous
    made = previous.made if previous else frozenset()
    left = leftovers_in(seen.begun or seen.before, sight.files.ignored, made)
    if left and (previous is None or left != previous.leftovers):
        return "parts were there that were built before, and they need not be read for it again"
    return ""
