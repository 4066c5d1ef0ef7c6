"""Leading every install of a session to trueup.

`session.install`, `run`, `run_install`, `run_always` and `install_and_run_script` all end in
`Session._run`. That one method is wrapped; everything before it (`-R`, `--no-install`,
`--install-only`, the checks of arguments) stays nox's.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

from trueup.errors import TrueupError

from trueup_nox.commands import understand
from trueup_nox.environment import TrueupEnvironment
from trueup_nox.errand import Manner, carry_out, refuse

__all__ = ["lead_to_trueup"]


def lead_to_trueup(session: Any) -> None:
    """Wrap what installs in nox's class of sessions; a second time changes nothing.

    Args:
        session: `nox.sessions.Session`.
    """
    if not hasattr(session._run, "_trueup"):  # noqa: SLF001 - the seam
        _put(session, "_run", _wrapped_run(session._run))  # noqa: SLF001 - the seam
        _put(session, "install", _wrapped_install(session.install))


def _put(session: Any, name: str, wrapped: Callable[..., Any]) -> None:
    wrapped._trueup = True  # type: ignore[attr-defined] # noqa: SLF001 - a mark on our own function
    setattr(session, name, wrapped)


def _wrapped_run(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def _run(self: Any, *args: Any, **keywords: Any) -> Any:
        environment = self._runner.venv
        if not isinstance(environment, TrueupEnvironment) or callable(args[0]):
            return original(self, *args, **keywords)
        words = [os.fspath(each) for each in args]
        try:
            errand = understand(words, environment.inside())
        except TrueupError as error:
            return refuse(words, error, keywords.get("success_codes"))
        if errand is None and environment.installing:
            raise RuntimeError(
                f"this nox installs with `{words[0]}`, which trueup_nox does not know; "
                "set TRUEUP_NOX=shims, or use another backend"
            )
        if errand is None:
            return original(self, *args, **keywords)
        if errand.verb == "list":
            where = ("--python", environment.location)
            command = (sys.executable, "-m", "trueup", "list", *where, *errand.arguments)
            return original(self, *command, **{**keywords, "external": True})
        return carry_out(errand, words, environment, Manner.of(keywords))

    return _run


def _wrapped_install(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def install(self: Any, *args: Any, **keywords: Any) -> Any:
        environment = self._runner.venv
        if not isinstance(environment, TrueupEnvironment):
            return original(self, *args, **keywords)
        done = environment.errands
        environment.installing = True
        try:
            result = original(self, *args, **keywords)
        finally:
            environment.installing = False
        left_out = self._runner.global_config.no_install and environment._reused  # noqa: SLF001 - nox asks it, too
        if environment.errands == done and not left_out:
            raise RuntimeError(
                "session.install has installed without trueup; "
                "set TRUEUP_NOX=shims, or use another backend"
            )
        return result

    return install
