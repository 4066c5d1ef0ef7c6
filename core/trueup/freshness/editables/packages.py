"""The packages at the top that setuptools would find in a project now.

setuptools writes them into its import hook; a hook that does not know one cannot import it. The
rules are those of its package discovery, as its documentation gives them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from trueup.freshness.editables.project import Project, table

__all__ = ["finds_namespaces", "has_source", "stated_folders", "top_level_names"]

# The names that a flat layout leaves out.
_NOT_PACKAGES = frozenset(
    (
        *("ci", "bin", "debian", "doc", "docs", "documentation", "manpages", "news"),
        *("newsfragments", "changelog", "test", "tests", "unit_test", "unit_tests", "example"),
        *("examples", "scripts", "tools", "util", "utils", "python", "build", "benchmark"),
        *("benchmarks", "exercise", "exercises", "htmlcov"),
    )
)
_NOT_MODULES = frozenset(
    (
        *("setup", "conftest", "test", "tests", "example", "examples", "build", "toxfile"),
        *("noxfile", "pavement", "dodo", "tasks", "fabfile", "SConstruct", "sconstruct"),
        *("conanfile", "manage", "benchmark", "benchmarks", "exercise", "exercises"),
    )
)
_DEPTH = 4  # folders; that a package has a module in it shows earlier


def top_level_names(project: Project) -> set[str] | None:
    """Return the names at the top that would be installed; None if that cannot be told."""
    settings = project.tool("setuptools")
    modules = _listed(project, "py-modules", "py_modules")
    stated = _stated_packages(project)
    if stated is None:
        return None
    if isinstance(stated, list):
        return {name.partition(".")[0] for name in [*stated, *modules]}
    if stated:
        return {*_found(project, stated), *modules}
    if modules:
        return set(modules)
    if settings.get("package-dir") or project.setup_cfg.get("options", {}).get("package_dir"):
        return None
    return _discovered(project)


def finds_namespaces(project: Project, name: str) -> bool:
    """Whether setuptools takes a folder, by its dotted name in a package, for a package, too."""
    stated = _stated_packages(project)
    if isinstance(stated, Mapping) and stated:
        include = [str(one) for one in stated.get("include", ["*"])]
        exclude = [str(one) for one in stated.get("exclude", [])]
        chosen = any(fnmatchcase(name, one) for one in include)
        return (
            bool(stated.get("namespaces"))
            and chosen
            and not any(fnmatchcase(name, one) for one in exclude)
        )
    return stated == {} and top_level_names(project) is not None


def stated_folders(project: Project) -> list[tuple[str, str]]:
    """Return the packages that a project lists by name, and where each must be."""
    stated = _stated_packages(project)
    places = project.tool("setuptools").get("package-dir", {})
    if not isinstance(stated, list) or not isinstance(places, Mapping) or places.keys() - {""}:
        return []
    if project.setup_cfg.get("options", {}).get("package_dir") or project.setup_script:
        return []
    return [(name, project.path(str(places.get("", ".")), *name.split("."))) for name in stated]


def _listed(project: Project, key: str, old_key: str) -> list[str]:
    listed = project.tool("setuptools").get(key)
    if isinstance(listed, list):
        return [str(one) for one in listed]
    script = project.setup_script
    if script and isinstance(script.keywords.get(old_key), list | tuple):
        return [str(one) for one in script.keywords[old_key]]
    text = project.setup_cfg.get("options", {}).get(old_key, "")
    return [one.strip() for one in text.replace(",", "\n").splitlines() if one.strip()]


def _stated_packages(project: Project) -> list[str] | Mapping[str, Any] | None:
    """Return the packages as listed, or the settings of the search; None if unclear."""
    script = project.setup_script
    if script and ({"packages", "package_dir", "**"} & script.computed or not script.plain):
        return None
    settings = project.tool("setuptools").get("packages")
    if isinstance(settings, Mapping):
        return {"where": ["."], "namespaces": True, **table(settings, "find")}
    listed = _listed(project, "packages", "packages")
    if listed and listed[0] in {"find:", "find_namespace:"}:
        section = project.setup_cfg.get("options.packages.find", {})
        return {
            "where": [section.get("where", ".")],
            "include": section.get("include", "").split() or ["*"],
            "exclude": section.get("exclude", "").split(),
            "namespaces": listed[0] == "find_namespace:",
        }
    return listed or {}


def _found(project: Project, settings: Mapping[str, Any]) -> Iterator[str]:
    include = [str(one) for one in settings.get("include", ["*"])]
    exclude = [str(one) for one in settings.get("exclude", [])]
    for where in settings.get("where", ["."]):
        for name in _folders(project.path(str(where))):
            place = project.path(str(where), name)
            # With namespaces every folder is a package (PEP 420), one without modules, too.
            counts = settings.get("namespaces") or (_is_package(place) and has_source(place))
            if counts and _passes(name, include, exclude):
                yield name


def _passes(name: str, include: Iterable[str], exclude: Iterable[str]) -> bool:
    # a pattern such as "demo.*" lets only what lies below through, which brings the top with it
    chosen = any(fnmatchcase(name, one) or one.startswith(f"{name}.") for one in include)
    return chosen and not any(fnmatchcase(name, one) for one in exclude)


def _discovered(project: Project) -> set[str]:
    """Return what automatic discovery finds: in "src", or flat."""
    source = project.path("src")
    if os.path.isdir(source):
        return {*_folders(source), *_modules(source)}  # every folder is a package (PEP 420)
    packages = {
        name for name in _folders(project.directory) if name not in _NOT_PACKAGES and name[0] != "_"
    }
    modules = {
        name for name in _modules(project.directory) if name not in _NOT_MODULES and name[0] != "_"
    }
    return packages or modules


def _folders(place: str) -> list[str]:
    try:
        with os.scandir(place) as entries:
            return sorted(
                entry.name
                for entry in entries
                if _is_name(entry.name) and entry.name != "__pycache__" and entry.is_dir()
            )
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_name(name: str) -> bool:
    return name.removesuffix("-stubs").isidentifier()


def _modules(place: str) -> list[str]:
    names = os.listdir(place) if os.path.isdir(place) else []
    return [name[:-3] for name in names if name.endswith(".py") and name[:-3].isidentifier()]


def _is_package(place: str) -> bool:
    return os.path.isfile(os.path.join(place, "__init__.py"))


def has_source(place: str, depth: int = _DEPTH) -> bool:
    """Whether a folder holds a module somewhere: one that does not is no package to anybody."""
    folders = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".pyi", ".so", ".pyd")):
                    return True
                if depth and entry.name.isidentifier() and entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
    except OSError:  # not ours to read: then no backend reads it either
        return False
    return any(has_source(folder, depth - 1) for folder in folders)
