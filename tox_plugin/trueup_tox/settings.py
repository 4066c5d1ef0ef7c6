"""The keys that trueup adds to an environment of tox; `uv_…` is how tox-uv calls them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tox.tox_env.errors import Fail

if TYPE_CHECKING:
    from tox.config.sets import EnvConfigSet
    from tox.tox_env.python.api import Python

__all__ = ["add_settings", "settings_digest"]

_RESOLUTIONS = ("highest", "lowest", "lowest-direct")


def add_settings(conf: EnvConfigSet) -> None:
    """Register our keys."""
    conf.add_config(
        keys=["resolution", "uv_resolution"],
        of_type=str,
        default="",
        desc=f"which of the fitting versions to take: {' | '.join(_RESOLUTIONS)}",
        post_process=_checked_resolution,
    )
    conf.add_config(
        keys=["seed", "uv_seed"],
        of_type=bool,
        default=True,
        desc="have pip in the environment, as virtualenv puts it there",
    )
    conf.add_config(
        keys=["uv_python_preference"],
        of_type=str,
        default="system",
        desc="managed | only-managed: take a Python that uv manages; else those that tox finds",
        post_process=str.lower,
    )


def settings_digest(tox_env: Python) -> str:
    """Return a digest of what, besides requirements, decides what is installed.

    Among it are addresses that may hold passwords.
    """
    conf = tox_env.conf
    decisive = [
        [conf["resolution"], conf["pip_pre"]],
        [
            each
            for each in sorted(tox_env.environment_variables.items())
            if each[0].startswith(("UV_", "PIP_", "TRUEUP_"))
        ],
    ]
    return hashlib.sha256(repr(decisive).encode()).hexdigest()


def _checked_resolution(value: str) -> str:
    if value and value not in _RESOLUTIONS:
        raise Fail(f"resolution is {value!r}; it can be one of {', '.join(_RESOLUTIONS)}")
    return value
