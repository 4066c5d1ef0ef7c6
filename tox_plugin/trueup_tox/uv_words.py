"""The words of tox-uv, so that a project can come over by changing one, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from trueup_tox.package_environment import TrueupCommandBuilder, TrueupPackager
from trueup_tox.run_environment import RUN_ENVIRONMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tox.tox_env.api import ToxEnv
    from tox.tox_env.package import PackageToxEnv
    from tox.tox_env.register import ToxEnvRegister
    from tox.tox_env.runner import RunToxEnv

__all__ = ["package_aliases", "run_aliases", "script_aliases"]

Environment = TypeVar("Environment", bound="ToxEnv")

_RUNNERS = {
    "trueup": "uv-venv-runner",
    "trueup-lock": "uv-venv-lock-runner",
    "trueup-pep-723": "uv-venv-pep-723",
}
_PACKAGERS: dict[str, type[PackageToxEnv]] = {
    "uv-venv-pep-517": TrueupPackager,
    "uv-venv-cmd-builder": TrueupCommandBuilder,
}


def run_aliases(register: ToxEnvRegister) -> list[type[RunToxEnv]]:
    """Return our runners under tox-uv's names, where tox-uv is not there to answer to them."""
    found: list[type[RunToxEnv]] = []
    for runner in RUN_ENVIRONMENTS:
        name = _RUNNERS[runner.id()]
        if name not in register.env_runners:
            found.append(_named(runner, name))
    return found


def script_aliases(variables: Mapping[str, str]) -> list[type[RunToxEnv]]:
    """Return our runner of scripts under tox's own name, for who asks for trueup in everything.

    As tox-uv does it, and with the variable that tells tox-uv not to.
    """
    if variables.get("TOX_UV_NO_PEP723", "").lower() in {"1", "true", "yes", "on"}:
        return []
    scripts = (each for each in RUN_ENVIRONMENTS if each.id() == "trueup-pep-723")
    return [_named(each, "virtualenv-pep-723") for each in scripts]


def package_aliases(register: ToxEnvRegister) -> list[type[PackageToxEnv]]:
    """Return our packagers under tox-uv's names, where tox-uv is not there to answer to them."""
    found: list[type[PackageToxEnv]] = []
    for name, packager in _PACKAGERS.items():
        try:
            register.package(name)
        except KeyError:
            found.append(_named(packager, name))
    return found


def _named(of_type: type[Environment], name: str) -> type[Environment]:
    """Return a class that is `of_type` in all but the name behind `runner =`.

    It keeps the name of the class: tox makes an environment anew when that changes.
    """
    alias = type(of_type.__name__, (of_type,), {"id": staticmethod(lambda: name)})
    return cast("type[Environment]", alias)
