"""The installer: tox decides when and what, trueup does it, and keeps the environment exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tox.tox_env.errors import Fail, Recreate
from tox.tox_env.python.pip.pip_install import Pip
from tox.tox_env.python.pip.req_file import PythonDeps

from trueup_tox.arguments import (
    files_in,
    has_packages,
    holds_directories,
    pinned,
    projects_in,
    requirements_in,
)
from trueup_tox.damage import find_damaged
from trueup_tox.exactness import Exactness
from trueup_tox.lock import Locked
from trueup_tox.memory import key_of, lasting
from trueup_tox.recollection import Recollection
from trueup_tox.record import Record
from trueup_tox.settings import add_settings, settings_digest
from trueup_tox.uv_package import SourcedProject, lowered, project_root

if TYPE_CHECKING:
    from trueup.destination.environment import Environment

    from trueup_tox.project import Project

__all__ = ["TrueupInstaller"]


class TrueupInstaller(Pip):
    """tox's installer up to the list of pip's arguments; trueup from there on.

    Three things are better than with pip: a requirement that was removed leaves the environment
    without the rest of it being made anew, what was deleted or edited in the environment is put
    right, and a path among the requirements is never served stale.
    """

    _prepared = False

    def _register_config(self) -> None:
        super()._register_config()
        add_settings(self._env.conf)

    @cached_property
    def recollection(self) -> Recollection:
        """What was seen of the environment at the end of the last run."""
        return Recollection(self._env, self._environment)

    def renew(self) -> None:
        """Forget what was seen of the environment: it is made anew."""
        self.recollection.renew()
        self._prepared = False
        if "_damaged" in vars(self):
            del self._damaged

    @cached_property
    def _exactness(self) -> Exactness:
        return Exactness(self._env, self._environment)

    @cached_property
    def own_command(self) -> bool:
        """Whether the project has an `install_command` of its own, which then is run as it is."""
        usual = self.default_install_command(self._env.conf._conf, self._env.conf.name)  # noqa: SLF001 - only handed back to tox
        return _bare(self._env.conf["install_command"].args) != _bare(usual.args)

    def install(self, arguments: Any, section: str, of_type: str) -> None:
        """Install what tox asks for, and take out what it no longer asks for.

        Raises:
            Fail: with the problem and the way out.
            Recreate: the environment has to be made anew.
        """
        sourced = _sourced(arguments)
        if self.own_command and not isinstance(arguments, Locked):
            if sourced is not None:
                super()._execute_installer(sourced.arguments, of_type)
            else:
                super().install(arguments, section, of_type)
            return
        self.recollection.begin()
        if isinstance(arguments, Locked):
            self._synchronize(arguments)
        else:
            self._install(arguments, section, of_type)
        self.recollection.end()

    def _install(self, arguments: Any, section: str, of_type: str) -> None:
        sourced = _sourced(arguments)
        self._started: set[str] = set()
        self._changed = False
        self._projects = projects_in(arguments)
        self._prepare()
        if sourced is not None:
            self._exactness.replace_lines(sourced.lines)
            self._run(sourced.arguments, of_type, mark="")
            self._exactness.remove_leftovers(changed=self._changed)
            return
        try:
            super().install(arguments, section, of_type)
        except Recreate:
            if not self._exactness.drop(arguments, section, of_type):
                raise
            super().install(arguments, section, of_type)
        if isinstance(arguments, PythonDeps) and holds_directories(arguments):
            # tox compares the lines of its configuration, and a path stays the same line.
            self.recollection.stands_on(files_in(arguments))
            words = [*arguments.as_root_args, *self._constraints()]
            self._look_again(words, of_type, key_of(arguments.unroll()))
        if has_packages(arguments):
            _, members = lowered(requirements_in(arguments), project_root(self._env.core))
            if members:
                self._look_again(members, "package_deps", "")
        self._exactness.remove_leftovers(changed=self._changed)

    def _look_again(self, words: list[str], of_type: str, mark: str) -> None:
        """Install local projects that tox has not, because their names are the same as before."""
        if of_type in self._started:
            self.recollection.note(of_type, words, mark)
        else:
            self._run(words, of_type, mark=mark)

    def installed(self) -> list[str]:
        """Return what is installed, as `pip freeze --all` writes it."""
        if self._env.conf["list_dependencies_command"].args != self.freeze_cmd():
            return super().installed()
        from trueup.errors import TrueupError

        from trueup_tox.listing import list_installed

        try:
            return list_installed(self._environment())
        except TrueupError as error:
            raise Fail(str(error)) from error

    def _synchronize(self, asked: Locked) -> None:
        from trueup_tox.synchronization import synchronize

        synchronize(self._env, asked, self.recollection, self._again())

    def _execute_installer(self, deps: Sequence[Any], of_type: str) -> None:
        if self.own_command:
            super()._execute_installer(deps, of_type)
            return
        self._started.add(of_type)
        arguments = [str(each) for each in deps]
        project = self._projects.get(arguments[-1])
        if project is not None and self._builds_like(project):
            told = key_of(arguments[-1], lasting(project.variables))
            self._run(project.wish.arguments, of_type, project.variables, mark=told)
            return
        mark: str | None = None
        if of_type == "package":
            arguments = pinned(arguments, keep=not self._damaged)
            mark = None if "--force-reinstall" in arguments else ""
        elif of_type == "package_deps":
            arguments += self._package_constraints()
            arguments, _ = lowered(arguments, project_root(self._env.core))
        self._run(arguments, of_type, mark=mark)
        frozen = self.constrain_package_deps and self.use_frozen_constraints
        if of_type == "deps" and frozen and not self._constrained:
            # What is installed editable has no version to hold it to.
            lines = [each for each in self.installed() if not each.startswith("-e ")]
            self.constraints_file().write_text("\n".join(lines), encoding="utf-8")

    def _builds_like(self, project: Project) -> bool:
        """Whether a build for this environment is the build that the package came out of.

        With one `wheel_build_env` for several interpreters it is not: then the wheel is installed.
        """
        return str(self._env.base_python.extra["executable"]) == project.wish.python

    def _run(
        self,
        arguments: list[str],
        of_type: str,
        variables: Mapping[str, str] | None = None,
        *,
        mark: str | None = None,
    ) -> None:
        """Install, if it was not seen that there is nothing to do.

        Args:
            arguments: in pip's grammar.
            of_type: tox's word for it.
            variables: of the environment; None for those of tox's environment.
            mark: what decides beside the arguments; None for what cannot be told by looking.
        """
        if mark is not None and self.recollection.skips(of_type, arguments, mark):
            return
        from trueup_tox.errand import install

        options = ["--pre"] if self._env.conf["pip_pre"] else []
        if self._env.conf["resolution"]:
            options += ["--resolution", self._env.conf["resolution"]]
        words = [*options, *self._again(), *arguments]
        report = install(self._env, words, f"install_{of_type}", variables)
        if report.removed or any(one.previous for one in report.added):
            self._changed = True
        if report.changed:
            self.recollection.distrust()

    def _again(self) -> list[str]:
        return [f"--reinstall-package={name}" for name in sorted(self._damaged)]

    @property
    def _constrained(self) -> bool:
        """Whether `constraints` is set, which overrules constrain_package_deps (tox >= 4.28)."""
        return bool(getattr(self, "_has_constraints", False))

    def _constraints(self) -> list[str]:
        """Return the arguments that `constraints` comes to (tox >= 4.28)."""
        constraints = getattr(self, "constraints", None)
        return list(map(str, constraints.as_root_args)) if constraints is not None else []

    def _package_constraints(self) -> list[str]:
        file = self.constraints_file()
        used = self.constrain_package_deps and not self._constrained and file.exists()
        return [f"-c{file}"] if used else []

    def _prepare(self) -> None:
        """Have everything installed again where that could change something; once in a run."""
        if self._prepared:
            return
        self._prepared = True
        record = Record(self._env.cache)
        settings = settings_digest(self._env)
        before = record.own("settings")
        if self._damaged or (before is not None and before != settings):
            record.forget_everything()
        if before != settings:
            record.note("settings", settings)

    @cached_property
    def _damaged(self) -> frozenset[str]:
        """The distributions that are not as they were put in place, looked for once in a run."""
        if self.recollection.holds or getattr(self._env, "renewing", False):
            return frozenset()
        return find_damaged(self._environment)

    def _environment(self) -> Environment:
        from trueup.acquisition.store import open_store
        from trueup.destination.locate import open_environment

        store = open_store(self._env.environment_variables.get("TRUEUP_CACHE_DIR"))
        return open_environment(
            python=str(self._env.env_python()), memory=store.folder("interpreters")
        )


def _sourced(arguments: Any) -> SourcedProject | None:
    """Return the project that `package = uv` names, if it is that."""
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    return first if isinstance(first, SourcedProject) else None


def _bare(arguments: Sequence[str]) -> list[str]:
    return [each for each in arguments if each not in {"{opts}", "--pre"}]
