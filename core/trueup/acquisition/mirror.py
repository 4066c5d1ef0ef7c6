"""Bare mirrors of git repositories: what is fetched once, and how it is asked for.

The history of the wanted revision is fetched whole, and its tags with it: versions are counted from
the last tag by build backends, and a shallow clone would silently give another version.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trueup.acquisition.credentials import Credentials, redact, without_credentials
from trueup.acquisition.program import Program
from trueup.errors import SourceError
from trueup.reporting import SILENT, Event, Reporter
from trueup.values import dataclass

if TYPE_CHECKING:
    from trueup.resolution.artifact import Repository

__all__ = ["Mirrors", "git_environment", "is_local", "mirrored"]

_FULL_COMMIT = re.compile(r"^([0-9a-f]{40}|[0-9a-f]{64})$")
_SHORT_COMMIT = re.compile(r"^[0-9a-f]{4,64}$")
# Variables that say how hosts are reached. All other GIT_ variables are left out: inside a hook of
# git, GIT_DIR and GIT_INDEX_FILE would turn every command to the user's own repository.
_KEPT = re.compile(
    r"^GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_.*|PROXY_.*|HTTP_.*|LFS_.*|EXEC_PATH"
    r"|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM|CONFIG_COUNT|CONFIG_KEY_.*|CONFIG_VALUE_.*)$"
)


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Where repositories are kept, and how they are reached.

    Attributes:
        folder: holds one bare repository, and one lock, for each address.
        credentials: who we are to each host; None for what git knows by itself.
        offline: what is not in a mirror is not to be had.
        reporter: told of what is fetched, and of waiting.
    """

    folder: str
    credentials: Credentials | None = None
    offline: bool = False
    reporter: Reporter = SILENT


def is_local(url: str) -> bool:
    """Whether a repository lies on this machine: a `file:` address or a path."""
    return url.startswith("file:") or ("://" not in url and not re.match(r"^[^/\\]{2,}:", url))


def git_environment(url: str, credentials: Credentials | None) -> Mapping[str, str]:
    """Return an environment in which git asks nothing and runs nobody's hooks."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or _KEPT.match(name)
    }
    settings = {
        "core.hooksPath": os.devnull,
        "core.fsmonitor": "false",
        "gc.auto": "0",
        "advice.detachedHead": "false",
        "protocol.ext.allow": "never",
        # Only a parent of this machine may name a submodule of it (CVE-2022-39253).
        "protocol.file.allow": "always" if is_local(url) else "never",
    }
    if os.name == "nt":
        settings["core.longpaths"] = "true"
    login = (
        credentials.known(url) if credentials and url.startswith(("http://", "https://")) else None
    )
    if login is not None:
        # In the environment, because arguments are for everybody on the machine to read.
        place = "/".join(without_credentials(url).split("/")[:3])
        settings[f"http.{place}/.extraHeader"] = f"Authorization: {login.header}"
    count = int(inherited.get("GIT_CONFIG_COUNT") or 0)
    for number, (name, value) in enumerate(settings.items(), start=count):
        inherited[f"GIT_CONFIG_KEY_{number}"] = name
        inherited[f"GIT_CONFIG_VALUE_{number}"] = value
    return {
        **inherited,
        "GIT_CONFIG_COUNT": str(count + len(settings)),
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "LC_ALL": "C",
    }


def mirrored(
    git: Program, repository: Repository, mirrors: Mirrors, use: Callable[[str, str], None]
) -> str:
    """Bring a commit into its mirror, use it while no other process can touch it, and return it.

    Args:
        git: the program.
        repository: what is wanted.
        mirrors: where to.
        use: told the mirror's path and the commit; called again if the mirror was damaged.

    Raises:
        SourceError: there is no such commit, it cannot be fetched, or it cannot be used.
    """
    with _locked(repository.url, mirrors) as mirror:
        if os.path.isdir(mirror):
            _remove_dead_locks(mirror)
        else:
            _make_mirror(git, mirror)
        check = ["fsck", "--no-dangling", "--no-progress", "--connectivity-only"]
        try:
            commit = _find_commit(git, mirror, repository, mirrors)
            check.pop()  # if using it fails, contents are to be looked at too, which takes longer
            use(mirror, commit)
        except SourceError:
            if mirrors.offline or git.ask(*check, cwd=mirror) is not None:
                raise
            shutil.rmtree(mirror)  # damaged: once more, from nothing
            _make_mirror(git, mirror)
            commit = _find_commit(git, mirror, repository, mirrors)
            use(mirror, commit)
        return commit


@contextmanager
def _locked(url: str, mirrors: Mirrors) -> Iterator[str]:
    """Hold the mirror of `url` locked until the block ends; give its path."""
    from filelock import FileLock, Timeout

    name = without_credentials(url).encode("utf-8", "surrogateescape")
    key = hashlib.sha256(name).hexdigest()[:32]
    os.makedirs(mirrors.folder, mode=0o700, exist_ok=True)
    lock = FileLock(os.path.join(mirrors.folder, f"{key}.lock"), mode=0o600)
    try:
        lock.acquire(timeout=0.05)
    except Timeout:
        message = "another process is fetching this repository"
        mirrors.reporter(Event("waiting", redact(url), message))
        lock.acquire()
    try:
        yield os.path.join(mirrors.folder, f"{key}.git")
    finally:
        lock.release()


def _make_mirror(git: Program, mirror: str) -> None:
    """Make an empty mirror, which has its name only when it is whole."""
    new = f"{mirror}.new"
    shutil.rmtree(new, ignore_errors=True)
    git.run("init", "-q", "--bare", "--template=", "--", new)
    os.rename(new, mirror)


def _remove_dead_locks(mirror: str) -> None:
    """Remove git's own lock files: we hold the mirror alone, so whoever made them was killed."""
    for folder, folders, files in os.walk(mirror):
        folders[:] = [name for name in folders if name != "objects"]
        for name in files:
            if name.endswith(".lock"):
                os.unlink(os.path.join(folder, name))


def _find_commit(git: Program, mirror: str, repository: Repository, mirrors: Mirrors) -> str:
    """Return the commit that was asked for, once the mirror holds it."""
    revision = repository.requested_revision
    exact = repository.commit or (revision if _FULL_COMMIT.match(revision) else "")
    if exact and _resolved(git, mirror, _mark(exact)):
        return exact
    about = redact(repository.url)
    if mirrors.offline:
        what = exact or revision or "its default"
        problem = f"{about} at {what} is not here, and trueup is offline"
        raise SourceError(problem, hint="Run once without --offline.")
    mirrors.reporter(Event("downloading", about, revision))
    fetched = _fetch_exact if exact else _fetch_named
    commit = fetched(git, mirror, repository.url, exact or revision)
    if not commit:
        hint = "Was it pushed, and is it spelt like this?"
        problem = f"{about} has no branch, tag or commit {exact or revision!r}"
        raise SourceError(problem, hint=hint)
    git.run("update-ref", _mark(commit), commit, cwd=mirror)
    mirrors.reporter(Event("downloaded", about, commit))
    return commit


def _mark(commit: str) -> str:
    """Return the ref that says: this commit is here, and whole, with all that led to it."""
    return f"refs/trueup/{commit}"


def _fetch(git: Program, mirror: str, url: str, name: str) -> bool:
    """Fetch one ref, and all tags as they are now; return whether the host let us."""
    tags = "+refs/tags/*:refs/tags/*"
    command = ("fetch", "-q", "--prune", "--no-tags", "--", url, name, tags)
    return git.ask(*command, cwd=mirror) is not None


def _fetch_everything(git: Program, mirror: str, url: str) -> None:
    refs = ("+refs/*:refs/origin/*", "+refs/tags/*:refs/tags/*")
    git.run("fetch", "-q", "--no-tags", "--", url, *refs, cwd=mirror)


def _fetch_exact(git: Program, mirror: str, url: str, commit: str) -> str:
    """Fetch one commit by its name; a host that refuses that is asked for everything."""
    if not _fetch(git, mirror, url, f"+{commit}:{_mark(commit)}"):
        _fetch_everything(git, mirror, url)
    return _resolved(git, mirror, commit)


def _fetch_named(git: Program, mirror: str, url: str, revision: str) -> str:
    """Fetch a branch, a tag, any ref, or a shortened commit; return its full commit, or ""."""
    names = [f"refs/heads/{revision}", f"refs/tags/{revision}", f"refs/{revision}", revision]
    wanted = names if revision else ["HEAD"]
    lines = git.run("ls-remote", "--", url, *wanted, cwd=mirror).splitlines()
    there = {line.partition("\t")[2] for line in lines}
    name = next((name for name in wanted if name in there), "")
    if name:
        kept = f"refs/origin/{name.removeprefix('refs/')}"
        if not _fetch(git, mirror, url, f"+{name}:{kept}"):
            _fetch_everything(git, mirror, url)
        return _resolved(git, mirror, kept)
    if _SHORT_COMMIT.match(revision):
        _fetch_everything(git, mirror, url)
        return _resolved(git, mirror, revision)
    return ""


def _resolved(git: Program, mirror: str, name: str) -> str:
    """Return the full commit that `name` stands for, or ""."""
    found = git.ask("rev-parse", "-q", "--verify", f"{name}^{{commit}}", cwd=mirror)
    return (found or "").strip()
