"""From what a resolution names to a tree that can be built, and the record of its origin."""

from __future__ import annotations

import os
import posixpath
import shutil
import tempfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from trueup.acquisition.archive import Limits, unpack
from trueup.acquisition.credentials import redact
from trueup.acquisition.direct_url import direct_url
from trueup.acquisition.fetch import Fetched, Fetcher, Flight, Wanted, discard
from trueup.acquisition.repository import Mirrors, checkout
from trueup.errors import SourceError
from trueup.reporting import SILENT, Reporter
from trueup.resolution.artifact import Archive, Directory, Repository, Sdist, Source, Wheel
from trueup.values import dataclass, field

__all__ = ["SourceTree", "Workspace", "open_source"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where sources are got and unpacked.

    Attributes:
        folder: trees are made in it, each in a folder of its own, which the caller removes.
        downloads: archives pass through it; processes may share it.
        mirrors: copies of repositories, and how they are reached.
        limits: how much may come out of an archive.
        locks: the folder of locks for `downloads`; "" for one in it.
    """

    folder: str
    downloads: str
    mirrors: Mirrors
    limits: Limits = field(default_factory=Limits)
    locks: str = ""


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A source tree that is ready to be built.

    Attributes:
        path: the project's directory, subdirectory applied.
        digest: what names the content: "sha256:<digest of the archive>", "git:<commit>" (or hg,
            svn, bzr), or "" for a local directory, whose content may change at any time.
        direct_url: the content of direct_url.json (PEP 610); None for an sdist from an index.
        root: what was made for it in the workspace, to be removed after the build; "" for a local
            directory, which is the user's own.
    """

    path: str
    digest: str
    direct_url: Mapping[str, Any] | None
    root: str = ""


def open_source(
    source: Source, *, fetcher: Fetcher, workspace: Workspace, reporter: Reporter = SILENT
) -> SourceTree:
    """Make a tree of `source` that can be built.

    Args:
        source: an sdist, an archive, a repository or a directory; a wheel needs no building.
        fetcher: gets archives.
        workspace: where to.
        reporter: told of progress.

    Raises:
        FetchError: the archive cannot be got, or is not what was promised (`HashMismatch`).
        SourceError: it cannot be unpacked or checked out, or the project is not in it.
    """
    if isinstance(source, Directory):
        if not os.path.isdir(source.path):
            raise SourceError(f"{source.path} is no directory", hint="Was it moved or removed?")
        return SourceTree(source.path, "", direct_url(source))
    if isinstance(source, Wheel):
        raise SourceError(f"{source.filename} is a wheel, and not a source")
    os.makedirs(workspace.folder, mode=0o700, exist_ok=True)
    root = tempfile.mkdtemp(prefix="source-", dir=workspace.folder)
    try:
        if isinstance(source, Repository):
            return _from_repository(source, root, workspace)
        return _from_archive(source, root, fetcher, (workspace, reporter))
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise


def _from_repository(source: Repository, root: str, workspace: Workspace) -> SourceTree:
    tree = os.path.join(root, "tree")
    commit = checkout(source, tree, workspace.mirrors)
    project = _project(tree, source.subdirectory, redact(source.url))
    return SourceTree(project, f"{source.vcs}:{commit}", direct_url(source, commit=commit), root)


def _from_archive(
    source: Sdist | Archive, root: str, fetcher: Fetcher, means: tuple[Workspace, Reporter]
) -> SourceTree:
    workspace, reporter = means
    trees: list[SourceTree] = []

    def settle(fetched: Fetched) -> None:
        """Unpack, and remove the archive: both while no other process can touch it."""
        top = unpack(
            fetched.path,
            os.path.join(root, "tree"),
            limits=workspace.limits,
            one_top=isinstance(source, Sdist),
        )
        discard(fetched)
        record = None if isinstance(source, Sdist) else direct_url(source, sha256=fetched.sha256)
        subdirectory = "" if isinstance(source, Sdist) else source.subdirectory
        path = _project(top, subdirectory, redact(source.url))
        trees.append(SourceTree(path, f"sha256:{fetched.sha256}", record, root))

    locks = workspace.locks or os.path.join(workspace.downloads, ".locks")
    flight = Flight(locks, settle=settle)
    files = fetcher.fetch(
        [_wanted(source)], into=workspace.downloads, reporter=reporter, flight=flight
    )
    for _ in files:
        pass
    return trees[0]


def _wanted(source: Sdist | Archive) -> Wanted:
    if isinstance(source, Sdist):
        return Wanted(source.url, source.filename, source.hashes, source.size)
    path = urlsplit(source.url).path if "://" in source.url else source.url.replace(os.sep, "/")
    # Decoded once: what is still encoded then stays so (CVE-2026-13346).
    name = (
        unquote(posixpath.basename(path.rstrip("/")))
        if "://" in source.url
        else posixpath.basename(path)
    )
    return Wanted(source.url.partition("#")[0], name or "archive", source.hashes)


def _project(tree: str, subdirectory: str, about: str) -> str:
    """Return the project's directory in `tree`, which it does not leave, by no link either."""
    top = os.path.realpath(tree)
    path = os.path.realpath(os.path.join(top, *subdirectory.split("/"))) if subdirectory else top
    if path != top and not path.startswith(top + os.sep):
        raise SourceError(f"{about}: the subdirectory {subdirectory!r} leads out of it")
    if not os.path.isdir(path):
        raise SourceError(f"{about} has no directory {subdirectory!r}")
    return path
