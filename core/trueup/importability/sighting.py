"""What a process could see of its environment at one moment; cheap enough to take each time."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from .finders import Signature, sign, signatures
from .startup import PthLine, processed_lines, search_path, site_directories

__all__ = ["Listing", "Sighting", "look"]

_METADATA = (".dist-info", ".egg-info")
_NOTHING: Mapping[str, Signature] = {}


@dataclass(frozen=True, slots=True)
class Listing:
    """One directory of `sys.path` as it was.

    Attributes:
        mtime: in nanoseconds.
        names: what lay in it.
        distributions: the signature of each metadata directory in it, by its name.
    """

    mtime: int = 0
    names: frozenset[str] = frozenset()
    distributions: Mapping[str, Signature] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the process could see: taken by `look`, compared by `make_importable`.

    Attributes:
        taken: when, in nanoseconds since the epoch.
        directories: the directories of `sys.path` that installers write into.
        site_directories: the site directories that existed, so that `site` has been through them.
        lines: the `.pth` lines that had done their work.
        finders: the signature of the file behind each import hook that a `.pth` line put in, by
            module name.
    """

    taken: int
    directories: Mapping[str, Listing]
    site_directories: frozenset[str]
    lines: tuple[PthLine, ...]
    finders: Mapping[str, Signature]


def look() -> Sighting:
    """Return what this process can see now; about a millisecond with a hundred distributions.

    Take it before the environment changes and hand it to `make_importable` after. Every `.pth` line
    that is there now counts as one that has done its work.
    """
    directories = [path for path in site_directories() if os.path.isdir(path)]
    lines = processed_lines(directories)
    return Sighting(
        taken=time.time_ns(),
        directories=_listings(directories),
        site_directories=frozenset(directories),
        lines=lines,
        finders=signatures(line.modules for line in lines),
    )


def _listings(site_paths: list[str]) -> dict[str, Listing]:
    library = os.path.dirname(os.__file__)
    ours = (library, os.path.join(library, "lib-dynload"))
    entries = [path or "." for path in search_path() if path not in ours]
    found = {path: _list(path) for path in dict.fromkeys([*entries, *site_paths])}
    return {path: listing for path, listing in found.items() if listing is not None}


def _list(directory: str) -> Listing | None:
    """Return what lies in `directory`; None where it is no directory, or not readable."""
    try:
        mtime = os.stat(directory).st_mtime_ns
        names = os.listdir(directory)
    except OSError:
        return None
    metadata = [name for name in names if name.endswith(_METADATA)]
    signed = ((name, sign(os.path.join(directory, name))) for name in metadata)
    return Listing(
        mtime=mtime,
        names=frozenset(names),
        distributions={name: mark for name, mark in signed if mark is not None} or _NOTHING,
    )
