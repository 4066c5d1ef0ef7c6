"""The files that setuptools takes as they are where there is no MANIFEST.in (`manifest`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from trueup.freshness.facts import ALWAYS, BuildFacts
from trueup.freshness.manifest import MANIFEST
from trueup.freshness.names import is_compiler

__all__ = ["taken_without_manifest"]

# Distributions of which it is known that they do not look at MANIFEST.in.
_PLAIN_WORDS = "cython packaging pip setuptools setuptools-scm vcs-versioning wheel"
_PLAIN = frozenset(_PLAIN_WORDS.split())
_BACKENDS = frozenset(("setuptools.build_meta", "setuptools.build_meta:__legacy__"))
# Where a package lies elsewhere than its name says, files do not tell what they come from.
_ELSEWHERE = re.compile(rb"package.dir")


def taken_without_manifest(facts: BuildFacts) -> tuple[str, ...]:
    """Return the files that setuptools took as they are, where it found no MANIFEST.in; sorted.

    Empty where anything else could heed one. Otherwise it is a link tree, or a wheel, of setuptools
    alone, whose packages lie where their names say.
    """
    if facts.live or facts.sight.exists(MANIFEST) or MANIFEST in facts.own or not _is_plain(facts):
        return ()
    files = facts.contribution.files
    if not facts.editable:
        files = frozenset(_in_their_places(facts))
    return tuple(sorted(path for path in files if path not in facts.own and _is_whole(path)))


def _is_plain(facts: BuildFacts) -> bool:
    names = {one.partition(" ")[0] for one in facts.seen.environment}
    if "setuptools" not in names or not names <= _PLAIN or facts.seen.circumstances.site:
        return False
    if not all(map(is_compiler, facts.unseen)) or "." in facts.contribution.folders:
        return False  # at the top, MANIFEST.in itself would be data
    told = facts.sight.texts(ALWAYS[:3])
    if _ELSEWHERE.search(told) is not None or not _is_built_by_setuptools(facts):
        return False
    return not facts.unseen or MANIFEST.encode() not in facts.sight.definitions("native")


def _is_built_by_setuptools(facts: BuildFacts) -> bool:
    import tomllib

    try:
        text = facts.sight.texts(("pyproject.toml",)).decode()
        system = tomllib.loads(text).get("build-system", {})
        backend = system.get("build-backend", "setuptools.build_meta:__legacy__")
    except (ValueError, AttributeError):
        return False
    return str(backend) in _BACKENDS and "backend-path" not in system


def _in_their_places(facts: BuildFacts) -> Iterator[str]:
    """Yield the files that the wheel holds as they are under the end of their own path.

    Where two would have the same place there, neither is known to be the one that is in it.
    """
    members = {
        f"{one.directory}/{one.name}".partition("/")[2]: one.digest[:16]
        for one in facts.seen.pack.files()
    }
    found: dict[str, list[str]] = {}
    for path in facts.contribution.files:
        ends = (path[at:] for at in _starts(path))
        place = next((end for end in ends if end in members), None)
        if place is not None and members[place] == facts.content(path):
            found.setdefault(place, []).append(path)
    yield from (paths[0] for paths in found.values() if len(paths) == 1)


def _starts(path: str) -> Iterator[int]:
    """Yield where a path or a part of it starts."""
    yield 0
    for at, letter in enumerate(path):
        if letter == "/":
            yield at + 1


def _is_whole(path: str) -> bool:
    """Whether it is a module by its name or data: of a script, either may be taken."""
    stem, suffix = os.path.splitext(path.rpartition("/")[2])
    return suffix != ".py" or stem.isidentifier()
