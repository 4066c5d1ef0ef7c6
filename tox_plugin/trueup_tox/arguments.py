"""What tox asks to be installed: lists, files and packages, in tox's classes and pip's words."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from tox.tox_env.python.package import PythonPathPackageWithDeps
from tox.tox_env.python.pip.req_file import PythonDeps

if TYPE_CHECKING:
    from trueup_tox.project import Project

__all__ = [
    "files_in",
    "has_packages",
    "holds_directories",
    "pinned",
    "projects_in",
    "requirements_in",
]


def projects_in(arguments: Any) -> dict[str, Project]:
    """Return the path of each package that was built here to the project that it was built from."""
    if not isinstance(arguments, Sequence):
        return {}
    found = ((each, getattr(each, "project", None)) for each in arguments)
    return {str(each.path): project for each, project in found if project is not None}


def requirements_in(arguments: Any) -> list[str]:
    """Return the requirements in what tox asks to be installed, as its record has them."""
    if isinstance(arguments, PythonDeps):
        return [each for each in arguments.unroll()[1] if not each.startswith("-c ")]
    if hasattr(arguments, "install_lines"):  # a pylock (tox >= 4.50)
        return list(arguments.install_lines())
    found: list[str] = []
    for each in arguments:
        found += map(str, each.deps) if _is_package(each) else [str(each)]
    return found


def pinned(arguments: list[str], *, keep: bool) -> list[str]:
    """Name wheels by what is in them, so that one that is installed already stays as it is.

    A folder that is installed editable is judged when its turn comes.
    """
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    if keep and "-e" in arguments:
        return [each for each in arguments if each != "--force-reinstall"]
    wheels = [each for each in arguments if each.endswith(".whl")]
    if not keep or len(wheels) != sum(not each.startswith("-") for each in arguments):
        return arguments
    named = []
    for each in wheels:
        try:
            name = parse_wheel_filename(os.path.basename(each))[0]
        except InvalidWheelFilename:
            return arguments
        named.append(f"{name} @ {_address(each)}")
    return [*(each for each in arguments if each not in {*wheels, "--force-reinstall"}), *named]


def holds_directories(arguments: PythonDeps) -> bool:
    """Whether directories are among `arguments`, or in the files that they name."""
    return any(map(os.path.isdir, _paths_in(arguments)))


def files_in(arguments: PythonDeps) -> list[str]:
    """Return the files among `arguments`, such as wheels, and in the files that they name."""
    return [path for path in _paths_in(arguments) if os.path.isfile(path)]


def _paths_in(arguments: PythonDeps) -> Iterator[str]:
    for one in arguments.requirements:
        if isinstance(one.requirement, Requirement):
            url = one.requirement.url or ""
            if url.startswith("file:"):
                yield unquote(urlsplit(url).path)
        else:
            path = str(one.requirement).partition("[")[0]
            # tox writes a path as seen from the file that it stands in.
            yield os.path.join(os.path.dirname(one.from_file), path)


def _address(path: str) -> str:
    from pathlib import Path

    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{Path(path).resolve().as_uri()}#sha256={digest}"


def has_packages(arguments: Any) -> bool:
    """Whether packages are among `arguments`: then tox notes the requirements beside them apart."""
    return isinstance(arguments, Sequence) and any(map(_is_package, arguments))


def _is_package(argument: object) -> bool:
    return isinstance(argument, PythonPathPackageWithDeps)
