"""Which `.pth` lines are to be run and taken back, and the memory of those that were."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import ModuleType

from .distributions import normalized
from .finders import Signature, drop_old_bytecode, owns_hooks, sign, signatures, take_out
from .loading import LOADED
from .modules import Departed
from .sighting import Sighting
from .startup import (
    PthFailure,
    PthLine,
    add_site_directories,
    carry_out,
    lines_in,
    site_directories,
)

__all__ = ["Ledger", "Startup"]

_COARSE = 2_000_000_000  # a whole second may have been cut from up to two seconds (FAT)


@dataclass(frozen=True, slots=True)
class Startup:
    """What was done to bring a running process where a new one would start.

    Attributes:
        run: lines that were carried out.
        failed: lines that raised, files that cannot be decoded.
        added: new on `sys.path`.
        removed: no longer on `sys.path`.
        departed: where editable installs no longer take modules from.
    """

    run: tuple[PthLine, ...]
    failed: tuple[PthFailure, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    departed: Departed


@dataclass(slots=True)
class Ledger:
    """The memory of this process: not thread-safe by itself.

    A sighting tells what was there when it was taken; two threads that install at once hold
    sightings that do not know of each other's lines. What was run here is run only once.

    Attributes:
        run: import lines that were run here.
        finders: the signature of each hook module's file when a line of it was run here.
    """

    run: set[PthLine] = field(default_factory=set)
    finders: dict[str, Signature] = field(default_factory=dict)

    def bring_up(self, before: Sighting | None, after: Sighting) -> Startup:
        """Take back the `.pth` lines that went, carry out those that are new or renewed."""
        directories = [path for path in site_directories() if path in after.site_directories]
        lines, undecoded = lines_in(directories)
        known = set(before.lines if before else _presumed(lines))
        renewed = self._renewed(before, lines)
        gone = (known | self.run) - set(lines)
        old_modules, removed = _take_back(gone, renewed, lines)
        self.run -= gone | renewed
        new = [
            line
            for line in lines
            if line in renewed or (line not in known and not (line.is_import and line in self.run))
        ]
        late = after.site_directories - (before.site_directories if before else frozenset())
        late_paths = add_site_directories(path for path in directories if path in late)
        run, added, failed = carry_out(new)
        self.run |= {line for line in run if line.is_import}
        self.finders |= signatures(line.modules for line in run)
        return Startup(
            run=run,
            failed=undecoded + failed,
            added=late_paths + added,
            removed=tuple(path for path in removed if path not in sys.path),
            departed=_departed(gone, removed, old_modules, run),
        )

    def _renewed(self, before: Sighting | None, lines: tuple[PthLine, ...]) -> set[PthLine]:
        """Return lines that say the same but whose hook module has another content by now."""
        found = set()
        for line in lines:
            for name in filter(owns_hooks, line.modules):
                file = getattr(sys.modules[name], "__file__", None) or ""
                mark = sign(file)
                seen = {self.finders.get(name), before.finders.get(name) if before else None}
                if mark is None or mark in seen or (seen == {None} and not _is_young(file)):
                    continue
                found.add(line)
        return found


def _take_back(
    gone: set[PthLine], renewed: set[PthLine], lines: tuple[PthLine, ...]
) -> tuple[dict[str, ModuleType], tuple[str, ...]]:
    """Undo what `gone` and `renewed` lines did, except where a line that stays does the same."""
    staying = [line for line in lines if line not in renewed]
    kept_paths = {line.path for line in staying}
    kept_modules = {name for line in staying if line not in gone for name in line.modules}
    sites = [os.path.dirname(line.file) for line in gone]
    paths = {line.path for line in gone if not line.is_import} - kept_paths
    removed = [path for path in sorted(paths) if _remove_path(path, sites)]
    modules: dict[str, ModuleType] = {}
    names = {name for line in (*gone, *renewed) for name in line.modules}
    for name in filter(owns_hooks, sorted(names - kept_modules)):
        module, entries = take_out(name)
        removed += entries
        if module is not None:
            modules[name] = module
            drop_old_bytecode(getattr(module, "__file__", None) or "")
    return modules, tuple(removed)


def _remove_path(path: str, sites: list[str]) -> bool:
    """Take `path` from `sys.path` where `site` had put it: behind its own directory."""
    if path in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        return False
    first = min((sys.path.index(each) for each in sites if each in sys.path), default=0)
    for index in range(len(sys.path) - 1, first, -1):
        if sys.path[index] == path:
            del sys.path[index]
            sys.path_importer_cache.pop(path, None)
            return True
    return False


def _departed(
    gone: Iterable[PthLine],
    removed: tuple[str, ...],
    old_modules: dict[str, ModuleType],
    run: tuple[PthLine, ...],
) -> Departed:
    owners = {line.path: _distribution_of(line.file) for line in gone}
    now: dict[str, str] = {}
    for name in {name for line in run for name in line.modules}:
        now |= _mapping(sys.modules.get(name))
    then = {top: place for old in old_modules.values() for top, place in _mapping(old).items()}
    return Departed(
        directories={
            path: owners[path] for path in removed if path in owners and path not in sys.path
        },
        packages={top: place for top, place in then.items() if now.get(top) != place},
    )


def _mapping(module: ModuleType | None) -> dict[str, str]:
    """Return the names and places that a setuptools finder module holds."""
    mapping = getattr(module, "MAPPING", None)
    return dict(mapping) if isinstance(mapping, dict) else {}


def _distribution_of(pth: str) -> str:
    """Guess from `__editable__.demo-1.0.pth`, `_demo.pth` or `demo.pth`."""
    name = os.path.basename(pth).removesuffix(".pth").removeprefix("__editable__.")
    return normalized(name.partition("-")[0].strip("_"))


def _presumed(lines: tuple[PthLine, ...]) -> set[PthLine]:
    """Return what has been processed, where nobody looked before the change."""
    return {
        line for line in lines if (line.path in sys.path if line.path else not _is_young(line.file))
    }


def _is_young(file: str) -> bool:
    """Return whether `file` changed after this package was loaded."""
    try:
        changed = os.stat(file).st_ctime_ns
    except OSError:
        return False
    return changed + (_COARSE if changed % 1_000_000_000 == 0 else 0) >= LOADED
