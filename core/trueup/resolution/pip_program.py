"""Finding a pip that can work for an interpreter: its own, or another's that can reach into it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from trueup.errors import ResolutionError
from trueup.resolution.program import remembered_version, run, version_number
from trueup.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.destination.environment import Interpreter

__all__ = ["OLDEST", "PipProgram", "find_pip"]

OLDEST = (22, 2)  # the first with `install --dry-run --report`
REACHING = (22, 3)  # the first with `--python`


@dataclass(frozen=True, slots=True)
class PipProgram:
    """A pip and how it is started for one interpreter.

    Attributes:
        command: what stands before "install" on the command line.
        version: pip's version.
        path: an entry that PYTHONPATH needs for it, or "".
    """

    command: tuple[str, ...]
    version: str
    path: str = ""


def find_pip(
    interpreter: Interpreter,
    environment: Mapping[str, str] | None = None,
    memory: str | None = None,
) -> PipProgram | None:
    """Return a pip that can resolve for `interpreter`, or None where there is none.

    Looked for in this order: `TRUEUP_PIP` (a pip program, or a Python that has pip), pip beside
    trueup, the interpreter's own, the one that came with it for `ensurepip`, `PATH`. A foreign pip
    runs on the interpreter it works for (`--python`), so it must be of a version that can.

    Args:
        interpreter: for whom.
        environment: environment variables; the process's own by default.
        memory: a folder in which versions are remembered.

    Raises:
        ResolutionError: `TRUEUP_PIP` names something that cannot do it.
    """
    variables = os.environ if environment is None else environment
    named = variables.get("TRUEUP_PIP", "")
    if named:
        return _named(named, interpreter, variables)
    for candidate in _candidates(interpreter, variables, memory):
        if version_number(candidate.version) >= OLDEST:
            return candidate
    return None


def _candidates(
    interpreter: Interpreter, variables: Mapping[str, str], memory: str | None
) -> Iterator[PipProgram]:
    target = interpreter.executable
    beside = _pip_beside()
    if beside and _supports(beside[1], interpreter):
        yield _reaching((sys.executable, "-m", "pip"), beside[0], target)
    own = _installed_version(interpreter.scheme.purelib)
    if own:
        yield PipProgram((target, "-m", "pip"), own)
    bundled = _bundled(interpreter)
    if bundled:
        version = os.path.basename(bundled).split("-")[1]
        yield PipProgram((target, "-m", "pip"), version, bundled)
    import shutil

    on_path = shutil.which("pip", path=variables.get("PATH"))
    told = remembered_version(on_path, memory, _ask) if on_path else None
    if on_path and told:
        yield _reaching((on_path,), told, target)


def _reaching(command: tuple[str, ...], version: str, target: str) -> PipProgram:
    if version_number(version) < REACHING:
        return PipProgram(command, "0")
    return PipProgram((*command, "--python", target), version)


def _pip_beside() -> tuple[str, str] | None:
    """Return version and Requires-Python of the pip that runs on trueup's own interpreter."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        found = metadata("pip")
    except PackageNotFoundError:
        return None
    # The type of metadata promises no `get`.
    requires = found["Requires-Python"] if "Requires-Python" in found else ""  # noqa: SIM401 - see above
    return found["Version"], requires


def _supports(requires_python: str, interpreter: Interpreter) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(requires_python).contains(".".join(map(str, interpreter.version)))
    except InvalidSpecifier:
        return False


def _installed_version(folder: str) -> str:
    try:
        names = os.listdir(folder)
    except OSError:
        return ""
    found = [name for name in names if name.startswith("pip-") and name.endswith(".dist-info")]
    return found[0].split("-")[1].removesuffix(".dist") if found else ""


def _bundled(interpreter: Interpreter) -> str:
    """Return the wheel that ensurepip would install: pip runs out of it as it is (PEP 453)."""
    folder = os.path.join(interpreter.stdlib, "ensurepip", "_bundled")
    try:
        names = os.listdir(folder)
    except OSError:
        return ""
    wheels = [name for name in names if name.startswith("pip-") and name.endswith(".whl")]
    return os.path.join(folder, max(wheels)) if wheels else ""


def _named(name: str, interpreter: Interpreter, variables: Mapping[str, str]) -> PipProgram:
    import shutil

    path = shutil.which(name, path=variables.get("PATH"))
    program = os.path.basename(path or "").lower()
    command = (path or name, "-m", "pip") if program.startswith("python") else (path or name,)
    version = _version_told(command) if path else None
    if version is None:
        problem = f"TRUEUP_PIP is {name}, which is no pip and no Python that has one."
        raise ResolutionError(problem, hint="Correct it, or unset it.")
    if version_number(version) < REACHING:
        raise ResolutionError(
            f"TRUEUP_PIP is {name}, pip {version}; trueup needs {'.'.join(map(str, REACHING))}.",
            hint="Get a newer pip, or set TRUEUP_RESOLVER=uv.",
        )
    return PipProgram((*command, "--python", interpreter.executable), version)


def _ask(path: str) -> str | None:
    return _version_told((path,))


def _version_told(command: tuple[str, ...]) -> str | None:
    """Return what `pip --version` tells: "pip 25.0 from …"."""
    try:
        outcome = run((*command, "--version"), os.environ)
    except ResolutionError:
        return None
    words = outcome.output.split()
    told = outcome.status == 0 and len(words) > 1 and words[0] == "pip"
    return words[1] if told else None
