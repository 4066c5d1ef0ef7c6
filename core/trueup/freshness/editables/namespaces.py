"""Folders without `__init__.py` in setuptools' packages: packages of a namespace (PEP 420).

Its search takes each of them for a package, whatever it holds, and writes it into the import hook.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from trueup.freshness.editables.evidence import Evidence
from trueup.freshness.editables.mechanism import Mechanism
from trueup.freshness.editables.packages import finds_namespaces, stated_folders
from trueup.freshness.editables.project import Project
from trueup.freshness.outcome import Reason

__all__ = ["weigh_namespaces"]


def weigh_namespaces(project: Project, mechanism: Mechanism) -> Evidence:
    """Tell of folders that setuptools would take for packages now, and did not or cannot."""
    if project.backend != "setuptools":
        return
    for name, place in stated_folders(project):
        if not os.path.isdir(place):
            message = f"{place} is gone, and the project still names the package {name}"
            yield Reason("disappeared", place, message, "there", "missing")
    redirection = mechanism.redirection
    if mechanism.kind != "setuptools finder" or redirection is None:
        return
    for top, place in sorted(mechanism.mapping.items()):
        for name, folder in _without_init(top, place):
            if name not in redirection.namespaces and finds_namespaces(project, name):
                message = f"the folder {folder} is new, and the import hook does not know it"
                yield Reason("appeared", folder, message, "not there", "there")


def _without_init(name: str, place: str) -> Iterator[tuple[str, str]]:
    """Yield the dotted name and the path of each folder below a package that has no initial."""
    try:
        with os.scandir(place) as entries:
            folders = sorted(
                (entry.name, entry.path)
                for entry in entries
                if "." not in entry.name and entry.name != "__pycache__" and entry.is_dir()
            )
    except OSError:  # a module, or gone: which is told elsewhere
        return
    for last, path in folders:
        if os.path.islink(path):  # it may lead back to where it lies
            continue
        dotted = f"{name}.{last}"
        if not os.path.exists(os.path.join(path, "__init__.py")):
            yield dotted, path
        yield from _without_init(dotted, path)
