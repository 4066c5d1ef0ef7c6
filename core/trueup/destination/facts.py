"""The facts of an interpreter, asked of it once and remembered."""

from __future__ import annotations

import os
import sys

from trueup.destination import memory as remembered
from trueup.destination.environment import Interpreter, Scheme
from trueup.destination.externally_managed import externally_managed
from trueup.destination.running import running_identity
from trueup.destination.tags import memo_key, wheel_tags
from trueup.destination.venv_config import find_config, read_config
from trueup.errors import EnvironmentProblem
from trueup.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["interpreter_facts", "virtual_interpreter"]

_OLDEST = (3, 8)
_PATIENCE = 60.0  # seconds; an interpreter on a cold network disk may well need ten


def interpreter_facts(executable: str | None = None, *, memory: str | None = None) -> Interpreter:
    """Return the facts of an interpreter.

    The running interpreter is never started again. Another one is started once with `-I`. What
    either told stands in `memory` until its file, its pyvenv.cfg or the machine's kernel or C
    library change. A virtual environment that is linked to a remembered interpreter is not started
    at all.

    Args:
        executable: the program's path; None for the running interpreter.
        memory: the folder to remember answers in; None to ask each time.

    Raises:
        EnvironmentProblem: it cannot be started, is no Python, or is older than 3.8.
    """
    if executable is None:
        return _running(memory)
    path = os.path.abspath(os.path.expanduser(executable))
    if memory is None:
        return _assemble(_named(_ask(path), path), None)
    known = _recall(path, memory) or _derive(path, memory)
    if known is None and _learn_base(path, memory):
        known = _derive(path, memory)
    return known or _assemble(_learn(path, memory), memory)


def _running(memory: str | None) -> Interpreter:
    """Return the facts of the running interpreter: from memory, without importing what asks it."""
    expected = running_identity() if memory else None
    if memory is None or expected is None:
        return _assemble(_told_by_itself(), memory)
    known = _recalled(memory, "running", sys.executable, expected)
    if known is None:
        raw = _told_by_itself()
        remembered.remember(memory, "running", sys.executable, expected, raw)
        known = _assemble(raw, memory)
    return known


def _told_by_itself() -> dict[str, Any]:
    from trueup.destination import probe

    return probe.collect()


def _learn(path: str, memory: str) -> dict[str, Any]:
    """Start an interpreter, and remember what it told."""
    before = _identity(path)  # what changes while it is asked must not be taken for what was asked
    raw = _named(_ask(path), path)
    if raw["executable"] == path and before:  # no shim, whose answer depends on where it is asked
        remembered.remember(memory, "interpreter", path, before, raw)
        _remember_alias(raw, memory)
    return raw


def _learn_base(path: str, memory: str) -> bool:
    """Ask what a virtual environment was made from; return whether that is known from now on.

    It takes as long as asking the environment's own program, and no other environment that is made
    from it has to be started.
    """
    settings, programs = _kin(path)
    home = os.path.realpath(settings.get("home", ""))
    for program in programs:
        if os.path.dirname(program) == home and _recall(program, memory) is None:
            try:
                _learn(program, memory)
            except EnvironmentProblem:  # the environment's own program may work nevertheless
                return False
            return _recall(program, memory) is not None
    return False


def virtual_interpreter(base: Interpreter, prefix: str, executable: str) -> Interpreter:
    """Return the facts of a virtual environment's interpreter, from those of one of its kin.

    Args:
        base: the interpreter that the environment is made from, or another environment's of it.
        prefix: the environment's directory, absolute.
        executable: the environment's program, absolute.
    """
    scheme = base.venv_scheme or base.scheme
    return replace(
        base,
        executable=executable,
        prefix=prefix,
        scheme=scheme.under(prefix),
        prefix_scheme=scheme,
        externally_managed=None,  # PEP 668 speaks of what is outside of virtual environments
    )


def _remember_alias(raw: dict[str, Any], memory: str) -> None:
    """Remember `bin/python3.12` too, where `bin/python` was asked: environments link to either."""
    directory, name = os.path.split(raw["executable"])
    resolved = os.path.realpath(raw["executable"])
    # In another directory the same program may take itself for another installation.
    alias = os.path.join(directory, os.path.basename(resolved))
    virtual = raw["prefix"] != raw["base_prefix"]
    if virtual or os.path.basename(alias) == name or os.path.realpath(alias) != resolved:
        return
    expected = _identity(alias)
    remembered.remember(memory, "interpreter", alias, expected, {**raw, "executable": alias})


def _identity(path: str) -> list[Any] | None:
    try:
        return remembered.identity(path)
    except OSError:  # whoever starts it will say so better
        return None


def _recall(path: str, memory: str) -> Interpreter | None:
    expected = _identity(path)
    return _recalled(memory, "interpreter", path, expected) if expected else None


def _recalled(memory: str, kind: str, subject: str, expected: list[Any]) -> Interpreter | None:
    raw = remembered.recall(memory, kind, subject, expected)
    try:
        return None if raw is None else _assemble(raw, memory)
    except (KeyError, TypeError, ValueError):  # written by somebody else, or damaged: ask again
        return None


def _derive(path: str, memory: str) -> Interpreter | None:
    """Work out the facts of a virtual environment from those of its base; None at any doubt."""
    settings, programs = _kin(path)
    home = os.path.realpath(settings.get("home", ""))
    for program in programs:
        base = _recall(program, memory)
        if base is None or base.virtual or base.implementation != "cpython":
            continue
        at_home = home in {os.path.dirname(program), os.path.dirname(base.base_executable)}
        told = settings.get("version_info") or settings.get("version") or ""
        if at_home and told.split(".")[:2] == [str(part) for part in base.version[:2]]:
            return virtual_interpreter(base, os.path.dirname(os.path.dirname(path)), path)
    return None


def _kin(path: str) -> tuple[Mapping[str, str], list[str]]:
    """Return the pyvenv.cfg of a virtual environment, and the programs that its own is a link to.

    Args:
        path: the environment's program; for any other there are none.
    """
    directory, name = os.path.split(path)
    config = find_config(path)
    # In Windows the program is a launcher and no link; and a pyvenv.cfg beside it is no usual one.
    if os.name != "posix" or config is None:
        return {}, []
    if os.path.dirname(config) != os.path.dirname(directory):
        return {}, []
    if os.path.basename(directory) != "bin" or not name.startswith("python"):
        return {}, []
    try:
        settings = read_config(config)
    except OSError:
        return {}, []
    outside = (one for one in _links(path) if os.path.dirname(one) != directory)
    return settings, [one for one in outside if not find_config(one)]


def _links(path: str) -> list[str]:
    """Return every step of a chain of symbolic links, without its start."""
    steps: list[str] = []
    while os.path.islink(path) and len(steps) < 40:
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.readlink(path))
        path = os.path.normpath(path)
        steps.append(path)
    return steps


def _ask(path: str) -> dict[str, Any]:
    """Start an interpreter and return what it tells of itself."""
    import json
    import subprocess
    from secrets import token_hex

    from trueup.destination import probe

    mark = token_hex(16)
    environment = {**os.environ, "SYSTEM_VERSION_COMPAT": "0"}  # or macOS calls itself 10.16
    environment.pop("__PYVENV_LAUNCHER__", None)
    command = [path, "-I", probe.__file__, mark]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        problem = f"{path} was started and told nothing in {_PATIENCE:.0f} seconds"
        raise EnvironmentProblem(problem, hint=_HINT) from error
    except OSError as error:
        raise EnvironmentProblem(
            f"{path} cannot be started: {error.strerror}", hint=_HINT
        ) from error
    parts = done.stdout.decode("ascii", "replace").split(mark)
    if len(parts) != 3:
        detail = done.stderr.decode("utf-8", "replace").strip()[-2000:]
        problem = f"{path} does not answer as a Python interpreter (exit status {done.returncode})"
        raise EnvironmentProblem(problem, hint=_HINT, detail=detail)
    answer: dict[str, Any] = json.loads(parts[1])
    return answer


_HINT = "Name the program of a working Python 3.8 or later."


def _named(raw: dict[str, Any], path: str) -> dict[str, Any]:
    """Keep the name an interpreter was asked by, unless something else answered in its place."""
    told = raw["executable"]
    same = not told or os.path.realpath(told) == os.path.realpath(path)
    return {**raw, "executable": path if same else told}


def _assemble(raw: Mapping[str, Any], memory: str | None) -> Interpreter:
    major, minor, micro = raw["version"]
    if (major, minor) < _OLDEST:
        problem = f"{raw['executable']} is Python {major}.{minor}, which is too old to install into"
        raise EnvironmentProblem(problem, hint=_HINT)
    virtual = raw["prefix"] != raw["base_prefix"]
    return Interpreter(
        executable=raw["executable"],
        base_executable=raw["base_executable"],
        version=(major, minor, micro),
        implementation=raw["implementation"],
        markers=raw["markers"],
        tags=_tags(raw, memory),
        scheme=Scheme(**raw["scheme"]),
        prefix=raw["prefix"],
        base_prefix=raw["base_prefix"],
        stdlib=raw["stdlib"],
        cache_tag=raw["cache_tag"],
        magic=raw["magic"],
        extension_suffixes=tuple(raw["extension_suffixes"]),
        free_threaded=raw["free_threaded"],
        externally_managed=None if virtual else externally_managed(raw["stdlib"]),
        prefix_scheme=Scheme(**raw["prefix_scheme"]),
        venv_scheme=Scheme(**raw["venv_scheme"]),
    )


_known_tags: dict[str, tuple[str, ...]] = {}


def _tags(raw: Mapping[str, Any], memory: str | None) -> tuple[str, ...]:
    """Return the wheel tags, worked out once for each kind of interpreter.

    They are remembered apart from the interpreters, because many share them, the running one too,
    and the library that knows them takes 22 ms to import.
    """
    key = memo_key(raw)
    if not key:
        return wheel_tags(raw)
    if key not in _known_tags:
        text = remembered.recall(memory, "tags", key, key) if memory else None
        found = tuple(text.split()) if isinstance(text, str) else wheel_tags(raw)
        if memory and text is None:
            remembered.remember(memory, "tags", key, key, " ".join(found))
        _known_tags[key] = found
    return _known_tags[key]
