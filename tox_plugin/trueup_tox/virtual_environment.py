"""What all environments of trueup share: virtualenv makes them, as in tox; trueup installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tox.tox_env.python.virtual_env.api import VirtualEnv

from trueup_tox.installer import TrueupInstaller

if TYPE_CHECKING:
    from tox.tox_env.python.pip.pip_install import Pip

__all__ = ["TrueupVirtualEnv"]

_PASSED = ("UV_*", "TRUEUP_*")


class TrueupVirtualEnv(VirtualEnv):
    """A virtual environment whose installer is trueup."""

    @property
    def installer(self) -> Pip:
        """The installer, made at the first look, as tox does it."""
        if self._installer is None:
            self._installer = TrueupInstaller(self)
        return self._installer

    def _default_pass_env(self) -> list[str]:
        return [*super()._default_pass_env(), *_PASSED]
