"""A plugin of pytest for tox's own test suite: trueup is the runner where a test names none.

In the folder of tox's sdist, in an environment with trueup and what tox's tests need:

    PYTHONPATH=TRUEUP/tests/support python -m pytest -p tox_default_runner tests/tox_env
"""

from __future__ import annotations

from typing import Any

from tox.tox_env.register import ToxEnvRegister

_register = ToxEnvRegister._register_tox_env_types


def _with_trueup(self: ToxEnvRegister, manager: Any) -> None:
    _register(self, manager)
    self.default_env_runner = "trueup"


ToxEnvRegister._register_tox_env_types = _with_trueup  # type: ignore[method-assign] # a test's own
