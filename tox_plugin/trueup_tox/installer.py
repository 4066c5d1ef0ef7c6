"""The installer: tox decides when and what, trueup does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tox.tox_env.python.pip.pip_install import Pip

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TrueupInstaller"]


class TrueupInstaller(Pip):
    """Tox's installer up to the list of pip's arguments; trueup from there on."""

    def _execute_installer(self, deps: Sequence[str], of_type: str) -> None:
        if self._own_command():
            super()._execute_installer(deps, of_type)
            return
        from trueup_tox.errand import run_errand

        arguments = [str(each) for each in deps]
        if of_type == "package_deps" and self.constrain_package_deps and not self._constrained():
            constraints = self.constraints_file()
            if constraints.exists():
                arguments.append(f"-c{constraints}")
        if self._env.conf["pip_pre"]:
            arguments.insert(0, "--pre")
        run_errand(self._env, arguments, of_type)
        frozen = self.constrain_package_deps and self.use_frozen_constraints
        if of_type == "deps" and frozen and not self._constrained():
            self.constraints_file().write_text("\n".join(self.installed()))

    def _constrained(self) -> bool:
        """Whether `constraints` is set, which overrules constrain_package_deps (tox >= 4.28)."""
        return bool(getattr(self, "_has_constraints", False))

    def _own_command(self) -> bool:
        """Whether the project wrote an `install_command` of its own, which then is run as it is."""
        usual = self.default_install_command(self._env.conf._conf, self._env.conf.name)  # noqa: SLF001 - the configuration, only handed back to tox
        return _bare(self._env.conf["install_command"].args) != _bare(usual.args)


def _bare(arguments: Sequence[str]) -> list[str]:
    return [each for each in arguments if each not in {"{opts}", "--pre"}]
