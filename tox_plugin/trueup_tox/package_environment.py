"""The package environments: tox's own, with trueup as their installer."""

from __future__ import annotations

from tox.tox_env.python.virtual_env.package.cmd_builder import VirtualEnvCmdBuilder
from tox.tox_env.python.virtual_env.package.pyproject import Pep517VirtualEnvPackager

from trueup_tox.virtual_environment import TrueupVirtualEnv

__all__ = ["TrueupCommandBuilder", "TrueupPackager"]


class TrueupPackager(TrueupVirtualEnv, Pep517VirtualEnvPackager):
    """Builds the project."""

    @staticmethod
    def id() -> str:
        """Return the name that run environments ask for."""
        return "trueup-pep-517"


class TrueupCommandBuilder(TrueupVirtualEnv, VirtualEnvCmdBuilder):
    """Builds the project with the user's own commands, or takes what `--installpkg` names."""

    @staticmethod
    def id() -> str:
        """Return the name that run environments ask for."""
        return "trueup-cmd-builder"
