"""What a source tree says of its build: the `[build-system]` table (PEP 517, PEP 518)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from trueup.errors import SourceError
from trueup.values import dataclass

__all__ = ["BuildSystem", "read_build_system", "settings_of"]

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
LEGACY_REQUIRES = ("setuptools>=40.8",)


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """The build backend of a source tree, and what it needs.

    Attributes:
        requires: PEP 508 strings, as written.
        backend: "module" or "module:object".
        backend_path: folders of the tree that the backend is imported from, as written.
        name: the project's static name (PEP 621), or "".
    """

    requires: tuple[str, ...] = LEGACY_REQUIRES
    backend: str = LEGACY_BACKEND
    backend_path: tuple[str, ...] = ()
    name: str = ""


def read_build_system(tree: str) -> BuildSystem:
    """Return what `tree` says of its build; setuptools' legacy backend where it says nothing.

    Args:
        tree: the source tree's top folder, absolute.

    Raises:
        SourceError: there is nothing to build, or pyproject.toml is not what PEP 518 asks for.
    """
    path = os.path.join(tree, "pyproject.toml")
    document = _parse(path)
    if document is None:
        if os.path.isfile(os.path.join(tree, "setup.py")):
            return BuildSystem()
        raise SourceError(
            f"{tree} holds no Python project: neither pyproject.toml nor setup.py is there",
            hint="name the folder that holds one of them",
        )
    project = document.get("project")
    name = str(project.get("name", "")) if isinstance(project, dict) else ""
    if "build-system" not in document:
        # PEP 517: source trees without the table are built by setuptools, as before it.
        return BuildSystem(name=name)
    table = document["build-system"]
    if not isinstance(table, dict):
        raise _refused(path, "[build-system] is not a table")
    requires = _requires(path, table)
    backend = table.get("build-backend")
    if backend is None:
        return BuildSystem(requires, name=name)
    if not isinstance(backend, str) or not _is_reference(backend):
        raise _refused(path, f'build-backend is not "module" or "module:object", but {backend!r}')
    return BuildSystem(requires, backend, _backend_path(path, tree, table), name)


def _parse(path: str) -> Mapping[str, Any] | None:
    import tomllib

    try:
        with open(path, "rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # tomllib's own message ends in "(at line 3, column 7)".
        raise SourceError(f"{path} is no valid TOML: {error}", hint="mend that line") from error
    except RecursionError as error:
        raise SourceError(f"{path} is nested too deeply to be read") from error


def _requires(path: str, table: Mapping[str, Any]) -> tuple[str, ...]:
    from packaging.requirements import InvalidRequirement, Requirement

    requires = table.get("requires")
    if requires is None:
        raise _refused(path, "[build-system] has no `requires`, which PEP 518 asks for")
    if not isinstance(requires, list) or not all(isinstance(each, str) for each in requires):
        raise _refused(path, "`requires` in [build-system] is not a list of strings")
    for each in requires:
        try:
            Requirement(each)
        except InvalidRequirement as error:
            raise _refused(path, f"`requires` holds {each!r}, which is no requirement") from error
    return tuple(requires)


def _backend_path(path: str, tree: str, table: Mapping[str, Any]) -> tuple[str, ...]:
    folders = table.get("backend-path", [])
    if not isinstance(folders, list) or not all(isinstance(each, str) for each in folders):
        raise _refused(path, "`backend-path` is not a list of strings")
    top = os.path.realpath(tree)
    for folder in folders:
        # PEP 517: relative to the tree, and inside it; links are followed first, because a link
        # that leads out of the tree would let in what the text of the path keeps out.
        inside = os.path.realpath(os.path.join(top, folder))
        if os.path.isabs(folder) or (inside != top and not inside.startswith(_ended(top))):
            raise _refused(path, f"`backend-path` names {folder!r}, which lies outside the project")
    return tuple(folders)


def _ended(folder: str) -> str:
    return folder if folder.endswith(os.sep) else folder + os.sep


def _is_reference(backend: str) -> bool:
    module, _, attribute = backend.partition(":")
    parts = module.split(".") + (attribute.split(".") if ":" in backend else [])
    return all(part.isidentifier() for part in parts)


def _refused(path: str, reason: str) -> SourceError:
    return SourceError(f"{path}: {reason}", hint="see PEP 517 and PEP 518 for what it should say")


def settings_of(pairs: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return config settings as backends expect them: a key given twice has a list of values."""
    settings: dict[str, str | list[str]] = {}
    for key, value in pairs:
        before = settings.get(key)
        if before is None:
            settings[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            settings[key] = [before, value]
    return settings
