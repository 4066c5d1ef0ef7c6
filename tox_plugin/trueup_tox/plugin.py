"""The hooks of tox that trueup answers; tox loads this module in every run, so it is kept light.

What is imported here is tox's, and loaded by then; trueup's core comes with the first install.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tox.plugin import impl
from tox.tox_env.register import REGISTER

from trueup_tox.asking import Unasked, asks_for_trueup
from trueup_tox.package_environment import PACKAGE_ENVIRONMENTS
from trueup_tox.run_environment import RUN_ENVIRONMENTS, TrueupRunner
from trueup_tox.uv_words import package_aliases, run_aliases, script_aliases

if TYPE_CHECKING:
    from tox.config.cli.parser import ToxParser
    from tox.config.sets import ConfigSet
    from tox.session.state import State
    from tox.tox_env.register import ToxEnvRegister

__all__ = [
    "tox_add_core_config",
    "tox_add_option",
    "tox_append_version_info",
    "tox_register_tox_env",
]


@impl(trylast=True)  # after tox-uv's hook, so that what is registered and the default are known
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Offer the runners; nobody gets one who does not ask."""
    for runner in (*RUN_ENVIRONMENTS, *run_aliases(register)):
        register.add_run_env(runner)
    for packager in (*PACKAGE_ENVIRONMENTS, *package_aliases(register)):
        register.add_package_env(packager)
    register.default_env_runner = Unasked(register.default_env_runner)


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    """Make trueup the runner of a project that requires it."""
    if isinstance(state.conf.options.default_runner, Unasked) and asks_for_trueup(core_conf):
        state.conf.options.default_runner = TrueupRunner.id()
    if state.conf.options.default_runner == TrueupRunner.id():
        for runner in script_aliases(os.environ):
            REGISTER.add_run_env(runner)


@impl(trylast=True)  # tox-uv has the same option, and argparse takes none twice
def tox_add_option(parser: ToxParser) -> None:
    """Add the one option of tox-uv's."""
    for name in ("run", "exec"):
        command = parser.handlers[name][0]
        if "--skip-uv-sync" not in command._option_string_actions:  # noqa: SLF001 - argparse tells it nowhere else
            command.add_argument(
                "--skip-uv-sync",
                action="store_true",
                help="leave the environments of locks as they are",
            )


def tox_append_version_info() -> str:
    """Return what `tox --version` tells of trueup; tox calls it by name, it is no hook."""
    from importlib.metadata import PackageNotFoundError, version

    told = []
    for name in ("trueup", "uv"):
        try:
            told.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            continue
    return f"with {', '.join(told)}" if told else ""
