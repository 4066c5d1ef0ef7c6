"""Checking out a revision of a version control system, by its own program."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from trueup.acquisition.credentials import redact
from trueup.acquisition.git import git_checkout
from trueup.acquisition.mirror import Mirrors, is_local
from trueup.acquisition.program import Program
from trueup.errors import SourceError
from trueup.values import replace

if TYPE_CHECKING:
    from trueup.resolution.artifact import Repository

__all__ = ["Mirrors", "checkout"]

# What no ref may hold (git-check-ref-format), and what would make it an expression or an option.
_UNFIT_REVISION = re.compile(r"^-|[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|\.lock$|/$")
_UNFIT_URL = re.compile(r"^-|[\x00-\x1f\x7f]|^[A-Za-z0-9]+::")


def checkout(repository: Repository, into: str, mirrors: Mirrors) -> str:
    """Check `repository` out into `into`, and return the exact commit (PEP 610 `commit_id`).

    A full commit that was checked out from git before needs no network.

    Args:
        repository: what is wanted; its subdirectory is not looked at.
        into: a directory that is not there yet.
        mirrors: where copies of repositories are kept, and how they are reached.

    Raises:
        SourceError: the address or revision could be taken for an option (CVE-2021-3572,
            CVE-2023-5752), the program is not there or fails, there is no such revision, or it is
            not here and nothing may be fetched.
    """
    about = redact(repository.url)
    url = repository.url.removeprefix(f"{repository.vcs}+")
    if not url or _UNFIT_URL.search(url):
        raise SourceError(f"{about!r} is no address of a repository")
    for revision in (repository.requested_revision, repository.commit):
        if revision and _UNFIT_REVISION.search(revision):
            hint = "Name a branch, a tag or a commit."
            raise SourceError(f"{about} cannot have a revision {revision!r}", hint=hint)
    ways = {"git": git_checkout, "hg": _hg_checkout, "svn": _svn_checkout, "bzr": _bzr_checkout}
    way = ways.get(repository.vcs)
    if way is None:
        problem = f"{about}: there is no version control system {repository.vcs!r}"
        raise SourceError(problem, hint=f"Known are {', '.join(ways)}.")
    os.makedirs(os.path.dirname(os.path.abspath(into)), mode=0o700, exist_ok=True)
    return way(replace(repository, url=url), os.path.abspath(into), mirrors)


def _program(name: str, repository: Repository, mirrors: Mirrors, **more: str) -> Program:
    """Return the program of a system that has no mirror here: each checkout asks its host."""
    about = redact(repository.url)
    if mirrors.offline and not is_local(repository.url):
        problem = f"{about} is needed, and trueup is offline"
        raise SourceError(problem, hint="Run once without --offline.")
    return Program(name, {**os.environ, "LC_ALL": "C", **more}, about)


def _hg_checkout(repository: Repository, into: str, mirrors: Mirrors) -> str:
    hg = _program("hg", repository, mirrors, HGPLAIN="1")
    revision = repository.commit or repository.requested_revision
    hg.run("clone", "--noninteractive", "--noupdate", "-q", "--", repository.url, into)
    # As one word, so that it is a value whatever it says (CVE-2023-5752).
    chosen = (f"--rev={revision}",) if revision else ()
    hg.run("update", "--noninteractive", "-q", "--clean", *chosen, cwd=into)
    return hg.run("log", "--rev=.", "--template={node}", cwd=into).strip()


def _svn_checkout(repository: Repository, into: str, mirrors: Mirrors) -> str:
    svn = _program("svn", repository, mirrors)
    revision = repository.commit or repository.requested_revision
    chosen = (f"--revision={revision}",) if revision else ()
    # A peg of its own, because an @ in the path would be taken for one.
    svn.run("checkout", "--non-interactive", "-q", *chosen, "--", f"{repository.url}@", into)
    return svn.run("info", "--show-item=revision", "--no-newline", into).strip()


def _bzr_checkout(repository: Repository, into: str, mirrors: Mirrors) -> str:
    import shutil

    name = "bzr" if shutil.which("bzr") else "brz"
    bzr = _program(name, repository, mirrors)
    revision = repository.commit or repository.requested_revision
    chosen = (f"--revision={revision}",) if revision else ()
    bzr.run("branch", "-q", *chosen, "--", repository.url, into)
    return bzr.run("revno", cwd=into).strip()
