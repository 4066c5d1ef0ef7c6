"""One change, brought to the running process: what was put in place or taken out is seen."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from .distributions import ChangedDistribution, changed_directories, changed_distributions
from .finders import drop_old_bytecode
from .ledger import Ledger, Startup
from .modules import StaleModule, is_loaded, purge, stale_modules
from .mtime import touch_directories
from .namespaces import extend_packages, tell_pkg_resources
from .sighting import Sighting, look
from .startup import PthFailure, PthLine

__all__ = ["Change", "Outcome", "importable", "make_importable"]

# One change at a time: a `.pth` line runs once however many threads install.
_lock = threading.RLock()
_ledger = Ledger()


@dataclass(frozen=True, slots=True)
class Change:
    """What `make_importable` did and found.

    Attributes:
        touched: directories whose mtime was moved on.
        pth_lines_run: the new `.pth` lines, in order.
        pth_lines_failed: lines that raised; the rest of each one's file was left out.
        paths_added: what is new on `sys.path`.
        paths_removed: what was taken from it.
        packages_grown: namespace packages that got another portion, except those of PEP 420, which
            see to that themselves.
        stale_modules: modules in `sys.modules` that are not what an import would give now.
        reloaded: the names of those that were dropped, on request; the next import loads them.
    """

    touched: tuple[str, ...] = ()
    pth_lines_run: tuple[PthLine, ...] = ()
    pth_lines_failed: tuple[PthFailure, ...] = ()
    paths_added: tuple[str, ...] = ()
    paths_removed: tuple[str, ...] = ()
    packages_grown: tuple[str, ...] = ()
    stale_modules: tuple[StaleModule, ...] = ()
    reloaded: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What `importable` yields: `change` is empty until its block has ended."""

    change: Change = field(default_factory=Change)


def make_importable(
    before: Sighting | None = None,
    *,
    directories: Iterable[str] = (),
    replaced: Mapping[str, Iterable[str]] | None = None,
    reload: bool = False,
) -> Change:
    """Let this process see its environment as it is now, and other processes notice the change.

    Args:
        before: what `look` returned before the change. Without it, `.pth` files that are older
            than the loading of this package count as processed, and only what the other arguments
            name is touched and reported.
        directories: every directory that something was put into, nested ones too. Their mtimes
            are moved on.
        replaced: for each distribution that was replaced or removed what it held: paths of its old
            RECORD (absolute, or relative to a directory of `sys.path`) or dotted import names.
            With neither this nor `directories`, both are found out by comparing the environment
            with `before`, and by reading the RECORD of each distribution that changed.
        reload: drop stale modules from `sys.modules`, so that the next import statement loads the
            new ones; those that were imported `from` elsewhere stay as they are, and distributions
            with a loaded extension module are left alone.

    Returns:
        What was done. A `.pth` line that raises does not raise here: see `pth_lines_failed`.
    """
    with _lock:
        after = look()
        told = list(directories)
        changed = _changed(before, after) if not (told or replaced) else ()
        touched = _touch(before, after, told, changed)
        modules = dict(sys.modules)
        _forget_caches()
        startup = _ledger.bring_up(before, after)
        # Neither what the new lines imported, nor the hooks that were taken out.
        loaded = {name: module for name, module in modules.items() if is_loaded(name, module)}
        stale = stale_modules(loaded, replaced or {}, changed, startup.departed)
        reloaded = purge(stale) if reload else ()
        return _report(startup, touched, stale, reloaded)


@contextmanager
def importable(*, reload: bool = False) -> Iterator[Outcome]:
    """Make what any installer does inside the block importable when the block ends.

    `with trueup.importable(): subprocess.run([sys.executable, "-m", "pip", "install", "rich"])`

    An exception in the block does not keep what was installed before it from being seen.

    Args:
        reload: as in `make_importable`.

    Yields:
        An `Outcome`, whose `change` tells afterwards what was done.
    """
    outcome = Outcome()
    before = look()
    try:
        yield outcome
    finally:
        outcome.change = make_importable(before, reload=reload)


def _changed(before: Sighting | None, after: Sighting) -> tuple[ChangedDistribution, ...]:
    """Find out what an installer did that does not tell."""
    if before is None:
        return ()
    changed = changed_distributions(before, after)
    for distribution in changed:
        for file in distribution.files if distribution.was_there else ():
            if file.endswith(".py"):
                drop_old_bytecode(file)
    return changed


def _touch(
    before: Sighting | None,
    after: Sighting,
    told: list[str],
    changed: tuple[ChangedDistribution, ...],
) -> tuple[str, ...]:
    if before is None:
        return touch_directories(told)
    floors = {path: listing.mtime for path, listing in before.directories.items()}
    found = changed_directories(before, after, changed)
    return touch_directories([*told, *found], floors=floors)


def _report(
    startup: Startup,
    touched: tuple[str, ...],
    stale: tuple[StaleModule, ...],
    reloaded: tuple[str, ...],
) -> Change:
    """Let new finders and paths be seen, and put everything into words."""
    _forget_caches()
    grown = extend_packages()
    tell_pkg_resources()
    return Change(
        touched=touched,
        pth_lines_run=startup.run,
        pth_lines_failed=startup.failed,
        paths_added=startup.added,
        paths_removed=startup.removed,
        packages_grown=grown,
        stale_modules=stale,
        reloaded=reloaded,
    )


def _forget_caches() -> None:
    """Forget listings, paths without a finder, PEP 420 paths, and metadata."""
    importlib.invalidate_caches()
    metadata = sys.modules.get("importlib.metadata")
    if metadata is not None:
        # In 3.11 and 3.12.1 nothing calls this, and it is no class method there.
        metadata.MetadataPathFinder().invalidate_caches()
