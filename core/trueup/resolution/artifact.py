"""What a resolution is made of: one exact artifact for each distribution (the model of PEP 751)."""

from __future__ import annotations

from trueup.values import dataclass, field

__all__ = [
    "Archive",
    "Artifact",
    "Directory",
    "Repository",
    "Resolution",
    "Sdist",
    "Source",
    "Wheel",
]


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel file.

    Attributes:
        url: `https:` or `file:`, without credentials and without fragment.
        filename: the wheel's file name (PEP 427).
        hashes: (algorithm, hexadecimal digest) pairs that are promised, strongest first.
        size: bytes, where it is promised.
    """

    url: str
    filename: str
    hashes: tuple[tuple[str, str], ...] = ()
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Sdist:
    """One source distribution from an index; attributes as in `Wheel`."""

    url: str
    filename: str
    hashes: tuple[tuple[str, str], ...] = ()
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """A source archive that the user named by address or path (PEP 610 `archive_info`)."""

    url: str
    hashes: tuple[tuple[str, str], ...] = ()
    subdirectory: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A revision in a version control system (PEP 610 `vcs_info`).

    Attributes:
        vcs: "git", "hg", "svn" or "bzr".
        url: the repository's address, without credentials, without "git+".
        requested_revision: the branch, tag or commit that was asked for; "" for the default.
        commit: the exact commit, where the resolver found it; "" where acquiring has to.
        subdirectory: where the project lies in the repository; "" for its top.
    """

    vcs: str
    url: str
    requested_revision: str = ""
    commit: str = ""
    subdirectory: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """A local project: a source tree on this machine (PEP 610 `dir_info`).

    Attributes:
        path: absolute, links resolved.
        editable: installed so that edits show at once (PEP 660).
    """

    path: str
    editable: bool = False


Source = Wheel | Sdist | Archive | Repository | Directory


@dataclass(frozen=True, slots=True)
class Artifact:
    """The one thing that a distribution is installed from.

    Attributes:
        name: the distribution's normalized name (PEP 503).
        version: as the resolver wrote it; "" where only a build can tell.
        source: where the wheel comes from.
        direct: asked for by address or path and not by name: gets a direct_url.json (PEP 610).
    """

    name: str
    version: str
    source: Source
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the request comes to for one interpreter.

    Attributes:
        artifacts: one for each distribution, in order of name.
        requested: normalized names of what the user named directly, and not by way of another.
        warnings: what the resolver had to say, without credentials.
    """

    artifacts: tuple[Artifact, ...]
    requested: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = field(default=())
