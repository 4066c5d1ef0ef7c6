"""How an editable install leads from the environment to the source tree.

Each backend leaves files of its own behind, named in RECORD: path files whose lines are folders or
imports, and modules that install an import hook. Hooks are read as text (`redirection`), never run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Literal

from trueup.destination.contents import record_paths
from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.freshness.editables.redirection import Redirection, read_redirection
from trueup.values import dataclass, field

__all__ = ["Mechanism", "MechanismKind", "locate_mechanism"]

MechanismKind = Literal[
    "path",
    "link tree",
    "setuptools finder",
    "editables",
    "scikit-build-core redirect",
    "meson-python loader",
    "symbolic link",
    "egg-link",
    "copy",
    "none",
]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """What an install put into the environment to be found.

    Attributes:
        kind: which of the known ways.
        files: everything that RECORD names, absolute.
        missing: of these, what makes it work and is not there: path files, hooks, extensions.
        folders: the source folders that path files name.
        mapping: import name to source path, as an import hook has it.
        redirection: the whole content of the hook, where there is one.
        link_trees: the folders of links (setuptools' strict editables).
    """

    kind: MechanismKind
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    redirection: Redirection | None = None
    link_trees: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Every source path that the environment leads to."""
        return (*self.folders, *self.mapping.values())


def locate_mechanism(distribution: InstalledDistribution, environment: Environment) -> Mechanism:
    """Return the mechanism of an editable install, out of the files that it left.

    Raises:
        EnvironmentProblem: RECORD cannot be understood.
    """
    if distribution.kind == "egg-link":
        place = distribution.editable_location
        listed = _lines(os.path.join(distribution.library, "easy-install.pth"))
        on_path = place is not None and place in {os.path.normpath(line) for line in listed}
        missing = () if on_path else (os.path.join(distribution.library, "easy-install.pth"),)
        return Mechanism("egg-link", missing=missing, folders=(place,) if place else ())
    files = record_paths(distribution, environment) or []
    absent = tuple(path for path in files if _matters(path) and not os.path.exists(path))
    folders, hooks = _path_files(path for path in files if path.endswith(".pth"))
    modules = [path for path in files if _is_hook(path, hooks)]
    redirection = None
    for path in modules:
        redirection = read_redirection(path) or redirection
    trees = tuple(folder for folder in folders if _is_link_tree(folder))
    links = tuple(path for path in files if os.path.islink(path))
    mapping = dict(redirection.mapping) if redirection else {}
    mapping |= {os.path.basename(path): os.path.realpath(path) for path in links}
    if trees:
        kind: MechanismKind = "link tree"
    elif redirection is not None:
        kind = redirection.kind
    elif folders or any(path.endswith(".pth") for path in files):
        kind = "path"
    else:
        kind = "symbolic link" if links else "none"
    return Mechanism(kind, tuple(files), absent, folders, mapping, redirection, trees)


def _matters(path: str) -> bool:
    """Whether a file's absence breaks an editable install; bytecode comes and goes."""
    return not path.endswith(".pyc") and "__pycache__" not in path


def _path_files(paths: Iterable[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the folders that path files name, and the modules that they import."""
    folders: dict[str, None] = {}
    hooks: set[str] = set()
    for path in paths:
        for line in _lines(path):
            if line.startswith(("import ", "import\t")):  # as `site` tells them apart
                hooks.add(line[7:].replace(";", " ").replace(",", " ").split()[0].partition(".")[0])
            else:
                place = os.path.join(os.path.dirname(path), line)
                folders[os.path.normpath(place)] = None
    return tuple(folders), frozenset(hooks)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            found = [line.strip() for line in file]
    except FileNotFoundError:
        return []
    return [line for line in found if line and not line.startswith("#")]


def _is_hook(path: str, hooks: frozenset[str]) -> bool:
    name = os.path.basename(path)
    return name.endswith(".py") and name[:-3] in hooks and os.path.isfile(path)


def _is_link_tree(folder: str) -> bool:
    """Whether a folder is setuptools' own: `build/__editable__.demo-1.0-py3-none-any`."""
    parent, name = os.path.split(folder)
    return name.startswith("__editable__.") and os.path.basename(parent) == "build"
