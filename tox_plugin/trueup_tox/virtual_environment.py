"""What all environments of trueup share: virtualenv makes them, as in tox; trueup installs."""

from __future__ import annotations

import os
from typing import Any, cast

from tox.tox_env.errors import Recreate
from tox.tox_env.python.virtual_env.api import VirtualEnv

from trueup_tox.installer import TrueupInstaller
from trueup_tox.stopping import stop_errands

__all__ = ["TrueupVirtualEnv"]

_PASSED = ("UV_*", "TRUEUP_*")


class TrueupVirtualEnv(VirtualEnv):
    """A virtual environment whose installer is trueup."""

    @property
    def installer(self) -> TrueupInstaller:
        """The installer, made at the first look, as tox does it."""
        if self._installer is None:
            self._installer = TrueupInstaller(self)
        return cast("TrueupInstaller", self._installer)

    def interrupt(self) -> None:
        """Stop what runs; tox calls it from its main thread, for every environment."""
        # First of all: the packaging environment is locked while the core builds in it, and tox
        # would wait for the lock to tell it the same.
        stop_errands()
        super().interrupt()

    def _default_pass_env(self) -> list[str]:
        return [*super()._default_pass_env(), *_PASSED]

    def python_cache(self) -> dict[str, Any]:
        """Return what makes an environment another one when it changes."""
        traits = super().python_cache()
        # Only named when on, so that the notes of an environment without it stay the same.
        for key in ("system_site_packages", "always_copy"):
            if self.conf[key]:
                traits[key] = True
        if not self.conf["seed"]:
            traits["seed"] = False
        return traits

    def virtualenv_env_vars(self) -> dict[str, str]:
        """Return the variables that virtualenv is told its options by."""
        variables = super().virtualenv_env_vars()
        if not self.conf["seed"]:
            variables["VIRTUALENV_NO_SEED"] = "True"
        return variables

    def ensure_python_env(self) -> None:
        """Make the virtual environment, or see to it that it still is one.

        Raises:
            Recreate: it was made with other traits, or its Python is gone.
        """
        super().ensure_python_env()
        python = self.env_python()
        # Not `exists`: that would take a link to a Python that was uninstalled for no file at all.
        if not os.path.isfile(python):
            what = "is a link to nothing" if os.path.islink(python) else "is gone"
            raise Recreate(f"{python} {what}")
