"""Find an interpreter that a user names: "3.12", ">=3.11", "pypy3.10", "python3.9", or a path.

Where something looks like a fit by its name it is asked, and what it tells of itself decides: a
name on PATH may be a shim of a version manager for a version that is not there.
"""

from __future__ import annotations

import os
import sys

from trueup.destination.facts import interpreter_facts
from trueup.errors import EnvironmentProblem, InterpreterNotFound
from trueup.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.specifiers import SpecifierSet

    from trueup.destination.environment import Interpreter

__all__ = ["find_interpreter"]

# Not compiled here: for a path, nothing of `re` is imported.
_REQUEST = r"(?i:(?P<name>[a-z]+)?-?(?P<version>\d+(?:\.\d+){0,2})?(?P<threaded>t)?)"
_NAMES = {
    "": "",
    "py": "",
    "python": "",
    "cp": "cpython",
    "cpython": "cpython",
    "pp": "pypy",
    "pypy": "pypy",
}
_NAMES["graalpy"] = "graalpy"
# directories of version managers: "3.12.1", "cpython-3.12.1-linux", "pypy3.10-7.3"
_INSTALLED = r"(?P<name>[a-z]*)-?(?P<version>\d+\.\d+(?:\.\d+)?)(?P<rest>.*)"
_MINORS = range(20, 7, -1)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a request asks for; "" and () and None leave it open."""

    implementation: str
    release: tuple[int, ...]
    threaded: bool | None
    specifier: SpecifierSet | None = None

    def may_be(self, implementation: str, release: tuple[int, ...]) -> bool:
        """Whether a name promises what is wanted; the release may be cut short."""
        if self.implementation and implementation != self.implementation:
            return False
        if self.specifier is not None and len(release) == 3:
            return self.specifier.contains(".".join(map(str, release)), prereleases=True)
        known = min(len(release), len(self.release))
        return release[:known] == self.release[:known]

    def accepts(self, facts: Interpreter) -> bool:
        """Whether an interpreter is what is wanted."""
        if self.threaded is not None and facts.free_threaded is not self.threaded:
            return False
        implementation = facts.implementation if self.implementation else ""
        return self.may_be(implementation, facts.version)


def find_interpreter(request: str, *, memory: str | None = None) -> str:
    """Return the path of the interpreter that is asked for.

    It is looked for, in this order: as the running interpreter, on PATH, among the versions of
    pyenv, among those of uv, and in Windows among those that the `py` launcher knows (PEP 514). A
    virtual environment on PATH stands for the interpreter that it was made from.

    Args:
        request: a version or its beginning ("3", "3.12", "3.13t", "3.12.1"), a version specifier
            (">=3.11,<3.13"), a name with or without version ("python3.12", "pypy", "py312"),
            or a path, which is everything with a separator in it.
        memory: as for `interpreter_facts`.

    Raises:
        InterpreterNotFound: there is none; `detail` says where was looked.
    """
    text = request.strip()
    if os.sep in text or (os.altsep and os.altsep in text):
        return _given(text)
    wanted = _parse(text)
    if wanted is None:
        from shutil import which

        found = which(text)
        if found is None:
            raise InterpreterNotFound(f"no program {text!r} is on PATH", hint=_HINT)
        return os.path.abspath(found)
    seen: set[str] = set()
    looked: list[str] = []
    for candidate in _candidates(wanted):
        resolved = os.path.realpath(candidate)
        if resolved in seen:
            continue
        # a shim is a script that is every Python at once: its name is a part of what it is
        seen.add(candidate if f"{os.sep}shims{os.sep}" in candidate else resolved)
        looked.append(candidate)
        path = _ask(candidate, wanted, memory)
        if path:
            return path
    detail = "\n".join(["looked at:", *(f"  {path}" for path in looked)]) if looked else ""
    raise InterpreterNotFound(f"no Python fits {request!r}", hint=_HINT, detail=detail)


_HINT = "Install it, or give the path of a Python program."


def _given(text: str) -> str:
    path = os.path.abspath(os.path.expanduser(text))
    if os.path.isfile(path):
        return path
    what = "is a directory" if os.path.isdir(path) else "does not exist"
    raise InterpreterNotFound(f"{path} {what}", hint=_HINT)


def _parse(text: str) -> _Wanted | None:
    """Return what a request asks for; None if it is the name of some program."""
    if text[:1] in set("<>=!~"):
        return _parse_specifier(text)
    import re

    match = re.fullmatch(_REQUEST, text)
    if match is None or (match["name"] or "").lower() not in _NAMES:
        return None
    version = match["version"] or ""
    if not version and match["threaded"]:
        return None
    if "." not in version and len(version) > 1:  # "py312"
        version = f"{version[0]}.{version[1:]}"
    release = tuple(int(part) for part in version.split(".") if part)
    threaded = bool(match["threaded"]) if version else None
    return _Wanted(_NAMES[(match["name"] or "").lower()], release, threaded)


def _parse_specifier(text: str) -> _Wanted:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return _Wanted("", (), None, SpecifierSet(text))
    except InvalidSpecifier as error:
        problem = f"{text!r} is no version specifier"
        raise InterpreterNotFound(problem, hint="Write it like '>=3.11,<3.13'.") from error


def _ask(candidate: str, wanted: _Wanted, memory: str | None) -> str | None:
    """Return the interpreter behind a candidate, if it works and is wanted."""
    try:
        facts = interpreter_facts(candidate, memory=memory)
    except EnvironmentProblem:  # a shim without its version, or too old: another one may do
        return None
    if not wanted.accepts(facts):
        return None
    return facts.base_executable if facts.virtual else facts.executable


def _candidates(wanted: _Wanted) -> Iterator[str]:
    if wanted.may_be(sys.implementation.name, sys.version_info[:3]):
        yield interpreter_facts().base_executable
    names = list(_program_names(wanted))
    shims = os.path.join(_pyenv(), "shims")
    for directory in os.get_exec_path():
        # A shim takes 100 ms, also to say that it stands for nothing; what it stands for is here.
        if os.path.normpath(directory) == shims:
            yield from _managed(os.path.join(_pyenv(), "versions"), wanted)
        # A relative entry would start whatever the working directory happens to hold.
        elif os.path.isabs(directory):
            yield from _programs(directory, names)
    for root in _managed_roots():
        yield from _managed(root, wanted)
    yield from _programs(shims, names)
    if os.name == "nt":
        yield from _launcher(wanted)


def _programs(directory: str, names: list[str]) -> Iterator[str]:
    for name in names:
        path = os.path.join(directory, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            yield path


def _program_names(wanted: _Wanted) -> Iterator[str]:
    stem = wanted.implementation if wanted.implementation not in {"", "cpython"} else "python"
    end = ("t" if wanted.threaded else "") + (".exe" if os.name == "nt" else "")
    plain = ".exe" if os.name == "nt" else ""
    if len(wanted.release) >= 2:
        yield f"{stem}{wanted.release[0]}.{wanted.release[1]}{end}"
    yield from (f"{stem}3{plain}", f"{stem}{plain}")
    if len(wanted.release) < 2:
        yield from (f"{stem}3.{minor}{end}" for minor in _MINORS)


def _pyenv() -> str:
    return os.path.normpath(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"))


def _managed_roots() -> Iterator[str]:
    """Return where version managers keep one directory for each Python."""
    home = os.path.expanduser("~")
    yield os.path.join(_pyenv(), "versions")
    if os.name == "nt":
        yield os.path.join(home, ".pyenv", "pyenv-win", "versions")
    chosen = os.environ.get("UV_PYTHON_INSTALL_DIR")
    if chosen:
        yield chosen
    elif os.name == "nt":
        roaming = os.environ.get("APPDATA") or os.path.join(home, "AppData", "Roaming")
        yield from (
            os.path.join(roaming, "uv", "data", "python"),
            os.path.join(roaming, "uv", "python"),
        )
    else:
        data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
        yield os.path.join(data, "uv", "python")


def _managed(root: str, wanted: _Wanted) -> Iterator[str]:
    """Return the programs below a version manager's root that may fit, newest first."""
    import re

    try:
        names = os.listdir(root)
    except OSError:  # this version manager is not in use
        return
    fitting = []
    for name in names:
        match = re.match(_INSTALLED, name)
        if match is None:
            continue
        release = tuple(int(part) for part in match["version"].split("."))
        if wanted.may_be(_NAMES.get(match["name"], match["name"]) or "cpython", release):
            fitting.append((release, name))
    for _release, name in sorted(fitting, reverse=True):
        for program in ("bin/python", "python.exe", "bin/pypy3", "bin/graalpy"):
            path = os.path.join(root, name, *program.split("/"))
            if os.path.isfile(path):
                yield path
                break


def _launcher(wanted: _Wanted) -> Iterator[str]:
    """Return what the `py` launcher for Windows lists, which reads the registry (PEP 514)."""
    import re
    import subprocess
    from shutil import which

    launcher = which("py")
    if launcher is None:
        return
    done = subprocess.run([launcher, "--list-paths"], capture_output=True, text=True, check=False)
    for tag, path in re.findall(r"^ *-V?:?(\S+) +(?:\* +)?(\S.*)$", done.stdout, re.MULTILINE):
        match = re.search(r"(\d+)\.(\d+)", tag)
        if match is None or wanted.may_be(wanted.implementation, (int(match[1]), int(match[2]))):
            yield path.strip()
