"""The environment variables of a tox environment, and which of them a build is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tox.tox_env.api import ToxEnv

__all__ = ["variables_of"]

_LET_IN = "TRUEUP_BUILD_ENV"


def variables_of(tox_env: ToxEnv) -> dict[str, str]:
    """Return the variables of `tox_env`; builds are given what its `set_env` sets, too.

    The core gives a build backend only what it knows builds to need. Whatever somebody set in
    tox's configuration was set on purpose.
    """
    variables = dict(tox_env.environment_variables)
    names = [name for name in tox_env.conf["set_env"] if name in variables]
    variables[_LET_IN] = " ".join(dict.fromkeys((*variables.get(_LET_IN, "").split(), *names)))
    return variables
