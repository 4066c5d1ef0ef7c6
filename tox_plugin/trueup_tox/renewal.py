"""Making an environment anew without writing again what is proven to be right already."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator

__all__ = ["forget_old", "set_aside"]

_LOGGER = logging.getLogger(__name__)
_LOCK = "file.lock"  # tox holds it in an environment that packages


@contextlib.contextmanager
def set_aside(folder: str) -> Iterator[bool]:
    """Keep what an environment holds while tox empties its folder; tell whether there is anything.

    Whatever is installed afterwards takes from it what is just what would be written.

    Args:
        folder: of the environment.

    Raises:
        Fail: another process is changing the environment.
    """
    state = _shelve(folder)
    if state is None:
        yield False
        return
    beside = os.path.join(os.path.dirname(folder), f".{os.path.basename(folder)}.trueup")
    shutil.rmtree(beside, ignore_errors=True)  # of a run that was killed
    os.rename(state, beside)
    try:
        yield True
    finally:
        os.makedirs(folder, exist_ok=True)
        os.rename(beside, state)


def _shelve(folder: str) -> str | None:
    """Set everything in an environment on a shelf; return where, or None where it cannot be."""
    if not os.path.isfile(os.path.join(folder, "pyvenv.cfg")) or os.path.islink(folder):
        return None
    from tox.tox_env.errors import Fail
    from trueup.destination.clearing import clear_directory
    from trueup.destination.environment import STATE
    from trueup.errors import TrueupError

    try:
        clear_directory(folder, salvage=True, keep={_LOCK})
    except TrueupError as error:
        raise Fail(str(error)) from error
    except OSError as error:  # tox will delete it then
        _LOGGER.debug("%s cannot be set aside: %s", folder, error)
        return None
    return os.path.join(folder, STATE)


def forget_old(folder: str) -> None:
    """Delete what nothing that was installed has taken.

    Raises:
        Fail: another process is changing the environment.
    """
    from tox.tox_env.errors import Fail
    from trueup.destination.environment import STATE
    from trueup.destination.lock import state_lock
    from trueup.destination.shelf import drop_shelves
    from trueup.errors import TrueupError

    try:
        with state_lock(os.path.join(folder, STATE), folder):
            drop_shelves(folder)
    except TrueupError as error:
        raise Fail(str(error)) from error
    except OSError as error:
        _LOGGER.warning("what %s held before cannot be deleted: %s", folder, error)
