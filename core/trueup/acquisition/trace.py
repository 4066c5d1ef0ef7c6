"""What a build looked at, read from the logs that `recorder` wrote in its processes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from trueup.values import dataclass, field

__all__ = ["TRACED", "BuildTrace", "Program", "read_trace"]

# Set in the environment of a build that is to be traced, to the tree.
TRACED = "_TRUEUP_BUILD_TREE"
_ESCAPE = re.compile(r"\\([\\tnr])")
_MEANINGS = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
_BYTECODE = re.compile(r"(?:(.*)/)?__pycache__/([^/]+?)\.[^/]*\.pyc[^/]*")
_PYTHON = re.compile(r"(?i)python[0-9.]*[a-z]?(\.exe)?")
# Ours, and what is asked for by Python itself or by everybody who starts a program.
_UNTOLD = re.compile(r"_TRUEUP_.*|_PYPROJECT_HOOKS_.*|PYPROJECT_HOOKS_.*|PYTHONUNBUFFERED")
_OURS = "pyproject_hooks/_in_process/_in_process.py"
# Programs that tell of their input by their output: asked again, they answer again.
_TRANSPARENT = frozenset(("git", "git.exe", "hg", "hg.exe"))


@dataclass(frozen=True, slots=True)
class Program:
    """A program that a build started.

    Attributes:
        arguments: its command line, the program first, as it was given.
        directory: where it was started, absolute.
    """

    arguments: tuple[str, ...]
    directory: str

    @property
    def name(self) -> str:
        """The program's file name."""
        return os.path.basename(self.arguments[0]) if self.arguments else ""


@dataclass(frozen=True, slots=True)
class BuildTrace:
    """What the hooks of one build looked at. Each list is sorted, and names each thing once.

    Paths inside of the tree are relative to it and written with "/"; others are absolute. Nothing
    of Python, of the build environment or of the build's own folder is among them.

    Attributes:
        reads: files that were opened for reading; also what the build itself wrote before, and
            what compilers tell that they read outside of the tree.
        writes: files that were opened for writing.
        listings: folders whose names were asked for.
        globs: (folder, pattern): the names that match were asked for, as `glob` has it.
        walks: folders in which packages were looked for, by going through all folders.
        finders: (folder, finder): by what they were looked for there, as `purpose` tells it.
        searches: folders in which modules or installed distributions were looked for.
        absences: paths that were looked for and not found.
        presences: paths of the tree that were looked at and found, whatever else came of it; those
            elsewhere that are among `own`.
        programs: programs started, in no order.
        environment: names of variables that were asked for; "*" for a look at all of them.
        opaque: a program was started whose own reading nobody saw: a compiler, a build tool, or a
            Python without the recorder.
        own: paths at which the project's own code, or a plugin that is not known, has looked in any
            of these ways, or that were imported: all of what they are may matter.
        blind: a Python was started that did not record what it read.
        links: links of the tree of which was asked where they lead.
        own_variables: names of variables for which the project's own code asked itself.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    absences: tuple[str, ...] = ()
    presences: tuple[str, ...] = ()
    programs: tuple[Program, ...] = ()
    environment: tuple[str, ...] = ()
    opaque: bool = False
    own: tuple[str, ...] = ()
    blind: bool = False
    globs: tuple[tuple[str, str], ...] = ()
    walks: tuple[str, ...] = ()
    finders: tuple[tuple[str, str], ...] = ()
    own_listings: tuple[str, ...] = ()
    own_globs: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    own_variables: tuple[str, ...] = ()


def read_trace(workspace: str, tree: str, *, hooks: int) -> BuildTrace:
    """Return what was written down in the processes of a build.

    Args:
        workspace: the build's folder.
        tree: the source tree, absolute.
        hooks: how many processes were started to run hooks.
    """
    notes = _Notes.of(os.path.join(workspace, "trace"))
    environment = {name for name in notes.found.pop("E") if not _UNTOLD.fullmatch(name)}
    own_variables = environment & notes.found.pop("N")
    paths = {kind: set(_settled(names, kind)) for kind, names in notes.found.items()}
    paths["R"].add("pyproject.toml")  # read before any hook ran, to know what to run

    def exists(path: str) -> bool:
        return os.path.lexists(os.path.join(tree, path))

    def leads_to_something(path: str) -> bool:
        return os.path.exists(os.path.join(tree, path))

    # Opening and listing are written down before they are tried. Outside of the tree what is not
    # there any more was a temporary file, and what is only looked at is on the way to another.
    reads = {path for path in paths["R"] | paths["D"] if leads_to_something(path)}
    listings = {path for path in paths["L"] if exists(path)}
    asked = paths["L"] | paths["K"] | {path for path, _ in notes.globs}
    gone = (paths["R"] - reads - paths["W"]) | {path for path in asked if not exists(path)}
    absences = {path for path in gone if not os.path.isabs(path)} | set(_lasting(paths["A"]))
    own = {path for path in paths["X"] if not os.path.isabs(path) or exists(path)}
    pythons = [program for program in notes.programs if _PYTHON.fullmatch(program.name)]
    others = [program for program in notes.programs if program.name not in _TRANSPARENT]
    return BuildTrace(
        reads=_in_order(path for path in reads if not os.path.isdir(os.path.join(tree, path))),
        writes=_in_order(path for path in paths["W"] if not os.path.isabs(path) or exists(path)),
        listings=_in_order(listings),
        globs=tuple(sorted(one for one in notes.globs if exists(one[0]))),
        own_listings=_in_order(notes.own_listings),
        own_globs=tuple(sorted(notes.own_globs)),
        walks=_in_order(path for path in paths["K"] if exists(path)),
        finders=tuple(sorted(notes.finders)),
        searches=_in_order(path for path in paths["I"] - listings if exists(path)),
        absences=_in_order(absences - reads),
        presences=_in_order(path for path in paths["S"] if not os.path.isabs(path) or path in own),
        programs=tuple(sorted(notes.programs, key=_arguments_and_directory)),
        environment=_in_order(environment),
        own=_in_order(own),
        opaque=len(others) > len(pythons) or notes.recorded < hooks + len(pythons),
        blind=notes.recorded < hooks + len(pythons),
        links=_in_order(path for path in paths["T"] if not os.path.isabs(path)),
        own_variables=_in_order(own_variables),
    )


@dataclass(slots=True)
class _Notes:
    """The records of all processes of a build, each once."""

    found: dict[str, set[str]] = field(
        default_factory=lambda: {kind: set() for kind in "RWLDKIASTENX"}
    )
    globs: set[tuple[str, str]] = field(default_factory=set)
    own_globs: set[tuple[str, str]] = field(default_factory=set)
    own_listings: set[str] = field(default_factory=set)
    finders: set[tuple[str, str]] = field(default_factory=set)
    programs: set[Program] = field(default_factory=set)
    recorded: int = 0

    @classmethod
    def of(cls, folder: str) -> _Notes:
        """Return what lies in a folder of logs."""
        notes = cls()
        looks = {kind: notes.found[kind].add for kind in "AS"}
        for line in _lines(folder):
            look = looks.get(line[0])
            if look is not None and "\\" not in line:
                look(line[2:-1])  # by far the most
            elif fields := _fields_of(line):
                notes.take(line[0], fields)
        return notes

    def take(self, kind: str, fields: list[str]) -> None:
        """Take one record."""
        if kind == "V":
            self.recorded += 1
        elif kind == "P":
            self.programs.add(Program(tuple(fields[1:]), fields[0]))
        elif kind == "G":
            self.globs.add((_folder(fields[0]), fields[1]))
        elif kind in self.found:
            self.found[kind].add(fields[0])
        if kind == "K":
            self.finders.add((_folder(fields[0]), fields[1]))
        if kind == "X" and fields[1] == "G":
            self.own_globs.add((_folder(fields[0]), fields[2]))
        elif kind == "X" and fields[1] in "LK":
            self.own_listings.add(_folder(fields[0]))


def _arguments_and_directory(program: Program) -> tuple[tuple[str, ...], str]:
    return program.arguments, program.directory


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _lines(folder: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    for name in names:
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as log:
            for line in log:
                # Half a line is of a process that was killed: no trace to rely on comes of that.
                if line.endswith("\n") and line != "\n":
                    yield line


def _fields_of(line: str) -> list[str]:
    fields = line[:-1].split("\t")[1:]
    if "\\" in line:
        fields = [_ESCAPE.sub(lambda m: _MEANINGS[m[1]], each) for each in fields]
    return fields


def _settled(paths: Iterable[str], kind: str) -> Iterator[str]:
    """Give paths as they are kept: bytecode that was read stands for its source."""
    for path in paths:
        settled = _folder(path) if kind in "LK" else _slashed(path)
        if "__pycache__" not in settled:
            if not settled.endswith(_OURS):
                yield settled
        elif kind in "RX" and (bytecode := _BYTECODE.fullmatch(settled)):
            folder, stem = bytecode.groups()
            yield f"{folder}/{stem}.py" if folder else f"{stem}.py"


def _slashed(path: str) -> str:
    return path.replace(os.sep, "/") if os.sep != "/" else path


def _folder(path: str) -> str:
    """Return a folder's name as it is kept: whoever lists `yaml/` has listed `yaml`."""
    slashed = _slashed(path)
    bare = slashed.rstrip("/")
    return bare if bare and not bare.endswith(":") else slashed  # of a drive, or of all


def _lasting(paths: Iterable[str]) -> Iterator[str]:
    """Leave out what was looked for in temporary folders that are gone."""
    import tempfile

    top = os.path.join(tempfile.gettempdir(), "")
    for path in paths:
        if path.startswith(top):
            first = path[len(top) :].split(os.sep, 1)[0]
            if os.path.lexists(top + first):
                yield path
        else:
            yield path
