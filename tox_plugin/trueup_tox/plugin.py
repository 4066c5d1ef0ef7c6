"""The hooks of tox that trueup answers; tox loads this module in every run, so it is kept light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tox.plugin import impl

from trueup_tox.asking import Unasked, asks_for_trueup
from trueup_tox.package_environment import TrueupCommandBuilder, TrueupPackager
from trueup_tox.run_environment import RUN_ENVIRONMENTS, TrueupRunner

if TYPE_CHECKING:
    from tox.config.sets import ConfigSet
    from tox.session.state import State
    from tox.tox_env.register import ToxEnvRegister

__all__ = ["tox_add_core_config", "tox_register_tox_env"]


@impl(trylast=True)  # after tox-uv's hook, so that what is the default by then is known
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Offer the runner; nobody gets it who does not ask."""
    for runner in RUN_ENVIRONMENTS:
        register.add_run_env(runner)
    for packager in (TrueupPackager, TrueupCommandBuilder):
        register.add_package_env(packager)
    register.default_env_runner = Unasked(register.default_env_runner)


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    """Make trueup the runner of a project that requires it."""
    if isinstance(state.conf.options.default_runner, Unasked) and asks_for_trueup(core_conf):
        state.conf.options.default_runner = TrueupRunner.id()
