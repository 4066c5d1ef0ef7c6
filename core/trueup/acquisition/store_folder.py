"""The store's place on disk: whose it is, who else could write to it, and its folders.

A store that somebody else can write to is a way into every environment (reliability of others in
this was measured: a poisoned cache is installed without a word). So folders are made for their
owner alone, and one that is another user's, a symbolic link, or writable by others is not used.
"""

from __future__ import annotations

import os
import stat

from trueup.errors import StoreError
from trueup.glance import store_root

__all__ = [
    "FOLDERS",
    "LAYOUT",
    "UnsafeStore",
    "check_private",
    "default_root",
    "folder_in",
    "make_folder",
    "own_folder",
    "prepare_root",
]

LAYOUT = "v1"
FOLDERS = ("packs", "builds", "temporary", "damaged")
"""Those that every store has."""

_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This folder is trueup's store, and can be made again: backups may leave it out.
# See https://bford.info/cachedir/
"""
_HINT = "Name another place with TRUEUP_CACHE_DIR, or make this one yours alone (chmod go-w)."


class UnsafeStore(StoreError):
    """The store could be somebody else's doing: it is left alone, and nothing is lost by that."""


def default_root() -> str:
    """Return where the store is: TRUEUP_CACHE_DIR, or the user's own cache directory."""
    return store_root()


def own_folder(name: str) -> str:
    """Return a folder of the user's store, which is seen to as where it is opened.

    It is for those who want nothing else of the store: what opens it, reads packs, too.

    Raises:
        StoreError: as for `open_store`.
    """
    root = default_root()
    writable = prepare_root(root)
    folders = {each: folder_in(root, each, writable=writable) for each in (*FOLDERS, name)}
    if writable and os.listdir(folders["temporary"]):
        from trueup.acquisition.store_temporary import remove_leftovers

        remove_leftovers(folders["temporary"])
    return folders[name]


def folder_in(root: str, name: str, *, writable: bool) -> str:
    """Return a folder of the store at `root`, made for its owner alone where it is missing.

    Raises:
        StoreError: it is a link, another user's, or writable by others.
    """
    path = os.path.join(root, LAYOUT, name)
    if writable:
        make_folder(path)
    elif os.path.lexists(path):
        check_private(path)
    return path


def prepare_root(root: str) -> bool:
    """Make the store's root and layout where they are missing; return whether they are writable.

    A root that is there may be a symbolic link, as users move caches to other disks; what lies
    below may not.

    Raises:
        StoreError: it cannot be made, or is not safe to use.
    """
    try:
        os.makedirs(root, mode=0o700, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"the store {root} cannot be made: {problem.strerror}", hint=_HINT) from (
            problem
        )
    _check_owner(root, os.stat(root), others=stat.S_IWOTH)
    layout = os.path.join(root, LAYOUT)
    writable = make_folder(layout)
    if writable:
        _write_tag(os.path.join(root, "CACHEDIR.TAG"))
    return writable


def make_folder(path: str) -> bool:
    """Make the folder `path` for its owner alone, or check the one that is there.

    Returns:
        Whether it can be written to; a store on a read-only place still serves what it has.

    Raises:
        StoreError: it is not safe to use, or a file is in its way.
    """
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        check_private(path)
    except OSError as problem:
        if os.path.isdir(os.path.dirname(path)):
            return False  # a read-only store without this folder is an empty one
        raise StoreError(f"{path} cannot be made: {problem.strerror}", hint=_HINT) from problem
    return os.access(path, os.W_OK | os.X_OK)


def check_private(path: str) -> None:
    """Check that the folder `path` is a real one, ours, and nobody else's to write to.

    Raises:
        StoreError: it is not.
    """
    try:
        status = os.lstat(path)
    except OSError as problem:
        raise StoreError(f"{path} cannot be used: {problem.strerror}", hint=_HINT) from problem
    if not stat.S_ISDIR(status.st_mode):
        raise UnsafeStore(f"{path} is no folder but a link or a file, and is not used", hint=_HINT)
    _check_owner(path, status, others=stat.S_IWOTH | stat.S_IWGRP)


def _check_owner(path: str, status: os.stat_result, *, others: int) -> None:
    if os.name != "posix":
        return  # on Windows the user's own cache directory is private by its access list
    # What belongs to root is trusted: root could change trueup itself.
    if status.st_uid not in {os.geteuid(), 0}:
        raise UnsafeStore(f"the store {path} belongs to another user, and is not used", hint=_HINT)
    if status.st_mode & others:
        raise UnsafeStore(
            f"the store {path} can be written to by others, and is not used", hint=_HINT
        )


def _write_tag(path: str) -> None:
    try:
        with open(path, "x", encoding="utf-8") as tag:
            tag.write(_TAG)
    except OSError:
        return  # there already; or not to be written, which costs nothing but a backup's time
