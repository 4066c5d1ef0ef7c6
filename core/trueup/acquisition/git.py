"""git: trees checked out from a mirror, with their submodules."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from trueup.acquisition.credentials import recordable, redact
from trueup.acquisition.mirror import Mirrors, git_environment, is_local, mirrored
from trueup.acquisition.program import Program
from trueup.errors import SourceError
from trueup.values import replace

if TYPE_CHECKING:
    from trueup.resolution.artifact import Repository

__all__ = ["Mirrors", "git_checkout"]

# Our own git commands read mirrors by their path, whatever addresses the project may name.
_FROM_MIRROR = ("-c", "protocol.file.allow=always")


def git_checkout(repository: Repository, into: str, mirrors: Mirrors) -> str:
    """Check a repository out into `into`, which must not be there yet; return the full commit.

    Submodules are checked out with it, each from a mirror of its own.

    Raises:
        SourceError: git is missing or fails, there is no such revision, or nothing may be fetched.
    """
    git = _git(repository.url, mirrors)

    def check_out(mirror: str, commit: str) -> None:
        shutil.rmtree(into, ignore_errors=True)
        # Objects are borrowed, not linked: a build that writes to them cannot reach the mirror.
        shared = ("--shared", "--no-checkout", "--template=")
        git.run(*_FROM_MIRROR, "clone", "-q", *shared, "--", mirror, into)
        git.run("remote", "set-url", "origin", recordable(repository.url), cwd=into)
        git.run("checkout", "-q", "--detach", commit, cwd=into)

    commit = mirrored(git, repository, mirrors, check_out)
    _check_out_submodules(git, into, repository, mirrors)
    return commit


def _git(url: str, mirrors: Mirrors) -> Program:
    return Program("git", git_environment(url, mirrors.credentials), redact(url))


def _check_out_submodules(git: Program, tree: str, parent: Repository, mirrors: Mirrors) -> None:
    """Check out what the commit names as submodules, and theirs in turn."""
    if not os.path.isfile(os.path.join(tree, ".gitmodules")):
        return
    git.run("submodule", "-q", "init", cwd=tree)  # makes relative addresses absolute
    for name, path in _settings(git, tree, r"^submodule\..*\.path$", "--file", ".gitmodules"):
        known = git.ask("config", "--get", f"submodule.{name}.url", cwd=tree)
        entry = git.run("ls-tree", "HEAD", "--", path, cwd=tree).split()
        if known is None or len(entry) < 3 or entry[1] != "commit":
            continue  # left behind in .gitmodules, or not to be checked out by its own setting
        url = known.rstrip("\n")
        foreign = is_local(url) and not is_local(parent.url)
        if url.startswith("-") or "::" in url.split("/")[0] or foreign:
            problem = (
                f"{redact(parent.url)} has a submodule at {redact(url)}, which is not followed"
            )
            raise SourceError(problem)
        submodule = replace(
            parent, url=url, requested_revision="", commit=entry[2], subdirectory=""
        )
        _check_out_submodule(git, tree, (name, path), submodule, mirrors)


def _settings(git: Program, tree: str, pattern: str, *source: str) -> list[tuple[str, str]]:
    """Return (submodule's name, value) for each setting that fits."""
    output = git.ask("config", "-z", *source, "--get-regexp", pattern, cwd=tree) or ""
    pairs = [entry.split("\n", 1) for entry in output.split("\0") if "\n" in entry]
    return [(key.removeprefix("submodule.").rpartition(".")[0], value) for key, value in pairs]


def _check_out_submodule(
    parent: Program, tree: str, place: tuple[str, str], submodule: Repository, mirrors: Mirrors
) -> None:
    name, path = place
    git = _git(submodule.url, mirrors)

    def check_out(mirror: str, _commit: str) -> None:
        # git itself does the checkout, for its checks of names and links, but out of the mirror.
        git.run("config", "uploadpack.allowAnySHA1InWant", "true", cwd=mirror)
        parent.run("config", f"submodule.{name}.url", mirror, cwd=tree)
        parent.run(*_FROM_MIRROR, "submodule", "-q", "update", "--init", "--", path, cwd=tree)

    mirrored(git, submodule, mirrors, check_out)
    parent.run("config", f"submodule.{name}.url", recordable(submodule.url), cwd=tree)
    below = os.path.join(tree, path)
    if not os.path.exists(os.path.join(below, ".git")):
        return  # not checked out by its own setting; git would take the parent for it
    git.run("remote", "set-url", "origin", recordable(submodule.url), cwd=below)
    _check_out_submodules(git, below, submodule, mirrors)
