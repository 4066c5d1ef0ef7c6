"""The package environments: tox's own, with trueup as their installer and as their builder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tox.tox_env.python.package import PythonPackageToxEnv
from tox.tox_env.python.virtual_env.package.cmd_builder import VirtualEnvCmdBuilder
from tox.tox_env.python.virtual_env.package.pyproject import (
    Pep517VenvPackager,
    Pep517VirtualEnvPackager,
)
from tox.util.path import ensure_empty_dir

from trueup_tox.remembered_build import RememberedBuild
from trueup_tox.uv_package import UV_KINDS, SourcedProject
from trueup_tox.variables import variables_of
from trueup_tox.virtual_environment import TrueupVirtualEnv

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from tox.config.sets import EnvConfigSet
    from tox.tox_env.api import ToxEnvCreateArgs
    from tox.tox_env.package import Package, PackageToxEnv
    from tox.tox_env.runner import RunToxEnv
    from trueup.api.build_wish import ProjectWheel

    from trueup_tox.project import Project

    Built = tuple[ProjectWheel, Project]

__all__ = ["PACKAGE_ENVIRONMENTS", "TrueupCommandBuilder", "TrueupPackager"]

# A folder with none of them is no project; what tox makes of it is for tox to say.
_DESCRIPTIONS = ("pyproject.toml", "setup.py")


class TrueupPackager(TrueupVirtualEnv, Pep517VirtualEnvPackager):
    """Builds the project.

    A wheel and an editable wheel are built by the core, in build environments of its own that all
    projects share, without the packaging environment being made at all. What the core could not do
    in tox's sense stays tox's: sdist, sdist-wheel, editable-legacy, settings that differ from hook
    to hook, a packaging environment with an `install_command` of its own.
    """

    def __init__(self, create_args: ToxEnvCreateArgs) -> None:
        """Make the environment's object; nothing is on disk yet."""
        super().__init__(create_args)
        self._built: dict[str, Built | None] = {}
        self._new: list[RememberedBuild] = []

    @staticmethod
    def id() -> str:
        """Return the name that run environments ask for."""
        return "trueup-pep-517"

    def perform_packaging(self, for_env: EnvConfigSet) -> list[Package]:
        """Return the package to install for a run environment.

        Raises:
            Fail: it cannot be built.
            Skip: packages are not built on this platform.
        """
        self._platform_check()  # tox does it when it sets an environment up
        kind = for_env["package"]
        if kind in UV_KINDS:
            root = Path(os.path.abspath(self.conf["package_root"]))
            return [SourcedProject(root, for_env["extras"], editable=kind == "uv-editable")]
        if kind not in {"wheel", "editable"}:
            return super().perform_packaging(for_env)
        builder = self._wheel_build_envs.get(for_env["wheel_build_env"], self)
        if builder is not self:
            with builder.display_context(self._has_display_suspended):
                return builder.perform_packaging(for_env)
        built = self._built_once(kind)
        if built is None:
            return super().perform_packaging(for_env)
        from trueup_tox.project import EditableProject, Metadata, WheelProject

        wheel, project = built
        needs = self._load_deps_from_static(for_env)
        if needs is None:
            needs = Metadata.read(wheel.metadata).with_extras(for_env["extras"])
        package = (EditableProject if kind == "editable" else WheelProject)(Path(wheel.path), needs)
        package.project = project
        return [package]

    def _built_once(self, kind: str) -> Built | None:
        """Return the project's wheel, judged once in a run; None where tox has to build it."""
        if kind not in self._built:
            self._built[kind] = self._build(kind)
        return self._built[kind]

    def _build(self, kind: str) -> Built | None:
        from trueup.api.build_wish import BuildWish

        from trueup_tox.project import Project, settings_for

        root = os.path.abspath(self.conf["package_root"])
        settings = settings_for(self._settings(kind))
        if settings is None or self.conf["deps"] or self.installer.own_command:
            return None
        if not any(os.path.isfile(os.path.join(root, name)) for name in _DESCRIPTIONS):
            return None
        if self._log_id == 0:  # tox does it when it sets an environment up
            ensure_empty_dir(self.env_log_dir)
        wish = BuildWish(
            path=root,
            python=str(self.base_python.extra["executable"]),
            folder=os.path.join(self.conf["pkg_dir"], kind),
            editable=kind == "editable",
            config_settings=tuple(settings.items()),
        )
        variables = variables_of(self)
        remembered = RememberedBuild(wish, variables)
        wheel = remembered.wheel or self._build_now(remembered)
        return None if wheel is None else (wheel, Project(wish, variables))

    def _build_now(self, remembered: RememberedBuild) -> ProjectWheel | None:
        from trueup_tox.project import build

        wheel = build(self, remembered.wish)
        if wheel is not None:
            remembered.wheel = wheel
            self._new.append(remembered)
        return wheel

    def _settings(self, kind: str) -> Mapping[str, dict[str, str] | None]:
        hooks = (
            f"get_requires_for_build_{kind}",
            f"prepare_metadata_for_build_{kind}",
            f"build_{kind}",
        )
        return {hook: self.conf[f"config_settings_{hook}"] for hook in hooks}

    def _teardown(self) -> None:
        while self._new:  # now that the commands are through, which may have changed the project
            self._new.pop().remember()
        if self._frontend_ is None:  # tox would make one, only to close it
            super(Pep517VenvPackager, self)._teardown()
        else:
            super()._teardown()


class TrueupCommandBuilder(TrueupVirtualEnv, VirtualEnvCmdBuilder):
    """Builds the project with the user's own commands, or takes what `--installpkg` names."""

    @staticmethod
    def id() -> str:
        """Return the name that run environments ask for."""
        return "trueup-cmd-builder"

    def register_run_env(
        self, run_env: RunToxEnv
    ) -> Generator[tuple[str, str], PackageToxEnv, None]:
        """Register the environment that tells an sdist's metadata, as one of ours.

        tox names its own class here, whatever the run environment asked for.
        """
        yield from PythonPackageToxEnv.register_run_env(self, run_env)
        result = yield f"{self.conf.name}_sdist_meta", TrueupPackager.id()
        if isinstance(result, Pep517VirtualEnvPackager):
            self._sdist_meta_tox_env = result


PACKAGE_ENVIRONMENTS: tuple[type[PackageToxEnv], ...] = (TrueupPackager, TrueupCommandBuilder)
