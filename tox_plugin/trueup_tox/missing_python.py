"""`skip_missing_interpreters` of one environment: tox 4.23 has it for all of them only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tox.config.loader.str_convert import StrConvert
from tox.tox_env.errors import Skip
from tox.tox_env.python.api import NoInterpreter

if TYPE_CHECKING:
    from tox.config.main import Config
    from tox.tox_env.python.api import Python

__all__ = ["add_skipping", "without_python"]

_KEY = "skip_missing_interpreters"


def add_skipping(tox_env: Python) -> None:
    """Register the key where tox has not done it."""
    if _KEY in tox_env.conf:
        return
    said = getattr(tox_env.options, _KEY, "config")

    def default(_: Config, __: str | None) -> bool:
        return bool(tox_env.core[_KEY])

    tox_env.conf.add_config(
        [_KEY],
        bool,
        default,
        "skip this environment where its interpreter is missing",
        post_process=lambda value: value if said == "config" else StrConvert().to_bool(said),
    )


def without_python(tox_env: Python, told: Skip | NoInterpreter) -> Skip | NoInterpreter:
    """Return what becomes of an environment whose interpreter is missing.

    Args:
        tox_env: the environment.
        told: what tox makes of it, by the key that holds for all environments.
    """
    if _KEY not in tox_env.conf or tox_env.conf[_KEY] == isinstance(told, Skip):
        return told
    specs: list[str] = tox_env.conf["base_python"]
    if tox_env.conf[_KEY]:
        return Skip(f"could not find python interpreter with spec(s): {', '.join(specs)}")
    return NoInterpreter(specs)
