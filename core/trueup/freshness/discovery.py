"""Whether setuptools takes modules alone out of the folders that it finds for itself.

It takes any folder in a package for a package, too, and data out of it where patterns, MANIFEST.in,
a program that finds files, or code of the project say so. Where nothing can say so, a folder
without a module (or types: `*.pyi`, `py.typed`) changes nothing of a wheel.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from trueup.freshness.names import is_licence

__all__ = ["is_module_by_name", "takes_modules_alone"]

# Distributions of the build environment that bring no command and no finder of files.
_PLAIN = frozenset(("packaging", "pip", "setuptools", "wheel"))
# Of `[tool.setuptools]`: none of these names data, folders, commands or licences.
_TABLES = frozenset(("dynamic", "include-package-data", "packages", "zip-safe"))
_FIND = frozenset(("exclude", "include", "namespaces", "where"))


def takes_modules_alone(content: bytes, environment: Iterable[str]) -> frozenset[str] | None:
    """Return where packages are looked for, relative to the tree; None where data may be taken.

    Args:
        content: of pyproject.toml, where there is neither setup.py, setup.cfg nor MANIFEST.in.
        environment: "name version" of what the build environment held.
    """
    import tomllib

    names = {one.partition(" ")[0].lower() for one in environment}
    if "setuptools" not in names or not names <= _PLAIN:
        return None
    try:
        return _searched(tomllib.loads(content.decode()))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _searched(document: dict[str, Any]) -> frozenset[str] | None:
    system, tool = document["build-system"], document.get("tool", {})
    if system["build-backend"] != "setuptools.build_meta" or "backend-path" in system:
        return None
    settings = tool.get("setuptools", {})
    project = document["project"]
    if not _TABLES.issuperset(settings) or "license-files" in project:
        return None
    if not isinstance(project.get("license", ""), str) or "/" in str(project.get("readme", "")):
        return None  # files that are named are taken, too
    # A file that is named and not there is left out with a warning, and taken once it is there.
    if any(set(one) != {"attr"} for one in settings.get("dynamic", {}).values()):
        return None
    packages = settings.get("packages", {"find": {}})
    find = packages["find"]
    if set(packages) != {"find"} or not _FIND.issuperset(find):
        return None
    return frozenset({".", "src", *map(os.path.normpath, find.get("where", []))})


def is_module_by_name(path: str) -> bool:
    """Whether setuptools takes what lies in a package at `path` for a module, and never for data.

    Of modules it drops whether they can be executed (`build_module` of distutils). One whose name
    cannot be imported it may copy as data as well, as `analyze_manifest` has it, and keep that.
    """
    stem, suffix = os.path.splitext(path.rpartition("/")[2])
    return suffix == ".py" and stem.isidentifier() and not is_licence(stem)
