"""Local projects that are installed as copies: the copy against the tree that it was made from."""

from __future__ import annotations

import os

from trueup.destination.installed import InstalledDistribution
from trueup.freshness.editables.evidence import Doubt, Evidence
from trueup.freshness.editables.mechanism import Mechanism
from trueup.freshness.editables.project import Project
from trueup.freshness.outcome import Reason

__all__ = ["weigh_copy"]

_BASES = ("src", "", "python", "lib")


def weigh_copy(
    project: Project, mechanism: Mechanism, distribution: InstalledDistribution
) -> Evidence:
    """Tell which modules and data of a copy are not as in the tree now."""
    copies = dict(_copied(mechanism, distribution))
    if not copies:
        yield Doubt("no module of it stands in RECORD")
        return
    base = _base(project, list(copies))
    if base is None:
        yield Doubt("where its modules lie in the project depends on the backend's settings")
        return
    yield from _compare(project, base, copies)
    yield from _additions(project, base, copies)


def _copied(mechanism: Mechanism, distribution: InstalledDistribution) -> list[tuple[str, str]]:
    """Return the path below site-packages, and the file, of what came out of the project."""
    found = []
    for path in mechanism.files:
        relative = os.path.relpath(path, distribution.library)
        first = relative.split(os.sep)[0]
        outside = first == ".." or first.endswith((".dist-info", ".data"))
        if not outside and "__pycache__" not in relative and not path.endswith((".pyc", ".pth")):
            found.append((relative, path))
    return found


def _base(project: Project, relatives: list[str]) -> str | None:
    """Return the folder of the project that answers to site-packages."""
    counts = {
        base: sum(os.path.exists(project.path(base, one)) for one in relatives) for base in _BASES
    }
    best = max(counts, key=lambda base: counts[base])
    return project.path(best) if counts[best] else None


def _compare(project: Project, base: str, copies: dict[str, str]) -> Evidence:
    for relative, path in sorted(copies.items()):
        source = os.path.join(base, relative)
        if not os.path.exists(path):
            message = f"{path} is missing, which was installed"
            yield Reason("output missing", path, message, "there", "missing")
        elif not os.path.isfile(source):
            if path.endswith((".so", ".pyd")):
                yield Doubt("extension modules are built with flags that leave no trace on disk")
                continue
            message = f"{relative} is gone from the project, and is still installed"
            yield Reason("input missing", source, message, "there", "missing")
        elif not _same(source, path):
            message = f"{os.path.relpath(source, project.directory)} changed"
            yield Reason("input changed", source, message)


def _same(one: str, other: str) -> bool:
    with open(one, "rb") as first, open(other, "rb") as second:
        return first.read() == second.read()


def _additions(project: Project, base: str, copies: dict[str, str]) -> Evidence:
    folders = {os.path.dirname(relative) for relative in copies} - {""}
    tops = {folder.split(os.sep)[0] for folder in folders}
    for top in sorted(tops):
        for folder, below, names in os.walk(os.path.join(base, top)):
            below[:] = [one for one in below if one != "__pycache__"]
            for name in names:
                relative = os.path.relpath(os.path.join(folder, name), base)
                if relative in copies or name.endswith((".pyc", ".so", ".pyd")):
                    continue
                path = os.path.join(folder, name)
                if name.endswith(".py") and _is_taken(os.path.dirname(relative), folders):
                    message = f"{os.path.relpath(path, project.directory)} is new"
                    yield Reason("appeared", path, message, "not there", "there")
                else:
                    yield Doubt(f"whether {relative} is installed depends on the settings")


def _is_taken(folder: str, folders: set[str]) -> bool:
    """Whether modules of a folder were installed: then a new one will be."""
    return folder in folders or os.path.dirname(folder) in folders
