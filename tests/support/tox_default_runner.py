"""A plugin of pytest for tox's own test suite: trueup is the runner where a test names none.

In the folder of tox's sdist, in an environment with trueup and what tox's tests need, without the
plugin and with it:

    python -m pytest tests/tox_env tests/session tests/test_provision.py
    PYTHONPATH=TRUEUP/tests/support python -m pytest -p tox_default_runner ...

Most of those tests put a double in the place of the programs that tox starts, and often there is no
environment at all. trueup starts no program, so a double would stand for nothing: while there is
one, an install is handed to it as the `pip install` that it stands in for, with the words that the
core would have got, and a build is left to tox. With TRUEUP_DOUBLES=0 it is not, which shows how
many tests that concerns.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

import trueup_tox.errand
from tox.execute.request import StdinSource
from tox.tox_env.api import ToxEnv
from tox.tox_env.python.pip.pip_install import Pip
from tox.tox_env.python.virtual_env.api import VirtualEnv
from tox.tox_env.register import ToxEnvRegister
from trueup_tox.exactness import Exactness
from trueup_tox.installer import TrueupInstaller
from trueup_tox.package_environment import TrueupPackager
from trueup_tox.virtual_environment import TrueupVirtualEnv

_PIP = ("python", "-I", "-m", "pip")


def _doubled() -> bool:
    """Whether the test under way has put something in the place of what starts programs."""
    return hasattr(ToxEnv._execute_call, "mock")


def _instead(owner: Any, name: str, double: Callable[..., Any]) -> None:
    """Have `double` called in the place of a function while there is a double of programs."""
    real = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)

    @wraps(real)
    def either(*arguments: Any, **more: Any) -> Any:
        return (double if _doubled() else real)(*arguments, **more)

    setattr(owner, name, either)


def _install(tox_env: Any, arguments: Any, run_id: str, *_: Any, **__: Any) -> SimpleNamespace:
    command = [*_PIP, "install", *arguments]
    done = tox_env.execute(command, StdinSource.OFF, run_id=run_id)
    done.assert_success()
    return SimpleNamespace(changed=True, added=(), removed=())


def _forget_dropped(exactness: Any, *, changed: bool) -> None:
    from trueup_tox.record import Record

    record = Record(exactness._env.cache)
    if record.own("dropped"):
        record.note("dropped", [])


def _register(self: ToxEnvRegister, manager: Any) -> None:
    _register_of_tox(self, manager)
    self.default_env_runner = "trueup"


_register_of_tox = ToxEnvRegister._register_tox_env_types
ToxEnvRegister._register_tox_env_types = _register  # type: ignore[method-assign] # a test's own

if os.environ.get("TRUEUP_DOUBLES") != "0":
    _damaged = TrueupInstaller.__dict__["_damaged"].func
    TrueupInstaller._damaged = property(  # type: ignore[assignment] # no environment, no damage
        lambda self: frozenset() if _doubled() else _damaged(self)
    )
    _instead(trueup_tox.errand, "install", _install)
    _instead(Exactness, "remove_leftovers", _forget_dropped)
    _instead(TrueupInstaller, "installed", Pip.installed)
    _instead(TrueupPackager, "_build", lambda *_: None)
    _instead(TrueupVirtualEnv, "ensure_python_env", VirtualEnv.ensure_python_env)
