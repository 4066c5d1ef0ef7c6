"""Find the environment that a user means."""

from __future__ import annotations

import os
import sys

from trueup.destination.environment import STATE, Environment, Interpreter, Scheme
from trueup.destination.facts import interpreter_facts
from trueup.destination.venv_config import NAME, program_directory
from trueup.errors import BrokenEnvironment, EnvironmentProblem, RequestError

__all__ = ["ensure_changeable", "open_environment"]

_MAKE = "Make one with `trueup venv`."


def open_environment(
    target: str | os.PathLike[str] | None = None,
    *,
    python: str | None = None,
    target_directory: str | os.PathLike[str] | None = None,
    prefix: str | os.PathLike[str] | None = None,
    memory: str | None = None,
    running: bool = False,
) -> Environment:
    """Return the environment that is meant.

    Where nothing is said, it is the first of these that there is: the one that VIRTUAL_ENV names;
    `.venv` in the working directory or above it, a directory or a file that names one (PEP 832);
    that of the running interpreter, unless a tool runner (pipx, uv tool) made it for trueup alone,
    which is never what a user means. A library that means its own process says `running=True`.

    Args:
        target: the directory of an environment, a file that names one (PEP 832), the path of a
            Python program, or a version such as "3.12", for that interpreter's own environment.
        python: the same; for command lines that have `--python`.
        target_directory: install into this directory instead, flat, as `pip install --target` does.
        prefix: install below this directory instead, as `pip install --prefix` does.
        memory: as for `interpreter_facts`.
        running: the environment of the running interpreter, and no other.

    Raises:
        EnvironmentProblem: there is no environment, or it is broken.
        InterpreterNotFound: no interpreter has that version or name.
        RequestError: more was said than can be meant at once.
    """
    _check_choice(target, python, target_directory, prefix, running=running)
    wanted = python if target is None else os.fspath(target)
    if running:
        environment = _running(memory)
    elif wanted is not None:
        environment = _named(wanted, memory)
    else:
        environment = _default(memory)
    if target_directory is not None:
        return _into_target(environment, _absolute(target_directory))
    if prefix is not None:
        return _into_prefix(environment, _absolute(prefix))
    return environment


def ensure_changeable(environment: Environment, *, break_system_packages: bool = False) -> None:
    """See to it that an environment may be changed.

    Args:
        environment: which.
        break_system_packages: change it even though another tool manages it.

    Raises:
        EnvironmentProblem: another tool manages it (PEP 668), or a directory is not writable.
    """
    interpreter = environment.interpreter
    # PEP 668 is about the interpreter's own directories; --target and --prefix are the user's.
    own = environment.scheme == interpreter.scheme
    if own and interpreter.externally_managed is not None and not break_system_packages:
        raise EnvironmentProblem(
            f"{environment.root} is managed by another tool (PEP 668)",
            hint=f"{_MAKE} Or use --break-system-packages, at the risk of breaking the system.",
            detail=interpreter.externally_managed,
        )
    for directory in dict.fromkeys((*environment.library_directories, environment.scheme.scripts)):
        existing = directory
        while not os.path.lexists(existing) and os.path.dirname(existing) != existing:
            existing = os.path.dirname(existing)
        if not os.path.isdir(existing):
            problem = f"{existing} is no directory, so nothing can be installed into {directory}"
            raise EnvironmentProblem(problem, hint=_MAKE)
        if not os.access(existing, os.W_OK | os.X_OK):
            problem = (
                f"{existing} is not writable for you, so nothing can be installed into {directory}"
            )
            raise EnvironmentProblem(problem, hint=f"{_MAKE} Or install with --target or --prefix.")


def _check_choice(
    target: object, python: object, into: object, prefix: object, *, running: bool
) -> None:
    if sum(part is not None for part in (target, python)) + running > 1:
        problem = "an environment was named in more than one way"
        raise RequestError(problem, hint="Name one directory, one Python, or neither.")
    if into is not None and prefix is not None:
        raise RequestError("--target and --prefix cannot be used together", hint="Choose one.")


def _absolute(path: str | os.PathLike[str]) -> str:
    return os.path.abspath(os.path.expanduser(os.fspath(path)))


def _of(interpreter: Interpreter, root: str | None = None) -> Environment:
    prefix = root or interpreter.prefix
    # `/usr` is the prefix of many an interpreter
    running = _same(interpreter.prefix, sys.prefix) and interpreter.version == sys.version_info[:3]
    return Environment(interpreter, interpreter.scheme, prefix, running=running)


def _running(memory: str | None) -> Environment:
    interpreter = interpreter_facts(memory=memory)
    return Environment(interpreter, interpreter.scheme, interpreter.prefix, running=True)


def _same(one: str, other: str) -> bool:
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))


def _named(wanted: str, memory: str | None) -> Environment:
    path = _absolute(wanted)
    if os.path.isdir(path):
        return _directory(path, memory)
    if os.path.isfile(path):
        if os.path.basename(path) == ".venv":
            return _directory(_redirected(path), memory)
        return _program(path, memory)
    if os.sep in wanted or (os.altsep and os.altsep in wanted):
        what = "is a link to nothing" if os.path.islink(path) else "does not exist"
        raise EnvironmentProblem(f"{path} {what}", hint=_MAKE)
    from trueup.destination.discovery import find_interpreter

    return _program(find_interpreter(wanted, memory=memory), memory)


def _program(path: str, memory: str | None) -> Environment:
    if _is_running(path):
        return _running(memory)
    home = os.path.dirname(os.path.dirname(path))
    try:
        found = _of(interpreter_facts(path, memory=memory))
    except EnvironmentProblem as error:
        from trueup.destination.skeleton import altered_parts, way_out

        if not altered_parts(home):
            raise
        problem = f"the virtual environment {home} is broken: {error.problem}"
        hint = way_out(home)
        raise BrokenEnvironment(problem, hint=hint, detail=error.detail, root=home) from error
    if not found.interpreter.virtual:
        _refuse_hollow(home)
    return found


def _is_running(program: str) -> bool:
    """Whether a program is the running interpreter, in its own environment."""
    return _same(os.path.dirname(program), os.path.dirname(sys.executable)) and _same(
        program, sys.executable
    )


def _directory(directory: str, memory: str | None) -> Environment:
    """Return the environment in a directory."""
    programs = program_directory(directory)
    virtual = os.path.isfile(os.path.join(directory, NAME))
    names = ("python.exe", "pypy3.exe") if os.name == "nt" else ("python", "python3", "pypy3")
    for place in (programs, directory) if os.name == "nt" else (programs,):
        for name in names:
            path = os.path.join(place, name)
            if os.path.isfile(path):
                return _program(path, memory)
    if _is_put_back(directory):
        return _directory(directory, memory)
    if not virtual:
        _refuse_hollow(directory)
        problem = f"{directory} is no Python environment: it has no {NAME} and no Python"
        raise EnvironmentProblem(problem, hint=_MAKE)
    path = os.path.join(programs, names[0])
    reason = "it has no Python program"
    if os.path.islink(path):
        reason = f"its Python was {os.path.realpath(path)}, which is gone"
    problem = f"the virtual environment {directory} is broken: {reason}"
    from trueup.destination.skeleton import way_out

    raise BrokenEnvironment(problem, hint=way_out(directory), root=directory)


def _refuse_hollow(directory: str) -> None:
    from trueup.destination.skeleton import refuse_hollow

    refuse_hollow(directory)


def _was_made_here(directory: str) -> bool:
    """Whether trueup made an environment in a directory that has lost its pyvenv.cfg."""
    if not os.path.isdir(os.path.join(directory, STATE)):
        return False
    from trueup.destination.skeleton import has_note

    return has_note(directory)


def _is_put_back(directory: str) -> bool:
    """Whether an environment without a Python is whole again: it was just being made anew."""
    state = os.path.join(directory, STATE)
    if not os.path.isdir(state):
        return False
    from trueup.destination.lock import state_lock
    from trueup.destination.shelf import put_back

    with state_lock(state, directory):
        return put_back(directory)


def _default(memory: str | None) -> Environment:
    active = os.environ.get("VIRTUAL_ENV")
    if active:
        directory = _absolute(active)
        if not os.path.isdir(directory):
            problem = f"VIRTUAL_ENV is {active}, and there is no such directory"
            raise EnvironmentProblem(problem, hint="Deactivate it, or name an environment.")
        return _directory(directory, memory)
    found = _project_environment(os.getcwd())
    if found is not None:
        return _directory(found, memory)
    for receipt in ("pipx_metadata.json", "uv-receipt.toml"):
        if os.path.isfile(os.path.join(sys.prefix, receipt)):
            problem = f"no virtual environment was found in {os.getcwd()} or above it"
            raise EnvironmentProblem(problem, hint=f"{_MAKE} Or name a Python with --python.")
    return _running(memory)


def _project_environment(start: str) -> str | None:
    """Return the environment of the project around a directory."""
    directory = start
    while True:
        path = os.path.join(directory, ".venv")
        if os.path.isfile(path):
            return _redirected(path)
        # a link to nothing is a broken environment and no missing one
        if os.path.isfile(os.path.join(path, NAME)) or _was_made_here(path):
            return path
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent


def _redirected(path: str) -> str:
    """Return the directory that a `.venv` file names, on its one line (PEP 832)."""
    hint = "Write the path of a virtual environment into it, or remove it."
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(65536)
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentProblem(f"{path} cannot be read: {error}", hint=hint) from error
    lines = text.splitlines()
    if len(lines) != 1 or not lines[0].strip():
        raise EnvironmentProblem(f"{path} does not name an environment on one line", hint=hint)
    directory = os.path.normpath(os.path.join(os.path.dirname(path), lines[0].strip()))
    if not os.path.isdir(directory):
        problem = f"{path} names the virtual environment {directory}, which does not exist"
        raise EnvironmentProblem(problem, hint=hint)
    return directory


def _into_target(environment: Environment, directory: str) -> Environment:
    """Return an environment whose modules lie flat in a directory, as pip lays them."""
    interpreter = environment.interpreter
    if os.name == "nt":
        headers = "Include"
    elif interpreter.virtual:
        headers = os.path.join(
            "include", "site", f"python{interpreter.version[0]}.{interpreter.version[1]}"
        )
    else:
        headers = os.path.join("include", "python")
    scheme = Scheme(
        purelib=directory,
        platlib=directory,
        scripts=program_directory(directory),
        data=directory,
        headers=os.path.join(directory, headers),
    )
    return Environment(interpreter, scheme, directory)


def _into_prefix(environment: Environment, directory: str) -> Environment:
    interpreter = environment.interpreter
    scheme = (interpreter.prefix_scheme or interpreter.scheme).under(directory)
    return Environment(interpreter, scheme, directory)
