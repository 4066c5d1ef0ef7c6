"""An errand: one install that tox asks for, done in this process and told in the way of tox."""

from __future__ import annotations

import logging
import shlex
from typing import TYPE_CHECKING

from tox.tox_env.errors import Fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tox.tox_env.python.api import Python

__all__ = ["run_errand"]

_LOGGER = logging.getLogger(__name__)


def run_errand(tox_env: Python, arguments: Sequence[str], of_type: str) -> None:
    """Install into the environment of `tox_env`.

    Args:
        tox_env: where, and with which variables.
        arguments: in pip's grammar.
        of_type: what tox calls the errand: "deps", "package" and the like.

    Raises:
        Fail: with the problem and the way out.
    """
    from trueup.api.front import Surroundings, install_arguments
    from trueup.errors import TrueupError
    from trueup.resolution.credentials import presentable

    shown = presentable(shlex.join(["trueup", "install", *arguments]))
    _LOGGER.warning("install_%s> %s", of_type, shown)
    around = Surroundings(
        base=str(tox_env.core["tox_root"]), variables=tox_env.environment_variables
    )
    try:
        install_arguments(["--python", str(tox_env.env_python()), *arguments], around)
    except TrueupError as error:
        raise Fail(str(error)) from error
