"""Modules that are still in `sys.modules` though what they came from is no longer there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, all_suffixes
from types import ModuleType
from typing import Literal

from .distributions import ChangedDistribution, normalized

__all__ = ["Departed", "StaleModule", "is_loaded", "purge", "stale_modules"]

Why = Literal["replaced", "removed", "moved"]


@dataclass(frozen=True, slots=True)
class StaleModule:
    """A loaded module that is not what an import would give now.

    Old and new code mix in silence, or fail with an ImportError, when such a package imports one of
    its submodules for the first time after the change.

    Attributes:
        name: as in `sys.modules`.
        file: where it was loaded from.
        distribution: whose it is or was, normalized (PEP 503); "" where that is not known.
        why: "replaced": other code lies in its file; "removed": its file is gone; "moved": an
            editable install now takes it from elsewhere, or from nowhere.
    """

    name: str
    file: str
    distribution: str
    why: Why


@dataclass(frozen=True, slots=True)
class Departed:
    """What startup lines no longer bring: where modules of editable installs came from.

    Attributes:
        directories: paths taken from `sys.path`, and the distribution each belonged to.
        packages: top-level names whose place an import hook no longer gives, and that place.
    """

    directories: Mapping[str, str]
    packages: Mapping[str, str]


def stale_modules(
    loaded: Mapping[str, ModuleType],
    replaced: Mapping[str, Iterable[str]],
    changed: Iterable[ChangedDistribution],
    departed: Departed,
) -> tuple[StaleModule, ...]:
    """Return the modules of `loaded` that a change of distributions has overtaken."""
    gone = tuple(distribution for distribution in changed if distribution.was_there)
    owners = {_case(file): each.name for each in gone for file in each.files}
    names: dict[str, str] = {}
    for distribution, items in replaced.items():
        for item in items:
            if _is_path(item):
                owners |= dict.fromkeys(_places(item), normalized(distribution))
            else:
                names[item] = normalized(distribution)
    found = []
    for name, module in loaded.items():
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or name == "__main__":
            continue
        owner = owners.get(_case(file)) or next(
            (names[prefix] for prefix in _prefixes(name) if prefix in names), None
        )
        if owner is not None:
            found.append(
                StaleModule(name, file, owner, "replaced" if os.path.exists(file) else "removed")
            )
        elif stale := _left_behind(name, file, gone) or _moved(name, file, departed):
            found.append(stale)
    return tuple(found)


def is_loaded(name: str, module: ModuleType) -> bool:
    """Return whether `module` is still the one that goes by `name`."""
    return sys.modules.get(name) is module


def purge(stale: Iterable[StaleModule]) -> tuple[str, ...]:
    """Drop stale modules from `sys.modules`, so that the next import statement loads them whole.

    That is chosen over `importlib.reload`, which runs new code in old namespaces, in an order
    nobody knows. Objects that were taken from the old modules stay what they are. A distribution
    with a loaded extension module is left as it is: those cannot be loaded twice in one process.
    So is the one that this module belongs to.

    Returns:
        The names that were dropped.
    """
    groups: dict[str, list[StaleModule]] = {}
    for module in stale:
        key = module.distribution or module.name.partition(".")[0]
        groups.setdefault(key, []).append(module)
    dropped = []
    for group in groups.values():
        if any(
            module.file.endswith(tuple(EXTENSION_SUFFIXES))
            or module.name.partition(".")[0] == __name__.partition(".")[0]
            for module in group
        ):
            continue
        dropped += [module.name for module in group if _drop(module.name)]
    return tuple(dropped)


def _drop(name: str) -> bool:
    module = sys.modules.pop(name, None)
    parent, _, child = name.rpartition(".")
    # `from parent import child` looks at the attribute before it imports.
    around = sys.modules.get(parent)
    if module is not None and getattr(around, child, None) is module:
        delattr(around, child)
    return module is not None


def _left_behind(name: str, file: str, gone: tuple[ChangedDistribution, ...]) -> StaleModule | None:
    """Judge a module whose file vanished from a directory that distributions left."""
    near = [each for each in gone if _within(file, each.directory)]
    if not near or os.path.exists(file):
        return None
    top = normalized(name.partition(".")[0])
    sharing = [each for each in near if each.name == top or _holds(each, name.partition(".")[0])]
    without = [each for each in near if not each.files]
    owner = sharing or (without if len(without) == 1 else [])
    return StaleModule(name, file, owner[0].name if owner else "", "removed")


def _holds(distribution: ChangedDistribution, top: str) -> bool:
    prefix = os.path.join(distribution.directory, top)
    return any(file.startswith((prefix + os.sep, prefix + ".")) for file in distribution.files)


def _moved(name: str, file: str, departed: Departed) -> StaleModule | None:
    for directory, distribution in departed.directories.items():
        if _within(file, directory):
            return StaleModule(name, file, distribution, "moved")
    for prefix in _prefixes(name):
        place = departed.packages.get(prefix)
        if place is not None and (_within(file, place) or os.path.splitext(file)[0] == place):
            return StaleModule(name, file, "", "moved")
    return None


def _within(file: str, directory: str) -> bool:
    return _case(file).startswith(_case(directory).rstrip(os.sep) + os.sep)


def _prefixes(name: str) -> Iterator[str]:
    """Yield `name` and the packages around it, innermost first."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _is_path(item: str) -> bool:
    return "/" in item or os.sep in item or item.endswith(tuple(all_suffixes()))


def _places(path: str) -> list[str]:
    """Return where a RECORD path can lie: as it is, or below a directory of `sys.path`."""
    if os.path.isabs(path):
        return [_case(path)]
    return [_case(os.path.join(entry, path)) for entry in sys.path]


def _case(path: str) -> str:
    return os.path.normcase(os.path.normpath(path))
