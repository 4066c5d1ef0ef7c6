"""Temporary places inside the store, and how those of dead processes are told from living ones.

They lie in the store so that `os.replace` can put a finished file in its place. Their names say
who made them: the machine as it is booted and the process. A process of the same kind that is gone
leaves nothing behind; one that cannot be asked (another machine on a shared disk, another
container, Windows) is given two days.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from trueup.errors import StoreError

__all__ = [
    "is_alive",
    "make_temporary",
    "making",
    "remove",
    "remove_leftovers",
    "temporary_directory",
    "temporary_name",
]

_PATIENCE = 2 * 24 * 3600.0  # seconds


@cache
def _world() -> str:
    """Return a name for what process ids mean here: the boot and, on Linux, the PID namespace."""
    parts = [os.uname().nodename if hasattr(os, "uname") else ""]
    for read in (_boot_id, _pid_namespace):
        try:
            parts.append(read())
        except OSError:
            parts.append("")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _boot_id() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
        return file.read().strip()


def _pid_namespace() -> str:
    return os.readlink("/proc/self/ns/pid")


def temporary_name(folder: str, suffix: str = "") -> str:
    """Return a new path in `folder` that tells whose it is."""
    return os.path.join(folder, f"{_world()}-{os.getpid()}-{os.urandom(6).hex()}{suffix}")


def make_temporary(folder: str) -> str:
    """Make a directory in `folder` that tells whose it is.

    Raises:
        StoreError: it cannot be made.
    """
    path = temporary_name(folder)
    with making(path):
        os.mkdir(path, 0o700)
    return path


@contextmanager
def making(path: str) -> Iterator[None]:
    """Tell of an error of the file system as one of the store's.

    Raises:
        StoreError: `path` cannot be made.
    """
    try:
        yield
    except OSError as problem:
        raise StoreError(
            f"{path} cannot be made: {problem.strerror}",
            hint="Make room there, or name another place with TRUEUP_CACHE_DIR.",
        ) from problem


@contextmanager
def temporary_directory(folder: str) -> Iterator[str]:
    """Make a directory in `folder`, and remove it with all that is in it.

    Raises:
        StoreError: it cannot be made.
    """
    path = make_temporary(folder)
    try:
        yield path
    finally:
        remove(path)


def remove_leftovers(folder: str) -> int:
    """Remove what dead processes left in `folder`; return how many things that were."""
    removed = 0
    for name in _names(folder):
        path = os.path.join(folder, name)
        if not is_alive(path, name):
            remove(path)
            removed += 1
    return removed


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # gone, or never made: nothing to remove


def is_alive(path: str, name: str) -> bool:
    """Whether the process that made `path`, which has this temporary name, may be at work still."""
    world, _, rest = name.partition("-")
    process = rest.partition("-")[0]
    # Asking by signal 0 would end the process on Windows.
    if os.name == "posix" and world == _world() and process.isdecimal():
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True  # there, but another user's
        return True
    try:
        return time.time() - os.lstat(path).st_mtime < _PATIENCE
    except OSError:
        return True  # gone meanwhile: its maker lives


def remove(path: str) -> None:
    """Remove the file or directory `path`, as far as that is possible; the next run tries again."""
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil  # 3 ms that an install out of the store saves

        if sys.version_info >= (3, 12):
            shutil.rmtree(path, onexc=_make_writable)
        else:
            shutil.rmtree(path, onerror=_make_writable)
        return
    try:
        os.unlink(path)
    except OSError:
        return


def _make_writable(function: object, path: str, _: object) -> None:
    """Once more, with the write bits: source trees hold read-only folders."""
    del function
    try:
        os.chmod(os.path.dirname(path), 0o700)
        if os.path.islink(path) or not os.path.isdir(path):
            os.unlink(path)
        else:
            import shutil

            os.chmod(path, 0o700)  # no link: what it points to would be changed
            shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return
