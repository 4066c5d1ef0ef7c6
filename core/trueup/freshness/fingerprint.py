"""The fingerprint: what one build of a local project depended on, and what it left behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from trueup.values import dataclass, field

__all__ = [
    "FILE_NAME",
    "Circumstances",
    "FileKind",
    "FileMark",
    "Fingerprint",
    "ListingMark",
    "ListingRule",
    "Question",
    "Survey",
]

FILE_NAME = "trueup.json"
"""Where it lies in the dist-info directory of what was installed."""

FileKind = Literal[
    "content", "facet", "settings", "output", "link", "taken", "script", "target", "left"
]
"""What of a file counts: all of its content, what a backend takes out of a module without running
it, the tables of pyproject.toml that a backend can mean, the content of an output, the target of a
link, the content of what a wheel took and whether it can be executed, a script of cmake or meson
without its remarks, where a link of the project leads that somebody asked about, the content of
what a build made and may take as it is the next time, unless it has gone."""

ListingRule = Literal[
    "all", "packages", "licences", "matching", "folders", "namespaces", "modules", "found", "sought"
]
"""Which names of a folder count: all but noise, those that could be packages, licence files, those
that match a pattern, those that could be packages even without a module (PEP 420), folders that
could be packages and have no `__init__.py`, modules and folders that hold one at any depth, modules
and what a finder of setuptools may take for packages, the same without modules."""

Survey = Literal["", "native", "other", "named", "all", "sighted"]
"""What of the whole project counts because a program read it unseen: nothing, what compilers
read, everything but modules, the same and the names of modules, everything; or what it was seen to
open, the names in folders that it was seen to list, and what it may look for by name."""


class FileMark(NamedTuple):
    """One file as it was; a named tuple, because there are many.

    Attributes:
        path: relative to the tree and written with "/"; absolute outside of it.
        kind: what of it counts.
        size: bytes.
        mtime_ns: time of its last change, as far as nobody set it.
        ctime_ns: time of its last change in any way; no program can set it back.
        inode: its number in the file system.
        digest: 16 bytes over what counts.
    """

    path: str
    kind: FileKind
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    digest: bytes


class ListingMark(NamedTuple):
    """The names in one folder as they were; times and number are those of the folder itself.

    `patterns`, with "/" between them, tell which names count where the rule is "matching", and
    what the finder is, if that is known, where it is "found", "sought" or "namespaces" (`finders`).
    """

    path: str
    rule: ListingRule
    mtime_ns: int
    ctime_ns: int
    inode: int
    digest: bytes
    patterns: str = ""


class Question(NamedTuple):
    """A version control system's answer that the build used: asked again, it has to be the same."""

    arguments: tuple[str, ...]
    directory: str
    digest: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under which circumstances a project was built: builds under others are other builds.

    Attributes:
        tree: the project's folder, absolute, links resolved.
        editable: an editable wheel was built (PEP 660).
        config_settings: what the backend was told, in order.
        interpreter: who the wheel is for: implementation, major and minor version, and a digest
            of the tags that fit.
        python: the very Python: its full version and the program; what is compiled depends on it.
        site: "" for an isolated build; else the interpreter that stood in for its environment.
    """

    tree: str
    editable: bool
    config_settings: tuple[tuple[str, str], ...] = ()
    interpreter: str = ""
    python: str = ""
    site: str = ""

    @property
    def key(self) -> str:
        """The name of the build record."""
        import json

        parts = [self.tree, self.editable, self.config_settings, self.interpreter, self.site]
        return "project " + json.dumps(parts)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What one build depended on (inputs) and left behind (outputs).

    Attributes:
        circumstances: of the build.
        wheel: sha256 of the wheel that it gave, in hexadecimal.
        time_ns: when its files were looked at; what is not clearly older proves nothing by its
            times alone.
        files: inputs and outputs.
        listings: folders whose names count.
        made: all that the build made or changed in the tree; no part of any listing.
        altered: of these, what was there before any build that is known: nobody made it anew; and
            what is new and somebody may have saved while a program built.
        absences: what was looked for in vain, and may not appear.
        taken: the files that a MANIFEST.in may name, were there one, without that it adds anything.
        presences: what was looked at and must stay; a path that is also among the absences was a
            link that led nowhere, and has to.
        questions: what version control systems were asked.
        variables: environment variable to a salted digest of its value; "" where it was not set.
        salt: of those digests: a short secret must not be guessed from them.
        survey: what of the whole project counts.
        survey_digest: over the names of those files; where it was seen what was opened, a space
            and a digest over the names of all files of the project follow.
        opened: files that such a program opened; empty where nobody saw it.
        listed: folders that it listed.
        leftovers: digest of what earlier builds had left when this one was done: only while that
            stays as it is, the files that were opened then are known.
        idle: what lies at the top of the project and does not count for that.
        programs: file names of the programs that read unseen; the reason for the survey.
        patterns: globs of files that a plugin added.
        requirements: build requirements, as pyproject.toml and the backend name them.
        environment: "name version" of what the build environment held.
        unusable: why nothing can be judged by it, or "".
    """

    circumstances: Circumstances
    wheel: str
    time_ns: int
    files: tuple[FileMark, ...] = ()
    listings: tuple[ListingMark, ...] = ()
    made: frozenset[str] = frozenset()
    altered: frozenset[str] = frozenset()
    absences: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    presences: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    salt: str = ""
    survey: Survey = ""
    survey_digest: str = ""
    opened: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    leftovers: str = ""
    idle: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    unusable: str = ""

    @property
    def outputs(self) -> frozenset[str]:
        """The paths of what the build left in the tree and what is installed leads to."""
        return frozenset(one.path for one in self.files if one.kind in {"output", "link"})
