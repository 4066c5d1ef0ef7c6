"""What of nox is leant on, and the proof that it is still there: no seam, no backend.

nox has no interface for backends of others. Where a name is gone or has another shape, a session
would be served by pip in silence; so the import fails instead, and says what to do.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from importlib import metadata
from types import ModuleType
from typing import Any

__all__ = ["SHIMS", "SeamMoved", "check_registry", "check_sessions", "shims_wanted"]

SHIMS = "TRUEUP_NOX"
"""The variable that, as "shims", chooses the way that replaces nothing of nox."""

_KEYWORDS = ("location", "interpreter", "reuse_existing", "venv_backend", "venv_params")
_ATTRIBUTES = ("create", "bin_paths", "_resolved_interpreter")


class SeamMoved(ImportError):
    """The nox that is installed is not the nox that this backend knows."""


def shims_wanted() -> bool:
    """Whether the user chose the fallback."""
    return os.environ.get(SHIMS, "") == "shims"


def check_registry(virtualenv: ModuleType) -> None:
    """See to it that a backend can be added.

    Args:
        virtualenv: `nox.virtualenv`.

    Raises:
        SeamMoved: it cannot.
    """
    if not isinstance(getattr(virtualenv, "ALL_VENVS", None), dict):
        raise _moved("nox.virtualenv.ALL_VENVS is no dictionary")
    names = vars(virtualenv)
    if not isinstance(names.get("OPTIONAL_VENVS"), dict) and "__getattr__" not in names:
        raise _moved("nox.virtualenv.OPTIONAL_VENVS is gone")
    environment = getattr(virtualenv, "VirtualEnv", None)
    if not inspect.isclass(environment):
        raise _moved("nox.virtualenv.VirtualEnv is gone")
    known = inspect.signature(environment.__init__).parameters
    lacking = [name for name in _KEYWORDS if name not in known]
    lacking += [name for name in _ATTRIBUTES if not hasattr(environment, name)]
    if lacking:
        raise _moved(f"nox.virtualenv.VirtualEnv has no {', '.join(lacking)}")


def check_sessions(session: Any) -> None:
    """See to it that every install of a session ends in `_run`.

    Args:
        session: `nox.sessions.Session`.

    Raises:
        SeamMoved: not every one does.
    """
    if not callable(getattr(session, "_run", None)):
        raise _moved("nox.sessions.Session._run is gone")
    shape = inspect.signature(session._run).parameters  # noqa: SLF001 - the seam itself
    if not any(each.kind is each.VAR_POSITIONAL for each in shape.values()):
        raise _moved("nox.sessions.Session._run takes its command in another way")
    for name in ("install", "run_install", "run"):
        if not _calls_run(getattr(session, name, None)):
            raise _moved(f"nox.sessions.Session.{name} does not end in _run")


def _calls_run(method: Callable[..., object] | None) -> bool:
    if method is None:
        return False
    inner = inspect.unwrap(method)
    code = getattr(inner, "__code__", None)
    # What somebody else has put around it cannot be looked through; the check at run time stays.
    ours = getattr(inner, "__module__", "") == "nox.sessions"
    return not ours or code is None or "_run" in code.co_names


def _moved(what: str) -> SeamMoved:
    try:
        version = metadata.version("nox")
    except metadata.PackageNotFoundError:
        version = "of an unknown version"
    fallback = (
        "use another backend, such as uv, until trueup knows this nox"
        if shims_wanted()
        else f"set {SHIMS}=shims, which needs less of nox, or use another backend, such as uv"
    )
    return SeamMoved(
        f"trueup_nox does not fit nox {version}: {what}. Nothing was registered; {fallback}.",
        name="nox",
    )
