"""What a build backend finds around it: environment variables, and the watchers beside it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping

from trueup.acquisition.build_process import MARK
from trueup.destination.environment import Interpreter

__all__ = ["backend_environment", "plant_watchers_in", "plant_watchers_into"]

_HERE = os.path.dirname(os.path.abspath(__file__))
# Source file here -> module name there. The names begin with an underscore and our own name,
# because a project may well have a module called `guard`.
_WATCHERS = {
    "circles.py": "_trueup_circles.py",
    "depfiles.py": "_trueup_depfiles.py",
    "guard.py": "_trueup_guard.py",
    "onlooker.py": "_trueup_onlooker.py",
    "recorder.py": "_trueup_recorder.py",
    "unaudited.py": "_trueup_unaudited.py",
}
_PTH_NAME = "_trueup_build.pth"
# One line, because `site` runs lines; it does nothing unless the process is part of a build.
_PTH = (
    f"import os; os.environ.get({MARK!r}) and "
    "[__import__(name).start() for name in ('_trueup_guard', '_trueup_recorder')]\n"
)

# What makes a Python look for modules where the build environment does not (PEP 517 asks for an
# isolated environment), and what tells of an environment that is not the backend's.
_MISLEADING = frozenset(
    (
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PYTHONUSERBASE",
        "VIRTUAL_ENV",
        "VIRTUAL_ENV_PROMPT",
        "CONDA_PREFIX",
        "__PYVENV_LAUNCHER__",
    )
)
_SECRET = re.compile(
    r"(^|_)(TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRETS?|CREDENTIALS?|APIKEY|(API|ACCESS|PRIVATE)_KEY)(_|$)"
)
_INSTALLERS = ("PIP_", "UV_", "TWINE_")


def backend_environment(
    variables: Mapping[str, str], interpreter: Interpreter, workspace: str, *, isolation: bool
) -> dict[str, str]:
    """Return the environment variables of a build.

    Args:
        variables: what to start from.
        interpreter: who runs the backend; its scripts come first on PATH, as a build may call
            commands that its requirements brought.
        workspace: the build's own folder.
        isolation: leave out secrets, and what would reach past the build environment.
    """
    found = {
        name: value for name, value in variables.items() if not (isolation and _unfit(name, value))
    }
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


def _unfit(name: str, value: str) -> bool:
    upper = name.upper()
    if upper in _MISLEADING or _SECRET.search(upper):
        return True
    return upper.startswith(_INSTALLERS) and bool(re.search(r"://[^/\s]*@", value))


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
