"""What is not as it was put in place, in an environment of tox."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from tox.tox_env.errors import Fail

if TYPE_CHECKING:
    from trueup.destination.environment import Environment

__all__ = ["find_damaged"]

_LOGGER = logging.getLogger(__name__)


def find_damaged(opened: Callable[[], Environment]) -> frozenset[str]:
    """Return the names of distributions with files that are gone or edited, and tell of them.

    Args:
        opened: gives the environment to the core.

    Raises:
        Fail: the environment cannot be read.
    """
    from trueup.destination.installed import read_installed
    from trueup.errors import TrueupError
    from trueup.installation.damage import find_damage

    try:
        environment = opened()
        damaged = find_damage(environment, read_installed(environment), edited_too=True)
    except TrueupError as error:
        raise Fail(str(error)) from error
    for name, problem in sorted(damaged.items()):
        _LOGGER.warning("%s is damaged and will be put right: %s", name, problem)
    return frozenset(damaged)
