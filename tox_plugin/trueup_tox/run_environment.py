"""The run environments: tox's own, with trueup as their installer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tox.tox_env.python.dependency_groups import resolve
from tox.tox_env.python.pip.req_file import PythonDeps
from tox.tox_env.python.runner import PythonRun
from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner

from trueup_tox.lock_environment import TrueupLockRunner
from trueup_tox.missing_python import add_skipping
from trueup_tox.uv_package import UV_KINDS, project_root
from trueup_tox.virtual_environment import TrueupVirtualEnv

try:
    from tox.tox_env.python.virtual_env.pep723_runner import Pep723Runner
except ImportError:  # tox < 4.51 knows no scripts
    Pep723Runner = None  # type: ignore[assignment,misc] # a class, or nothing to build on

if TYPE_CHECKING:
    from tox.tox_env.runner import RunToxEnv

__all__ = ["RUN_ENVIRONMENTS", "TrueupRunner"]


class TrueupRunner(TrueupVirtualEnv, VirtualEnvRunner):
    """Runs commands in a virtual environment that trueup installs into."""

    @staticmethod
    def id() -> str:
        """Return the name behind `runner =`."""
        return "trueup"

    def register_config(self) -> None:
        """Register tox's keys, those that are younger than the oldest tox among them."""
        super().register_config()
        add_skipping(self)

    @property
    def _package_tox_env_type(self) -> str:
        return "trueup-pep-517"

    @property
    def _external_pkg_tox_env_type(self) -> str:
        return "trueup-cmd-builder"

    @property
    def _package_types(self) -> tuple[str, ...]:
        return (*super()._package_types, *UV_KINDS)

    def _install_deps(self) -> None:
        groups: set[str] = self.conf["dependency_groups"]
        if not (groups and self.conf["resolution"]):
            super()._install_deps()
            return
        # The lowest versions of one half may not fit to the other half.
        deps: PythonDeps = self.conf["deps"]
        grouped = resolve(Path(project_root(self.core)), groups)
        lines = [*deps.lines(), *map(str, grouped)]
        together = PythonDeps("\n".join(lines), Path(self.core["toxinidir"]))
        self._install(together, PythonRun.__name__, "deps")

    def _install_dependency_groups(self) -> None:
        if not self.conf["resolution"]:
            super()._install_dependency_groups()


RUN_ENVIRONMENTS: tuple[type[RunToxEnv], ...] = (TrueupRunner, TrueupLockRunner)

if Pep723Runner is not None:

    class TrueupPep723Runner(TrueupVirtualEnv, Pep723Runner):
        """Runs a script in an environment that holds what the script's own metadata asks for."""

        @staticmethod
        def id() -> str:
            """Return the name behind `runner =`."""
            return "trueup-pep-723"

    RUN_ENVIRONMENTS = (*RUN_ENVIRONMENTS, TrueupPep723Runner)
