"""An environment seen from outside: what pyvenv.cfg and its folders tell, without starting it.

A check has to be quick, and must not run what it judges; `trueup.destination.locate` asks the
interpreter itself, which a build needs and a look at files does not.
"""

from __future__ import annotations

import os
import re

from trueup.destination.environment import Environment, Interpreter, Scheme
from trueup.destination.venv_config import NAME, find_config, program_directory, read_config
from trueup.errors import EnvironmentProblem

__all__ = ["environment_from_outside", "redirected"]

_LIBRARY = r"(python|pypy)(\d+)\.(\d+)(t?)"
_HINT = "Name the folder of a virtual environment, or the path of its Python."


def environment_from_outside(place: str) -> Environment:
    """Return the environment at a path, as far as files tell of it; nothing is started.

    Markers, tags and the bytecode's magic number stay empty: only the interpreter knows them.

    Args:
        place: the folder of an environment, a `.venv` file that names one (PEP 832), or the path
            of a Python program in one.

    Raises:
        EnvironmentProblem: there is no environment.
    """
    path = os.path.abspath(os.path.expanduser(place))
    if os.path.isfile(path):
        if os.path.basename(path) == ".venv":
            path = redirected(path)
        else:
            config = find_config(path)
            path = os.path.dirname(config or os.path.dirname(path))
    if not os.path.isdir(path):
        raise EnvironmentProblem(f"{path} is no environment: it does not exist", hint=_HINT)
    config = os.path.join(path, NAME)
    try:
        settings = read_config(config) if os.path.isfile(config) else {}
    except OSError as error:
        raise EnvironmentProblem(
            f"{config} cannot be read: {error.strerror}", hint=_HINT
        ) from error
    library, version, free_threaded = _library(path, settings)
    return _assemble(path, settings, library, version, free_threaded)


def redirected(path: str) -> str:
    """Return the folder that a `.venv` file names on its one line (PEP 832).

    Raises:
        EnvironmentProblem: it names none.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read(65536).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentProblem(f"{path} cannot be read: {error}", hint=_HINT) from error
    if len(lines) != 1 or not lines[0].strip():
        raise EnvironmentProblem(f"{path} does not name an environment on one line", hint=_HINT)
    return os.path.normpath(os.path.join(os.path.dirname(path), lines[0].strip()))


def _library(root: str, settings: dict[str, str]) -> tuple[str, tuple[int, int, int], bool]:
    """Return site-packages, the version, and whether the interpreter is free-threaded."""
    version = _numbers(settings.get("version_info") or settings.get("version") or "")
    flat = os.path.join(root, "Lib", "site-packages")
    if os.name == "nt" and os.path.isdir(flat):
        return flat, version or (3, 0, 0), False
    lib = os.path.join(root, "lib")
    found = []
    for name in sorted(os.listdir(lib)) if os.path.isdir(lib) else []:
        match = re.fullmatch(_LIBRARY, name)
        if match and os.path.isdir(os.path.join(lib, name, "site-packages")):
            numbers = (int(match[2]), int(match[3]))
            found.append((version is None or version[:2] == numbers, numbers, bool(match[4]), name))
    if not found:
        raise EnvironmentProblem(f"{root} is no environment: it has no site-packages", hint=_HINT)
    _, numbers, threaded, name = max(found)
    exact = version if version and version[:2] == numbers else (*numbers, 0)
    return os.path.join(lib, name, "site-packages"), exact, threaded


def _numbers(text: str) -> tuple[int, int, int] | None:
    parts = [int(part) for part in text.split(".")[:3] if part.isdigit()]
    return (*parts, 0)[:3] if len(parts) >= 2 else None  # type: ignore[return-value]  # three of them


def _assemble(
    root: str,
    settings: dict[str, str],
    library: str,
    version: tuple[int, int, int],
    free_threaded: bool,
) -> Environment:
    scripts = program_directory(root)
    program = os.path.join(scripts, "python.exe" if os.name == "nt" else "python")
    scheme = Scheme(library, library, scripts, root, os.path.join(root, "include"))
    implementation = settings.get("implementation", "").lower()
    implementation = "pypy" if "pypy" in implementation else "cpython"
    base = os.path.dirname(settings["home"]) if settings.get("home") else root
    interpreter = Interpreter(
        executable=program,
        base_executable=os.path.realpath(program),
        version=version,
        implementation=implementation,
        markers={},
        tags=(),
        scheme=scheme,
        prefix=root,
        base_prefix=base,
        stdlib=os.path.join(base, "lib", f"python{version[0]}.{version[1]}"),
        cache_tag=f"{implementation}-{version[0]}{version[1]}",
        magic="",
        extension_suffixes=(),
        free_threaded=free_threaded,
        externally_managed=None,
    )
    return Environment(interpreter, scheme, root)
