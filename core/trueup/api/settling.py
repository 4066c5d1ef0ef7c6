"""Settling: whoever looks at an environment first finishes what was interrupted in it."""

from __future__ import annotations

from trueup.destination.environment import Environment
from trueup.destination.lock import environment_lock
from trueup.installation.journal import is_open
from trueup.reporting import SILENT, Reporter

__all__ = ["settle"]


def settle(environment: Environment, reporter: Reporter = SILENT) -> tuple[str, ...]:
    """Finish, or take back, a change that somebody was killed in; to look for one costs a stat.

    What is only looked at must not be told of as half a change shows it.

    Returns:
        Names and versions that the interrupted change was about; () where there was none.

    Raises:
        TrueupError: it can be neither finished nor taken back, or not by this user.
    """
    if not is_open(environment):
        return ()
    from trueup.installation.transaction import recover

    with environment_lock(environment, reporter=reporter):
        return recover(environment, reporter=reporter)
