"""Making an environment anew without writing again what is proven to be right already.

What was in it waits on a shelf, and every install of the session takes from there. nox tells nobody
when a session is over: what is left goes before the next environment is made, or at the end.
"""

from __future__ import annotations

import atexit
import os

from nox.logger import logger

__all__ = ["await_installs", "forget_old"]

_waiting: list[str] = []


def await_installs(location: str) -> None:
    """Leave what an environment held before for its installs; that of any other one goes.

    Args:
        location: the environment, which was just made anew.
    """
    forget_old()
    atexit.unregister(forget_old)
    atexit.register(forget_old)
    _waiting.append(location)


def forget_old() -> None:
    """Delete what no install has taken."""
    if not _waiting:
        return
    from trueup.destination.environment import STATE
    from trueup.destination.lock import state_lock
    from trueup.destination.shelf import drop_shelves
    from trueup.errors import TrueupError

    while _waiting:
        location = _waiting.pop()
        state = os.path.join(location, STATE)
        if not os.path.isdir(state):
            continue
        try:
            with state_lock(state, location):
                drop_shelves(location)
        except (OSError, TrueupError) as error:  # the next install there tries again
            logger.warning("What %s held before cannot be deleted: %s", location, error)
