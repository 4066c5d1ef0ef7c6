"""Take directories away: out of sight at once, and deleted after."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["empty_directory", "remove_aside", "remove_tree"]

_MARK = ".trueup-removed-"


def remove_aside(directory: str) -> None:
    """Remove a directory: renamed first, so that nobody ever sees half of it, then deleted.

    What earlier removals of this directory left behind, because they were killed, goes too.

    Raises:
        OSError: it cannot be renamed or deleted.
    """
    parent, name = os.path.split(directory)
    os.rename(directory, os.path.join(parent, f".{name}{_MARK}{os.urandom(16).hex()}"))
    for left in os.listdir(parent):
        if left.startswith(f".{name}{_MARK}"):
            remove_tree(os.path.join(parent, left))


def empty_directory(directory: str, *, first: tuple[str, ...] = ()) -> None:
    """Delete what a directory holds, and not itself.

    Args:
        directory: whose entries go.
        first: entries, as paths, that go before the others.

    Raises:
        OSError: something cannot be deleted.
    """
    rest = (os.path.join(directory, name) for name in sorted(os.listdir(directory)))
    for path in (*first, *rest):
        if os.path.isdir(path) and not os.path.islink(path):
            remove_tree(path)
        elif os.path.lexists(path):
            os.unlink(path)


def remove_tree(directory: str) -> None:
    """Delete a directory with all that is in it, read-only parts included.

    Raises:
        OSError: something cannot be deleted.
    """
    import shutil

    if sys.version_info >= (3, 12):
        shutil.rmtree(directory, onexc=_allow_and_retry)
    else:
        shutil.rmtree(directory, onerror=lambda do, path, info: _allow_and_retry(do, path, info[1]))


def _allow_and_retry(do: Callable[..., Any], path: str, error: BaseException) -> None:
    """Get past what was made read-only, and past what another process deletes at the same time."""
    if isinstance(error, FileNotFoundError):
        return
    if not isinstance(error, PermissionError):
        raise error
    parent = os.path.dirname(path)
    os.chmod(parent, os.stat(parent).st_mode | 0o700)
    if os.path.isdir(path) and not os.path.islink(path):
        os.chmod(path, 0o700)
        if do is not os.rmdir:
            remove_tree(path)
            return
    elif os.name == "nt":
        os.chmod(path, 0o600)
    do(path)
