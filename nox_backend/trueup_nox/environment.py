"""The environment of a session: nox's own kind of virtual environment, made by trueup.

It is made without starting a program, and without pip. Its pyvenv.cfg says so in the one way that
nox's other backends understand: the key `uv`, by which the uv backend takes it over, and the
virtualenv and venv backends, which need a pip, make theirs anew.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import nox.virtualenv
from nox.command import CommandFailed
from nox.logger import logger
from trueup.errors import InterpreterNotFound, TrueupError

from trueup_nox.commands import Inside
from trueup_nox.renewal import await_installs
from trueup_nox.seams import shims_wanted

if TYPE_CHECKING:
    from trueup.destination.environment import Interpreter

__all__ = ["TrueupEnvironment"]

_MARK = "uv = no, trueup; without pip\n"
_MEANINGLESS = {
    *("--clear", "--download", "--no-download", "--no-periodic-update", "--no-seed"),
    *("--no-setuptools", "--no-vcs-ignore", "--no-wheel", "--quiet", "-q", "--symlinks"),
    *("--verbose", "-v", "--without-pip", "--without-scm-ignore-files"),
}


class TrueupEnvironment(nox.virtualenv.VirtualEnv):
    """A virtual environment that trueup makes and installs into.

    Its `venv_backend` is "uv", where there is a uv to be run, else "virtualenv": noxfiles and
    extensions such as nox-uv ask for it to know which commands work.

    Attributes:
        errands: how many installs trueup has done here in this run.
        installing: `session.install` is at work.
        renewing: it was made anew in this run, and what it held before waits for the installs.
    """

    def __init__(self, location: str, interpreter: str | None = None, **keywords: Any) -> None:
        """Prepare; see the class of nox for what there is to say."""
        uv = shims_wanted() or shutil.which("uv") or find_spec("uv")
        keywords["venv_backend"] = "uv" if uv else "virtualenv"
        super().__init__(location, interpreter, **keywords)
        self.errands = 0
        self.installing = False
        self.renewing = False

    def create(self) -> bool:
        """Make the environment, or keep the one that is there.

        Returns:
            Whether it is new.

        Raises:
            CommandFailed: it cannot be made.
            nox.virtualenv.InterpreterNotFound: there is no such Python.
        """
        if self.reuse_existing and self._sound():
            logger.debug(f"Reusing existing virtual environment at {self.location_name}.")
            self._reused = True
            created = False
        else:
            self.reuse_existing = False
            created = self._make()
        if shims_wanted():
            from trueup_nox.shims import put_shims

            put_shims(self.location, self.bin)
        return created

    def inside(self) -> Inside:
        """Return what command lines are judged by."""
        pip = bool(shutil.which("pip", path=self.bin))
        return Inside(self._has, pip=pip)

    def _has(self, program: str) -> bool:
        found = shutil.which(program, path=self.bin)
        directory = os.path.normcase(os.path.abspath(os.path.dirname(found))) if found else ""
        return directory == os.path.normcase(self.bin)

    def _sound(self) -> bool:
        """Whether what lies here is a virtual environment whose Python can start."""
        python = shutil.which("python", path=self.bin)
        virtual = os.path.isfile(os.path.join(self.location, "pyvenv.cfg"))
        if not (virtual and python) or os.path.isdir(os.path.join(self.location, "conda-meta")):
            return False
        same = getattr(self, "_check_reused_environment_interpreter", None)
        return bool(same()) if callable(same) else True  # only with NOX_ENABLE_STALENESS_CHECK

    def _make(self) -> bool:
        traits = _traits(self.venv_params)
        if traits is None:
            # Options of virtualenv or uv that are more than trueup's own: let that program do it.
            return bool(super().create())
        self._keep_out_of_version_control()
        from trueup.acquisition.store import open_store
        from trueup.destination.creation import create_environment
        from trueup.destination.skeleton import add_to_config

        try:
            memory = open_store().folder("interpreters")
            base = self._base(memory)
            version = ".".join(map(str, base.version))
            what = f"virtual environment (trueup) using Python {version} in {self.location_name}"
            logger.info(f"Creating {what}")
            self.renewing = os.path.isdir(self.location)
            create_environment(
                self.location, base, clear=True, salvage=True, memory=memory, **traits
            )
            if self.renewing:
                await_installs(self.location)
            add_to_config(self.location, _MARK)
        except TrueupError as error:
            logger.error(str(error))
            raise CommandFailed(error.problem) from error
        return True

    def _base(self, memory: str) -> Interpreter:
        from trueup.destination.discovery import find_interpreter
        from trueup.destination.facts import interpreter_facts

        if self.interpreter is None:
            # By its own name, and not as what runs: then the new environment need not be asked.
            return interpreter_facts(getattr(sys, "_base_executable", None), memory=memory)
        resolved = self._resolved_interpreter  # which may download it, as nox has been told
        try:
            return interpreter_facts(find_interpreter(resolved, memory=memory), memory=memory)
        except InterpreterNotFound as error:
            raise nox.virtualenv.InterpreterNotFound(str(self.interpreter)) from error

    def _keep_out_of_version_control(self) -> None:
        """Mark nox's directory as nox does; versions that do not mark it are left alone."""
        from pathlib import Path

        for name in ("_ensure_gitignore", "_ensure_cachedir_tag"):
            mark = getattr(nox.virtualenv, name, None)
            if callable(mark):
                mark(Path(self.location).parent)


def _traits(parameters: list[str]) -> dict[str, Any] | None:
    """Return what `venv_params` ask of an environment; None if it is more than trueup can do."""
    traits: dict[str, Any] = {}
    waiting = iter(parameters)
    for word in waiting:
        name, _, value = word.partition("=")
        if word == "--system-site-packages":
            traits["system_site_packages"] = True
        elif name == "--prompt":
            prompt = value or next(waiting, "")
            traits["prompt"] = prompt
        elif word not in _MEANINGLESS:
            return None
    return traits
