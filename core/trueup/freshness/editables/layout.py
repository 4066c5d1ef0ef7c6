"""Where an install leads, against where the project's modules now are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from trueup.destination.installed import InstalledDistribution
from trueup.freshness.editables.evidence import Doubt, Evidence
from trueup.freshness.editables.mechanism import Mechanism
from trueup.freshness.editables.packages import (
    finds_namespaces,
    has_source,
    top_level_names,
)
from trueup.freshness.editables.project import Project
from trueup.freshness.editables.wanted_module import weigh_wanted_module
from trueup.freshness.outcome import Reason

__all__ = ["weigh_layout"]

_METADATA = (".egg-info", ".dist-info")
_HOOKED = frozenset(("setuptools finder", "link tree", "editables"))


def weigh_layout(
    project: Project, mechanism: Mechanism, distribution: InstalledDistribution
) -> Evidence:
    """Tell where an editable install leads to nothing, or past something that is there now."""
    for path in mechanism.missing:
        message = f"{path} is missing, which leads to the project or belongs to it"
        yield Reason("output missing", path, message, "there", "missing")
    for path in _lasting_targets(mechanism):
        if path in mechanism.link_trees:
            if not os.path.isdir(path):
                message = f"{path}, the tree of links that is imported from, is missing"
                yield Reason("output missing", path, message, "there", "missing")
        elif not os.path.exists(path):
            message = f"{path}, which the install leads to, does not exist any more"
            yield Reason("disappeared", path, message, "there", "missing")
        elif os.path.isdir(path) and not has_source(path):
            message = f"{path}, which the install leads to, holds no module any more"
            yield Reason("disappeared", path, message, "there", "missing")
    for tree in mechanism.link_trees:
        yield from _weigh_links(project, tree)
    if mechanism.kind == "none":
        yield Reason(
            "output missing", distribution.path, "nothing in the environment leads to the project"
        )
    yield from _weigh_top_level(project, mechanism, distribution)


def _lasting_targets(mechanism: Mechanism) -> list[str]:
    """Return the source paths that a build now would lead to, too.

    A hook that knows single modules (scikit-build-core) may know one that was deleted: to import it
    fails with the old hook as with a new one.
    """
    top = [place for name, place in mechanism.mapping.items() if "." not in name]
    if mechanism.kind != "scikit-build-core redirect":
        top = list(mechanism.mapping.values())
    return [*mechanism.folders, *top]


def _weigh_top_level(
    project: Project, mechanism: Mechanism, distribution: InstalledDistribution
) -> Evidence:
    reachable = _reachable(mechanism)
    for name in _promised(project, distribution):
        if name not in reachable and not _is_installed(name, mechanism):
            message = f"{name}, which is installed, is not where the install leads"
            yield Reason("disappeared", project.directory, message, "there", "missing")
    if project.backend == "setuptools":
        expected = top_level_names(project)
        if expected is None:
            if mechanism.kind in _HOOKED:
                yield Doubt("which packages setuptools finds depends on setup.py or package-dir")
            return
        hooked = mechanism.kind in _HOOKED
        for name in sorted(expected - reachable):
            where = "the import hook" if hooked else "the path"
            message = f"the package {name} is new, and {where} of the install does not know it"
            yield Reason("appeared", project.path(name), message, "not there", "there")
        yield from _unlisted(project, distribution, expected & reachable)
        explicit = bool(project.tool("setuptools").get("packages")) and hooked
        for name in sorted(reachable - expected) if explicit else ():
            message = f"{name} is not among the packages of the project any more"
            yield Reason("disappeared", project.directory, message, "installed", "not a package")
    elif mechanism.kind == "editables" and project.backend == "pdm":
        yield from _new_for_pdm(project, reachable)
    else:
        yield from weigh_wanted_module(project)


def _unlisted(project: Project, distribution: InstalledDistribution, found: set[str]) -> Evidence:
    """A path leads to a new package by itself; which names it has, the metadata tells others.

    `importlib.metadata.packages_distributions` reads top_level.txt.
    """
    listed = set((distribution.read_file("top_level.txt") or "").split())
    for name in sorted(found - listed) if listed else ():
        message = f"the package {name} is new, and top_level.txt of the install does not have it"
        yield Reason("appeared", project.path(name), message, "not there", "there")


def _new_for_pdm(project: Project, reachable: set[str]) -> Evidence:
    """PDM takes all packages below "src", or else beside pyproject.toml."""
    settings = project.tool("pdm", "build")
    if settings.get("includes") or settings.get("excludes"):
        yield Doubt("which packages PDM takes depends on its includes and excludes")
        return
    source = project.path(str(settings.get("package-dir") or "src"))
    base = source if os.path.isdir(source) else project.directory
    for name in sorted(os.listdir(base)):
        initial = os.path.join(base, name, "__init__.py")
        known = name in reachable or (base == project.directory and name in {"tests", "test"})
        if os.path.isfile(initial) and not known:
            message = f"the package {name} is new, and the import hook does not know it"
            yield Reason("appeared", os.path.join(base, name), message, "not there", "there")


def _promised(project: Project, distribution: InstalledDistribution) -> list[str]:
    """Return the names at the top that were installed, where the backend wrote them down."""
    told = (distribution.read_file("top_level.txt") or "").split()
    if told:
        return told
    name = distribution.name.replace("-", "_")
    for base in ("src", "python", ""):  # moved from one layout to another: the path leads past it
        place = project.path(base, name)
        if os.path.isdir(place) and has_source(place):
            return [name]
    return []


def _reachable(mechanism: Mechanism) -> set[str]:
    """Return the names that can be imported at the top, through folders or through a hook."""
    found = {name.partition(".")[0] for name in mechanism.mapping}
    for folder in mechanism.folders:
        try:
            names = os.listdir(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        found.update(name.partition(".")[0] for name in names if not name.endswith(_METADATA))
    return found


def _is_installed(name: str, mechanism: Mechanism) -> bool:
    """Whether RECORD names a module of that name, or a hook that builds it has it."""
    if mechanism.kind == "meson-python loader":
        return True
    parts = (f"{os.sep}{name}.", f"{os.sep}{name}{os.sep}")
    return any(part in path for path in mechanism.files for part in parts)


def _weigh_links(project: Project, tree: str) -> Evidence:
    """Compare setuptools' tree of links with the packages that its links lead to."""
    sources: dict[str, set[str]] = {}  # source folder to the names that are linked
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                continue
            target = os.path.normpath(os.path.join(folder, os.readlink(path)))
            if not os.path.exists(target):
                message = f"{target} is gone, and the tree of links still has it"
                yield Reason("disappeared", target, message, "there", "missing")
            sources.setdefault(os.path.dirname(target), set()).add(os.path.basename(target))
    patterns = _data_patterns(project)
    for folder, linked in sorted(sources.items()):
        if os.path.isdir(folder) and os.path.realpath(folder) != os.path.realpath(
            project.directory
        ):
            yield from _unlinked(project, folder, linked, patterns)
            yield from _new_subpackages(project, folder, sources, patterns)


def _unlinked(
    project: Project, folder: str, linked: set[str], patterns: Iterable[str] | None
) -> Evidence:
    from fnmatch import fnmatch

    for name in sorted(set(os.listdir(folder)) - linked):
        path = os.path.join(folder, name)
        if not os.path.isfile(path) or name.endswith((".pyc", ".so", ".pyd", ".c", ".pyx")):
            continue
        relative = os.path.relpath(path, project.directory)
        counts = name.endswith(".py") or any(fnmatch(name, one) for one in patterns or ())
        if counts and os.path.basename(folder).isidentifier():
            message = f"{relative} is new, and the tree of links does not have it"
            yield Reason("appeared", path, message, "not there", "there")
        elif patterns is None:
            yield Doubt(f"whether {relative} is package data depends on MANIFEST.in or a plugin")


def _new_subpackages(
    project: Project, folder: str, sources: Mapping[str, set[str]], patterns: Iterable[str] | None
) -> Evidence:
    for name in sorted(os.listdir(folder)):
        place = os.path.join(folder, name)
        known = any(one == place or one.startswith(place + os.sep) for one in sources)
        known = known or name == "__pycache__" or not name.isidentifier()
        if known or not os.path.isdir(place):
            continue
        if has_source(place) or (finds_namespaces(project, name) and _holds_data(place, patterns)):
            message = f"the package {place} is new, and the tree of links does not have it"
            yield Reason("appeared", place, message, "not there", "there")


def _holds_data(place: str, patterns: Iterable[str] | None) -> bool:
    """Whether files that are package data lie in a folder, or may, where nobody can tell."""
    from fnmatch import fnmatch

    names = os.listdir(place)
    if patterns is None:
        return bool(names)
    return any(fnmatch(name, one) for name in names for one in patterns)


def _data_patterns(project: Project) -> list[str] | None:
    """Return the patterns of package data; None if other things decide what is data."""
    data = project.tool("setuptools").get("package-data", {})
    patterns = [str(one).rpartition("/")[2] for each in data.values() for one in each]
    requires = str(project.pyproject.get("build-system", {}).get("requires", ""))
    others = os.path.isfile(project.path("MANIFEST.in")) or "scm" in requires
    return None if others or project.setup_cfg or project.setup_script else patterns
