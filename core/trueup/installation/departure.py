"""What goes when a distribution goes: what it recorded, what Python compiled, and nobody else's."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.errors import EnvironmentProblem, TransactionError
from trueup.installation.egg_link import egg_link_files
from trueup.installation.receipt import read_receipt, receipt_names
from trueup.reporting import SILENT, Reporter

__all__ = ["departing_files"]


def departing_files(
    environment: Environment,
    removals: Sequence[InstalledDistribution],
    *,
    reporter: Reporter = SILENT,
) -> tuple[str, ...]:
    """Return every file that is there and belongs to `removals` alone, METADATA files first.

    Without METADATA no tool takes a distribution for installed, so the half of one that a crash may
    leave is not mistaken for a whole one by whoever cannot read the journal.

    Raises:
        TransactionError: nobody recorded the files of one.
        EnvironmentProblem: what was recorded cannot be read.
    """
    first: dict[str, None] = {}
    others: dict[str, None] = {}
    for removal in removals:
        recorded = _recorded(environment, removal, reporter)
        if recorded is None:
            raise TransactionError(
                f"{removal.name} {removal.version} cannot be removed: nobody recorded its files",
                hint=f"it lies at {removal.path}; remove it with the tool that installed it",
            )
        first[removal.metadata_path or removal.path] = None
        others.update(dict.fromkeys(_below(removal.path)))
        others.update(dict.fromkeys(recorded))
        others.update(dict.fromkeys(_bytecode_of(recorded)))
    if others:
        gone = {os.path.basename(removal.path) for removal in removals}
        for path in _claimed_by_others(environment, gone, others):
            others.pop(path)
    return tuple(path for path in {**first, **others} if _is_file(path))


def _recorded(
    environment: Environment, removal: InstalledDistribution, reporter: Reporter
) -> list[str] | None:
    """Return what RECORD names; where that is lost or damaged, what the receipt names."""
    if removal.kind == "egg-link":
        return egg_link_files(environment, removal)
    from trueup.destination.contents import record_paths

    try:
        recorded = record_paths(removal, environment, reporter=reporter)
    except EnvironmentProblem:
        if not (written := _written(environment, removal)):
            raise
        return written
    return recorded or _written(environment, removal) or recorded


def _written(environment: Environment, removal: InstalledDistribution) -> list[str]:
    receipt = read_receipt(environment, os.path.basename(removal.path))
    if receipt is None or removal.kind != "dist-info":
        return []
    return [os.path.normpath(os.path.join(removal.library, path)) for path in receipt.paths]


def _below(path: str) -> Iterator[str]:
    """Yield every file of a metadata directory, recorded or not: a rest of one misleads tools."""
    if os.path.islink(path) or not os.path.isdir(path):
        yield path
        return
    for top, _, names in os.walk(path):
        for name in names:
            yield os.path.join(top, name)


def _bytecode_of(recorded: Sequence[str]) -> Iterator[str]:
    """Yield what interpreters of any version compiled from the recorded sources."""
    stems: dict[str, set[str]] = {}
    for path in recorded:
        folder, name = os.path.split(path)
        if name.endswith(".py"):
            stems.setdefault(os.path.join(folder, "__pycache__"), set()).add(name[: -len("py")])
    for cache, names in stems.items():
        try:
            found = os.listdir(cache)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for name in found:
            if name[: name.find(".") + 1] in names:
                yield os.path.join(cache, name)


def _claimed_by_others(
    environment: Environment, gone: Collection[str], paths: Collection[str]
) -> Iterator[str]:
    """Yield those `paths` that a distribution which stays brought as well."""
    for name in receipt_names(environment):
        receipt = None if name in gone else read_receipt(environment, name)
        if receipt is None:
            continue
        for library in environment.library_directories:
            if os.path.isdir(os.path.join(library, name)):
                places = (os.path.join(library, path) for path in receipt.paths)
                yield from (path for path in places if path in paths)
                break


def _is_file(path: str) -> bool:
    """Whether a file, or a link to whatever, is there."""
    try:
        return not stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
