"""What a build backend finds around it: environment variables, and the watchers beside it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Mapping

from trueup.acquisition.build_process import MARK
from trueup.acquisition.build_variables import given_variables
from trueup.destination.environment import Interpreter

__all__ = ["backend_environment", "plant_watchers_in", "plant_watchers_into", "told_of_withheld"]

_HERE = os.path.dirname(os.path.abspath(__file__))
# Source file here -> module name there. The names begin with an underscore and our own name,
# because a project may well have a module called `guard`.
_WATCHERS = {
    "circles.py": "_trueup_circles.py",
    "dead_links.py": "_trueup_dead_links.py",
    "depfiles.py": "_trueup_depfiles.py",
    "ending.py": "_trueup_ending.py",
    "extra_settings.py": "_trueup_extra_settings.py",
    "gates.py": "_trueup_gates.py",
    "guard.py": "_trueup_guard.py",
    "lifeline.py": "_trueup_lifeline.py",
    "offspring.py": "_trueup_offspring.py",
    "onlooker.py": "_trueup_onlooker.py",
    "paths.py": "_trueup_paths.py",
    "purpose.py": "_trueup_purpose.py",
    "recorder.py": "_trueup_recorder.py",
    "unaudited.py": "_trueup_unaudited.py",
}
_PTH_NAME = "_trueup_build.pth"
# One line, because `site` runs lines; it does nothing unless the process is part of a build.
_PTH = (
    f"import os; os.environ.get({MARK!r}) and "
    "[__import__(name).start() for name in"
    " ('_trueup_guard', '_trueup_dead_links', '_trueup_recorder')]\n"
)

# What makes a Python look for modules where the build environment does not (PEP 517 asks for an
# isolated environment), and what tells of an environment that is not the backend's.
_MISLEADING = frozenset(
    (
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PYTHONUSERBASE",
        "__PYVENV_LAUNCHER__",
    )
)
# Without isolation the environment that a build runs in is the user's own.
_SURROUNDING = ("VIRTUAL_ENV*", "CONDA*", "__PYVENV_LAUNCHER__")


def backend_environment(
    variables: Mapping[str, str],
    interpreter: Interpreter,
    workspace: str,
    *,
    isolation: bool,
    more: Collection[str] = (),
) -> dict[str, str]:
    """Return the environment variables of a build.

    Args:
        variables: what to choose from; see `given_variables`.
        interpreter: who runs the backend; its scripts come first on PATH, as a build may call
            commands that its requirements brought.
        workspace: the build's own folder.
        isolation: leave out what would reach past the build environment.
        more: names of variables that are let in besides.
    """
    found = given_variables(variables, (*more, *(() if isolation else _SURROUNDING)))
    if isolation:
        found = {name: value for name, value in found.items() if not _is_misleading(name)}
    path = found.get("PATH") or os.defpath
    found["PATH"] = interpreter.scheme.scripts + os.pathsep + path
    found[MARK] = workspace
    # The log is a file: without this the output of a process that is killed would be lost.
    found.setdefault("PYTHONUNBUFFERED", "1")
    if isolation:
        found["PYTHONNOUSERSITE"] = "1"
        if interpreter.virtual:
            found["VIRTUAL_ENV"] = interpreter.prefix
    return found


def _is_misleading(name: str) -> bool:
    return name.upper() in _MISLEADING or name.upper().startswith(("VIRTUAL_ENV", "CONDA"))


def told_of_withheld(asked: Iterable[str], there: Collection[str], given: Collection[str]) -> str:
    """Return a sentence on the variables that a backend asked for and was not given; or ""."""
    names = [
        name for name in asked if name in there and name not in given and not _is_misleading(name)
    ]
    ways = " ".join(f"--build-env {name}" for name in names)
    what = ", ".join(names)
    return f"the build asked for {what} and was not given it: {ways} lets it in" if names else ""


def plant_watchers_in(workspace: str) -> str:
    """Lay the launcher and the watchers of a build into `workspace`; return the launcher's path."""
    folder = os.path.join(workspace, "watch")
    os.makedirs(folder, exist_ok=True)
    os.makedirs(os.path.join(workspace, "trace"), exist_ok=True)
    for source, name in {**_WATCHERS, "launcher.py": "launcher.py"}.items():
        _lay(os.path.join(_HERE, source), os.path.join(folder, name))
    return os.path.join(folder, "launcher.py")


def plant_watchers_into(interpreter: Interpreter) -> None:
    """Lay the watchers into a build environment, so that Pythons a backend starts have them too.

    They stay: the environment is ours, and they do nothing outside of a build.
    """
    folder = interpreter.scheme.purelib
    os.makedirs(folder, exist_ok=True)
    for source, name in _WATCHERS.items():
        _lay(os.path.join(_HERE, source), os.path.join(folder, name))
    _write(os.path.join(folder, _PTH_NAME), _PTH.encode())


def _lay(source: str, target: str) -> None:
    with open(source, "rb") as stream:
        _write(target, stream.read())


def _write(target: str, content: bytes) -> None:
    """Write whole or not at all: another build may be starting in the same environment."""
    try:
        with open(target, "rb") as stream:
            if stream.read() == content:
                return
    except FileNotFoundError:
        pass
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix="._trueup")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.chmod(temporary, 0o644)
    os.replace(temporary, target)
