"""Make a virtual environment (PEP 405), as the standard library's `venv --without-pip` would.

On POSIX it is made here, without starting anything: the facts of the interpreter are known, and an
environment is a few directories, links and small files. Where the way of an interpreter is its own
(Windows, PyPy) its own `venv` does it.

An interrupted creation leaves nothing that works by half: the Python program comes last, after
pyvenv.cfg, because a program without it would be the base interpreter and install there.
"""

from __future__ import annotations

import os
import stat
import sys

from trueup.destination.activation import Activation, activation_scripts
from trueup.destination.environment import Environment, Interpreter
from trueup.destination.facts import interpreter_facts, virtual_interpreter
from trueup.destination.skeleton import Part, note_skeleton, replace_file
from trueup.destination.venv_config import NAME, program_directory
from trueup.errors import EnvironmentProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["create_environment"]


def create_environment(  # noqa: PLR0913 - the options of `python -m venv`
    directory: str | os.PathLike[str],
    interpreter: Interpreter,
    *,
    prompt: str | None = None,
    system_site_packages: bool = False,
    clear: bool = False,
    salvage: bool = False,
    keep: Collection[str] = (),
    allow_existing: bool = False,
    memory: str | None = None,
) -> Environment:
    """Make a virtual environment without pip in it, and return it.

    Args:
        directory: where; its parents are made too.
        interpreter: what it is made from; one of a virtual environment stands for its base.
        prompt: what the shell shows while it is active; None for the directory's name, "." for the
            name of the working directory.
        system_site_packages: let it import what the base interpreter has installed.
        clear: take away what is in the directory first, whatever it is.
        salvage: with `clear`: keep what it held on a shelf, for the installs that follow to take
            from; see `trueup.destination.shelf`.
        keep: with `clear`: names directly in the directory that stay.
        allow_existing: make it among the files of a directory that is no virtual environment;
            without it, only an empty directory or a virtual environment, which is renewed, will do
        memory: as for `interpreter_facts`.

    Raises:
        EnvironmentProblem: the directory is in use for something else, cannot be written, or has a
            name that no virtual environment can have.
        BusyError: with `clear`, another process is changing the environment.
    """
    target = os.path.abspath(os.path.expanduser(os.fspath(directory)))
    _check_name(target)
    ours = os.name == "posix" and interpreter.implementation == "cpython"
    try:
        if _make_room(target, clear=clear, allow_existing=allow_existing):
            from trueup.destination.clearing import clear_directory

            clear_directory(target, salvage=salvage, keep=keep)
        name = os.path.basename(os.getcwd()) if prompt == "." else prompt
        if ours:
            _make(target, interpreter, name, system_site_packages)
        else:
            _start_venv(target, interpreter, name, system_site_packages)
    except OSError as error:
        problem = f"no virtual environment can be made at {target}: {error.strerror or error}"
        raise EnvironmentProblem(
            problem, hint="Choose a directory that you may write to."
        ) from error
    program = os.path.join(program_directory(target), "python.exe" if os.name == "nt" else "python")
    made = (
        virtual_interpreter(interpreter, target, program)
        if ours
        else interpreter_facts(program, memory=memory)
    )
    return Environment(interpreter=made, scheme=made.scheme, root=target)


def _check_name(target: str) -> None:
    if os.pathsep in target:
        problem = f"{target} holds {os.pathsep!r}, which separates the directories of PATH"
        raise EnvironmentProblem(problem, hint="Choose another name for the virtual environment.")
    if "\n" in target or "\r" in target:
        problem = f"{target!r} holds a line break, which no script's first line can"
        raise EnvironmentProblem(problem, hint="Choose another name for the virtual environment.")


def _make_room(target: str, *, clear: bool, allow_existing: bool) -> bool:
    """See to it that `target` may become a virtual environment; return whether to clear it."""
    try:
        kind = os.stat(target).st_mode
    except FileNotFoundError:
        if os.path.islink(target):
            hint = "Remove the link, or make the directory that it leads to."
            raise EnvironmentProblem(f"{target} is a link to nothing", hint=hint) from None
        os.makedirs(target)
        return False
    if not stat.S_ISDIR(kind):
        raise EnvironmentProblem(
            f"{target} is no directory", hint="Choose another name, or remove it."
        )
    with os.scandir(target) as entries:
        empty = next(entries, None) is None
    if empty or clear:
        return not empty
    if not allow_existing and not os.path.isfile(os.path.join(target, NAME)):
        problem = f"{target} is not empty and no virtual environment"
        raise EnvironmentProblem(
            problem, hint="Choose another directory, or take its files away with --clear."
        )
    return False


def _make(
    target: str, interpreter: Interpreter, prompt: str | None, system_site_packages: bool
) -> None:
    program = _base_program(interpreter)
    if not os.access(program, os.X_OK):
        problem = f"{program}, which the virtual environment is to be made from, is not there"
        raise EnvironmentProblem(problem, hint="Name another Python with --python.")
    made = virtual_interpreter(interpreter, target, os.path.join(target, "bin", "python"))
    scheme = made.scheme
    for directory in dict.fromkeys(
        (scheme.scripts, os.path.join(target, "include"), scheme.purelib)
    ):
        os.makedirs(directory, exist_ok=True)
    # on 64-bit systems but macOS, as `venv` does (bpo-21197)
    lib64 = os.path.join(target, "lib64")
    if sys.maxsize > 2**32 and sys.platform != "darwin" and not os.path.lexists(lib64):
        os.symlink("lib", lib64)
    os.makedirs(scheme.platlib, exist_ok=True)
    python = os.path.join(scheme.scripts, "python")
    if os.path.realpath(python) != os.path.realpath(program):
        _unlink_programs(scheme.scripts)
    replace_file(os.path.join(target, ".gitignore"), "*\n")
    activation = Activation(target, python, prompt or os.path.basename(target))
    scripts = os.path.basename(scheme.scripts)
    parts = [
        Part(os.path.join(scripts, name), "file", text)
        for name, text in activation_scripts(activation)
    ]
    config = _config(interpreter, program, prompt, system_site_packages)
    parts.append(Part(NAME, "file", config))
    aliases = _alias_names(interpreter, program)
    parts += (Part(os.path.join(scripts, name), "link", "python") for name in aliases)
    parts.append(Part(os.path.join(scripts, "python"), "link", program))
    note_skeleton(target, parts)
    for part in parts:
        path = os.path.join(target, part.path)
        if part.kind == "file":
            replace_file(path, part.content)
        else:
            _link(path, part.content)


def _base_program(interpreter: Interpreter) -> str:
    """Return the program to link to: one below the base prefix, whose place outlives updates.

    Where `/opt/python` is a link to this week's directory, links resolved would name the directory.
    """
    resolved = interpreter.base_executable
    steady = os.path.join(interpreter.base_prefix, "bin", os.path.basename(resolved))
    return steady if os.path.realpath(steady) == os.path.realpath(resolved) else resolved


def _alias_names(interpreter: Interpreter, program: str) -> list[str]:
    major, minor, _micro = interpreter.version
    names = ["python3", f"python{major}.{minor}"]
    if interpreter.free_threaded:
        names.append(f"python{major}.{minor}t")
    own = os.path.basename(program)
    return [*names, own] if own not in {*names, "python"} and own.startswith("python") else names


def _unlink_programs(directory: str) -> None:
    """Take away the Pythons of another interpreter: rather none than one that fits no more."""
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if name.startswith("python") and os.path.islink(path):
            os.unlink(path)


def _link(path: str, to: str) -> None:
    if os.path.islink(path) and os.readlink(path) == to:
        return
    temporary = f"{path}.{os.urandom(16).hex()}"
    os.symlink(to, temporary)
    os.replace(temporary, path)


def _config(
    interpreter: Interpreter, program: str, prompt: str | None, system_site_packages: bool
) -> str:
    """Return the text of pyvenv.cfg: what `venv` writes, and what virtualenv and uv write more."""
    version = ".".join(str(part) for part in interpreter.version)
    lines = [
        f"home = {os.path.dirname(program)}",
        f"include-system-site-packages = {str(system_site_packages).lower()}",
        f"version = {version}",
        f"version_info = {version}",
        f"executable = {interpreter.base_executable}",
        "implementation = CPython",
    ]
    if prompt is not None:
        lines.append(f"prompt = {prompt!r}")  # as `venv` does: quoted, and on one line
    return "\n".join(lines) + "\n"


def _start_venv(
    target: str, interpreter: Interpreter, prompt: str | None, system_site_packages: bool
) -> None:
    """Let the interpreter's own `venv` make it."""
    import subprocess

    command = [interpreter.base_executable, "-I", "-m", "venv", "--without-pip"]
    command += ["--system-site-packages"] if system_site_packages else []
    command += [f"--prompt={prompt}"] if prompt is not None else []
    done = subprocess.run(
        [*command, target], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        problem = f"{interpreter.base_executable} could not make a virtual environment at {target}"
        raise EnvironmentProblem(problem, detail=(done.stdout + done.stderr).strip()[-4000:])
    ignore = os.path.join(target, ".gitignore")
    if not os.path.exists(ignore):
        replace_file(ignore, "*\n")
