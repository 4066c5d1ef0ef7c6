"""What all environments of trueup share: virtualenv makes them, as in tox; trueup installs."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from tox.report import HandledError
from tox.tox_env.errors import Fail, Recreate, Skip
from tox.tox_env.python.api import NoInterpreter
from tox.tox_env.python.virtual_env.api import VirtualEnv

from trueup_tox.installer import TrueupInstaller
from trueup_tox.managed_python import PREFERRING, managed_python
from trueup_tox.missing_python import without_python
from trueup_tox.renewal import forget_old, set_aside
from trueup_tox.stopping import stop_errands, stopped
from trueup_tox.uv_program import find_uv_program

if TYPE_CHECKING:
    from tox.tox_env.python.api import PythonInfo

__all__ = ["TrueupVirtualEnv"]

# What tox-uv passes on, too; the last two are for builds of extension modules.
# Two threads that copy a thousand files each take twice the processor time of one after the other.
_ONE_AT_A_TIME = threading.Lock()
_PASSED = ("UV_*", "TRUEUP_*", "TOX_UV_PATH", "PKG_CONFIG_PATH", "MACOSX_DEPLOYMENT_TARGET")


class TrueupVirtualEnv(VirtualEnv):
    """A virtual environment whose installer is trueup.

    Attributes:
        renewing: it is being made anew, and what it held waits to be used again.
    """

    renewing = False

    @property
    def installer(self) -> TrueupInstaller:
        """The installer, made at the first look, as tox does it."""
        if self._installer is None:
            self._installer = TrueupInstaller(self)
        return cast("TrueupInstaller", self._installer)

    def _clean(self, transitive: bool = False) -> None:
        if self._run_state["clean"]:
            return
        # tox runs these in the environment as it was, when it is about to delete it (tox >= 4.45).
        needed = "recreate_commands" in self.conf and self.conf["recreate_commands"]
        with nullcontext(enter_result=False) if needed else set_aside(str(self.env_dir)) as shelved:
            super()._clean(transitive)
        self.installer.renew()
        self.renewing = self.renewing or shelved

    def setup(self) -> None:
        """Set the environment up; of what it held before it was made anew, the rest goes.

        Raises:
            Fail: with the problem and the way out.
            HandledError: the same, of the environment that tox itself is to run in.
        """
        try:
            super().setup()
        except Fail as error:
            core = self.core
            if "provision_tox_env" in core and core["provision_tox_env"] == self.conf.name:
                # tox expects no other error here, and shows a traceback of it.
                raise HandledError(f"cannot provision tox environment because {error}") from error
            raise
        finally:
            if self.renewing:
                self.renewing = False
                forget_old(str(self.env_dir))

    def teardown(self) -> None:
        """Remember how the environment looks, now that all commands are through."""
        try:
            if not stopped(self):
                self.installer.recollection.remember()
        finally:
            super().teardown()

    def interrupt(self) -> None:
        """Stop what runs; tox calls it from its main thread, for every environment."""
        # First of all: the packaging environment is locked while the core builds in it, and tox
        # would wait for the lock to tell it the same.
        stop_errands()
        super().interrupt()

    def _default_pass_env(self) -> list[str]:
        return [*super()._default_pass_env(), *_PASSED]

    @property
    def environment_variables(self) -> dict[str, str]:
        """Return the variables of commands: `uv` is found, and takes this environment."""
        variables = super().environment_variables
        variables.pop("UV_PYTHON", None)  # uv would prefer it to the environment that it runs in
        uv = find_uv_program(variables)
        if uv is not None:
            # At the end: what else lies beside uv is not the environment's.
            folders = variables.get("PATH", "").split(os.pathsep)
            if os.path.dirname(uv) not in folders:
                variables["PATH"] = os.pathsep.join((*folders, os.path.dirname(uv)))
        return variables

    @property
    def _allow_externals(self) -> list[str]:
        uv = find_uv_program(self.environment_variables)
        return [*super()._allow_externals, *([uv] if uv else [])]

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
        prompt = f"{os.path.basename(self.core['tox_root'])}[{self.name}]"
        variables.setdefault("VIRTUALENV_PROMPT", prompt)
        if self._managed is not None:
            first = variables.get("VIRTUALENV_TRY_FIRST_WITH")
            paths = [self._managed, *([first] if first else [])]
            variables["VIRTUALENV_TRY_FIRST_WITH"] = os.pathsep.join(paths)
        if not self.conf["seed"]:
            variables["VIRTUALENV_NO_SEED"] = "True"
        return variables

    @property
    def base_python(self) -> PythonInfo:
        """Return the interpreter that the environment is made from.

        Raises:
            Skip: it is missing, and this environment can do without a run.
            NoInterpreter: it is missing.
        """
        try:
            return super().base_python
        except (Skip, NoInterpreter) as told:
            raise without_python(self, told) from None

    def _get_python(self, base_python: list[str]) -> PythonInfo | None:
        if self.conf["uv_python_preference"] == "only-managed" and self._managed is None:
            return None
        return super()._get_python(base_python)

    @cached_property
    def _managed(self) -> str | None:
        """The Python that uv manages, where one is preferred and can be had."""
        if self.conf["uv_python_preference"] not in PREFERRING:
            return None
        return managed_python(self.conf["base_python"], os.environ)

    def create_python_env(self) -> None:
        """Make the virtual environment; pip is taken back where one was there before.

        Raises:
            Fail: another process is changing the environment.
        """
        from trueup_tox.seeds import keep_seeds

        with _ONE_AT_A_TIME:
            keep_seeds(self.session, str(self.env_dir))
            super().create_python_env()

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
