"""The run environments: tox's own, with trueup as their installer."""

from __future__ import annotations

from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner

from trueup_tox.virtual_environment import TrueupVirtualEnv

__all__ = ["RUN_ENVIRONMENTS", "TrueupRunner"]


class TrueupRunner(TrueupVirtualEnv, VirtualEnvRunner):
    """Runs commands in a virtual environment that trueup installs into."""

    @staticmethod
    def id() -> str:
        """Return the name behind `runner =`."""
        return "trueup"

    @property
    def _package_tox_env_type(self) -> str:
        return "trueup-pep-517"

    @property
    def _external_pkg_tox_env_type(self) -> str:
        return "trueup-cmd-builder"


RUN_ENVIRONMENTS: tuple[type[TrueupRunner], ...] = (TrueupRunner,)
