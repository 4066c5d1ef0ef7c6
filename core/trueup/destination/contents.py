"""What belongs to an installed distribution: its requirements, its files, its modules."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from io import StringIO
from typing import TYPE_CHECKING

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.errors import EnvironmentProblem
from trueup.reporting import SILENT, Event, Reporter

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["record_paths", "requirements_in", "requires", "top_level"]

_PROGRAM = re.compile(r"(?:python|pypy|graalpy)w?[\d.]*(?:_d)?t?(?:\.exe)?", re.IGNORECASE)
# a path that normalizing would not change: no empty part, and none that begins with a dot
_PLAIN = re.compile(r"[^./\\:][^/\\:]*(?:/[^./\\:][^/\\:]*)*")
_MODULE = re.compile(r"(?P<name>[^./]+)(?:\.py|\.[^/]+\.(?:so|pyd)|\.so|\.pyd)")


def requires(distribution: InstalledDistribution) -> list[Requirement]:
    """Return what a distribution needs, markers and extras as they were written.

    Raises:
        EnvironmentProblem: a requirement in its metadata is no valid one (PEP 508).
    """
    whose = f"{distribution.name} {distribution.version}"
    hint = f"Reinstall {distribution.name}, or a newer version of it."
    return _parsed(_requirement_lines(distribution), whose, hint)


def requirements_in(metadata: bytes, whose: str) -> list[Requirement]:
    """Return what METADATA asks for, markers and extras as they were written.

    Args:
        metadata: the content of METADATA.
        whose: who is named when it makes no sense.

    Raises:
        EnvironmentProblem: a requirement in it is no valid one (PEP 508).
    """
    return _parsed(_needs(metadata), whose, "Mend the dependencies of the project.")


def _parsed(texts: Iterable[str], whose: str, hint: str) -> list[Requirement]:
    from packaging.requirements import InvalidRequirement, Requirement

    found = []
    for text in texts:
        try:
            found.append(Requirement(text))
        except InvalidRequirement as error:
            problem = f"the metadata of {whose} asks for {text!r}"
            raise EnvironmentProblem(problem, hint=hint, detail=str(error)) from error
    return found


def _needs(metadata: bytes) -> list[str]:
    from packaging.metadata import parse_email

    # The description is what makes these files long, and it comes after the first empty line.
    headers = re.split(rb"\r?\n\r?\n", metadata, maxsplit=1)[0]
    return parse_email(headers + b"\n\n")[0].get("requires_dist", [])


def _requirement_lines(distribution: InstalledDistribution) -> list[str]:
    if not distribution.metadata_path:
        return []
    if distribution.kind == "dist-info":
        with open(distribution.metadata_path, "rb") as file:
            return _needs(file.read())
    if distribution.metadata_path == distribution.path:  # distutils knows of no requirements
        return []
    from importlib.metadata import PathDistribution
    from pathlib import Path

    return PathDistribution(Path(distribution.metadata_path).parent).requires or []


def record_paths(
    distribution: InstalledDistribution, environment: Environment, *, reporter: Reporter = SILENT
) -> list[str] | None:
    """Return the absolute path of every file of a distribution, as its RECORD has it.

    What lies outside of the environment's own directories, by its path or through a link, and what
    makes the environment one (its Python, pyvenv.cfg, the standard library), is never returned: an
    uninstall would delete it (GHSA-pjjw-68hj-v9mw). Each such row is reported as a "warning".

    Returns:
        None if the distribution does not tell what its files are.

    Raises:
        EnvironmentProblem: RECORD cannot be understood.
    """
    named = _recorded(distribution)
    if named is None:
        return None
    allowed = _Bounds(environment).allow
    paths = []
    for path in named:
        if allowed(path):
            paths.append(path)
            continue
        message = f"RECORD names {path}, which is not its own: left alone"
        reporter(Event("warning", distribution.name, message))
    return paths


def _recorded(distribution: InstalledDistribution) -> list[str] | None:
    """Return the paths that RECORD, or installed-files.txt, names, made absolute."""
    if distribution.kind == "dist-info":
        text = distribution.read_file("RECORD")
        base = distribution.library
    else:
        text = distribution.read_file("installed-files.txt")
        base = distribution.path
    if text is None:
        return None
    if distribution.kind != "dist-info":
        return [_joined(base, line) for line in text.replace("\r\n", "\n").split("\n") if line]
    import csv

    try:
        if "\0" in text:  # no path has one: these are bytes that a power cut left
            raise csv.Error("it holds bytes of zero")
        rows = list(csv.reader(StringIO(text, newline="")))
    except csv.Error as error:
        problem = (
            f"the RECORD of {distribution.name} {distribution.version} cannot be read: {error}"
        )
        hint = f"Reinstall {distribution.name}."
        raise EnvironmentProblem(problem, hint=hint) from error
    return [_joined(base, row[0]) for row in rows if row and row[0]]


def _joined(base: str, path: str) -> str:
    if _PLAIN.fullmatch(path):
        return f"{base}{os.sep}{path.replace('/', os.sep)}"
    return os.path.normpath(os.path.join(base, path))


class _Verdict(Enum):
    """What may lie in a directory: any file, any but an environment's own, or none."""

    OPEN = "open"
    GUARDED = "guarded"
    CLOSED = "closed"


class _Bounds:
    """The area that a distribution's files may lie in; remembers what it found of directories."""

    def __init__(self, environment: Environment) -> None:
        scheme, interpreter = environment.scheme, environment.interpreter
        self._libraries = tuple(os.path.realpath(path) for path in environment.library_directories)
        places = (scheme.scripts, scheme.data, scheme.headers)
        self._places = (*self._libraries, *(os.path.realpath(path) for path in places))
        self._scripts = os.path.realpath(scheme.scripts)
        self._prefix = os.path.realpath(interpreter.prefix)
        self._forbidden = tuple(
            os.path.realpath(path) for path in (environment.state, interpreter.stdlib)
        )
        self._real: dict[str, str] = {}
        self._verdicts: dict[str, _Verdict] = {}

    def allow(self, path: str) -> bool:
        """Whether `path`, a file, may belong to a distribution."""
        directory, name = os.path.split(path)
        verdict = self._verdicts.get(directory)
        if verdict is None:
            verdict = self._verdicts[directory] = self._judge(self._realpath(directory))
        return verdict is _Verdict.OPEN or (
            verdict is _Verdict.GUARDED and name != "pyvenv.cfg" and not _PROGRAM.fullmatch(name)
        )

    def _judge(self, directory: str) -> _Verdict:
        """Judge a directory, links resolved, by what lies in it."""
        if directory in {self._scripts, self._prefix}:
            return _Verdict.GUARDED
        inside = _is_below(directory, self._libraries)
        forbidden = self._forbidden[:1] if inside else self._forbidden
        if _is_below(directory, forbidden) or not _is_below(directory, self._places):
            return _Verdict.CLOSED
        return _Verdict.OPEN

    def _realpath(self, directory: str) -> str:
        """Return `os.path.realpath`, asked once for each directory: many files share few."""
        known = self._real.get(directory)
        if known is None:
            parent, name = os.path.split(directory)
            if not name:
                known = directory
            elif os.path.islink(directory):
                known = os.path.realpath(directory)
            else:
                known = os.path.join(self._realpath(parent), name)
            self._real[directory] = known
        return known


def _is_below(path: str, directories: tuple[str, ...]) -> bool:
    return any(
        path == directory or path.startswith(os.path.join(directory, ""))
        for directory in directories
    )


def top_level(distribution: InstalledDistribution) -> list[str]:
    """Return the names that are imported: of modules, packages and namespaces at the top.

    They come from top_level.txt, where the build backend wrote one, and else from RECORD.
    """
    text = distribution.read_file("top_level.txt")
    if text is not None and text.strip():
        return sorted({line.strip() for line in text.splitlines() if line.strip()})
    if distribution.kind != "dist-info":
        return []
    return sorted(set(_module_names(distribution)))


def _module_names(distribution: InstalledDistribution) -> Iterator[str]:
    library = distribution.library
    for path in _recorded(distribution) or []:
        relative = os.path.relpath(path, library).split(os.sep)
        first = relative[0]
        match = _MODULE.fullmatch(first) if len(relative) == 1 else None
        name = match["name"] if match else first
        # neither "..", nor "demo-1.0.dist-info", nor "demo.pth" can be imported
        if name.isidentifier() and name != "__pycache__" and (match or len(relative) > 1):
            yield name
