"""The run environment that holds what a `uv.lock` says, as tox-uv's lock runner does."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from packaging.utils import canonicalize_name
from tox.tox_env.errors import Fail
from tox.tox_env.python.package import SdistPackage, WheelPackage
from tox.tox_env.python.runner import add_extras_to_env, add_skip_missing_interpreters_to_core
from tox.tox_env.runner import RunToxEnv

from trueup_tox.lock import Locked, split_flags, words
from trueup_tox.missing_python import add_skipping
from trueup_tox.virtual_environment import TrueupVirtualEnv

if TYPE_CHECKING:
    from tox.tox_env.package import Package

__all__ = ["TrueupLockRunner"]

_LOGGER = logging.getLogger(__name__)
_KINDS = ("editable", "wheel", "skip", "uv", "uv-editable")


class TrueupLockRunner(TrueupVirtualEnv, RunToxEnv):
    """Runs commands in an environment that is what a lock says, and nothing else."""

    @staticmethod
    def id() -> str:
        """Return the name behind `runner =`."""
        return "trueup-lock"

    def register_config(self) -> None:
        """Register tox-uv's keys for locks, with tox-uv's meaning."""
        super().register_config()
        add_extras_to_env(self.conf)
        _add_settings(self)
        add_skip_missing_interpreters_to_core(self.core, self.options)
        add_skipping(self)

    def _register_package_conf(self) -> bool:
        return False  # the lock holds the project too, so tox has nothing to package

    @property
    def _package_tox_env_type(self) -> str:
        raise NotImplementedError

    @property
    def _external_pkg_tox_env_type(self) -> str:
        raise NotImplementedError

    def _build_packages(self) -> list[Package]:
        raise NotImplementedError

    def _setup_env(self) -> None:
        super()._setup_env()
        if getattr(self.options, "skip_env_install", False):
            _LOGGER.warning("skip installing dependencies and package")
            return
        if not getattr(self.options, "skip_uv_sync", False):
            asked = cast("Any", self._locked())  # tox's list of classes is for its own installer
            self._install(asked, TrueupLockRunner.__name__, "lock")
        handed = self._handed_over
        if handed is not None:
            path = Path(handed)
            package = (WheelPackage if path.suffix == ".whl" else SdistPackage)(path, deps=[])
            self._install([package], TrueupLockRunner.__name__, "package")

    @property
    def _handed_over(self) -> str | None:
        if getattr(self.options, "skip_pkg_install", False):
            return None
        handed: str | None = getattr(self.options, "install_pkg", None)
        return handed

    def _locked(self) -> Locked:
        """Return what is asked for."""
        conf = self.conf
        root = os.path.join(self.core["tox_root"], conf["package_root"])
        told = split_flags(conf["uv_sync_flags"])
        spared = () if self._handed_over is None else (_name_of(self._handed_over),)
        without_project = conf["package"] == "skip" or self._handed_over is not None
        without_project |= bool(getattr(self.options, "skip_pkg_install", False))
        if conf["pylock"]:
            path = os.path.join(root, conf["pylock"])
            more = words("--extra", conf["extras"])
            groups = {*conf["dependency_groups"], *conf["only_groups"]}
            more += [f"--group={path}:{name}" for name in sorted(groups)]
            return Locked(root, (), (*told.install, *more), told.exact, path, spared)
        flags = [
            *self._freshness_of_lock(told.export),
            *(["--resolution", conf["resolution"]] if conf["resolution"] else []),
            *words("--extra", conf["extras"]),
            *(["--no-default-groups"] if conf["no_default_groups"] else []),
            *(["--no-emit-project"] if without_project else []),
            *(["--no-editable"] if conf["package"] in {"wheel", "uv"} else []),
            *words("--group", conf["dependency_groups"]),
            *words("--only-group", conf["only_groups"]),
            *told.export,
        ]
        return Locked(os.path.normpath(root), tuple(flags), told.install, told.exact, "", spared)

    def _freshness_of_lock(self, told: tuple[str, ...]) -> list[str]:
        """Return the flag that says what becomes of a lock that no longer fits the projects."""
        if {"--frozen", "--locked"} & set(told):
            return []
        frozen = self.environment_variables.get("UV_FROZEN", "").lower()
        if frozen not in {"", "0", "false", "no", "off"}:
            return ["--frozen"]
        return ["--locked"] if self.conf["uv_sync_locked"] else []

    @property
    def environment_variables(self) -> dict[str, str]:
        """Return the variables of commands; `uv` among them finds the project's environment."""
        variables = super().environment_variables
        variables["UV_PROJECT_ENVIRONMENT"] = str(self.env_dir)
        return variables


def _add_settings(tox_env: TrueupLockRunner) -> None:
    conf = tox_env.conf
    conf.add_config(
        ["dependency_groups"],
        set[str],
        set(),
        "dependency groups to install of the target package",
        post_process=_normalized,
    )
    conf.add_config(
        ["only_groups"], set[str], set(), "install only these dependency groups", _normalized
    )
    conf.add_config(
        ["no_default_groups"],
        bool,
        lambda _, __: bool(conf["dependency_groups"]),
        "leave out the dependency groups that uv takes by itself",
    )
    conf.add_config(["uv_sync_flags"], list[str], [], "more flags, as `uv sync` has them")
    conf.add_config(
        ["uv_sync_locked"], bool, True, "fail when uv.lock does not fit the project any more"
    )
    conf.add_config(
        ["package"],
        str,
        "editable",
        f"how the projects of the lock are installed: {' | '.join(_KINDS)}",
        post_process=_checked_kind,
    )
    conf.add_config(
        ["package_root", "setupdir"],
        Path,
        tox_env.core["tox_root"],
        "where pyproject.toml and uv.lock are",
    )
    conf.add_config(["pylock"], str, "", "install from this lock (PEP 751) and not from uv.lock")


def _name_of(path: str) -> str:
    """Return the normalized name of the distribution in a file."""
    from packaging.utils import parse_sdist_filename, parse_wheel_filename

    name = os.path.basename(path)
    try:
        return (parse_wheel_filename if name.endswith(".whl") else parse_sdist_filename)(name)[0]
    except ValueError as error:
        raise Fail(f"--installpkg {path}: {error}") from error


def _normalized(names: set[str]) -> set[str]:
    return {canonicalize_name(name) for name in names}


def _checked_kind(value: str) -> str:
    if value not in _KINDS:
        raise Fail(f"package is {value!r}; with a lock it can be one of {', '.join(_KINDS)}")
    return value
