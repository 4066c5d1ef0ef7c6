"""Clear the directory of an environment, so that another can be made there."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection

from trueup.destination.environment import STATE
from trueup.destination.lock import state_lock
from trueup.destination.removal import empty_directory, remove_aside
from trueup.destination.shelf import drop_shelves, shelve
from trueup.destination.venv_config import NAME, program_directory
from trueup.errors import EnvironmentProblem

__all__ = ["clear_directory", "ensure_clearable"]


def clear_directory(target: str, *, salvage: bool = False, keep: Collection[str] = ()) -> None:
    """Take away what is in the directory of an environment.

    Args:
        target: absolute; it stays, or is made anew.
        salvage: keep what it held on a shelf, for the installs that follow to take from.
        keep: names directly in it that stay.

    Raises:
        EnvironmentProblem: a home directory or a running Python lies there.
        BusyError: another process is changing the environment.
        OSError: something cannot be taken away.
    """
    ensure_clearable(target)
    state = os.path.join(target, STATE)
    if salvage or keep:
        with state_lock(state, target):
            shelve(target, keep=keep)
            if not salvage:
                drop_shelves(target)
    elif os.path.isdir(state):
        with state_lock(state, target):
            _take_away(target)
    else:
        _take_away(target)


def ensure_clearable(target: str) -> None:
    """See to it that nothing is cleared that the user, or the running process, stands on.

    Raises:
        EnvironmentProblem: a home directory or a running Python lies in `target`.
    """
    resolved = os.path.realpath(target)
    kept = (os.path.expanduser("~"), sys.base_prefix, sys.prefix)
    if any(os.path.realpath(path) == resolved or _is_inside(path, resolved) for path in kept):
        problem = f"{target} will not be cleared: a home directory or a running Python lies there"
        raise EnvironmentProblem(problem, hint="Choose another directory.")


def _take_away(target: str) -> None:
    # What is a link, a mount or the working directory of somebody stays, and is only emptied.
    if (
        os.path.islink(target)
        or os.path.ismount(target)
        or not os.access(os.path.dirname(target), os.W_OK)
    ):
        empty_directory(target, first=(program_directory(target), os.path.join(target, NAME)))
    else:
        remove_aside(target)
        os.mkdir(target)


def _is_inside(path: str, directory: str) -> bool:
    return os.path.realpath(path).startswith(os.path.join(directory, ""))
