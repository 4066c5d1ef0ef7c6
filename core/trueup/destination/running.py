"""The running interpreter: what decides what it tells of itself, without asking it."""

from __future__ import annotations

import os
import sys

from trueup.destination.memory import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["running_identity"]

# What `sysconfig`, or what distributors made of it, looks at.
_VARIABLES = (
    *("DEB_PYTHON_INSTALL_LAYOUT", "MACOSX_DEPLOYMENT_TARGET", "SYSTEM_VERSION_COMPAT"),
    *("_PYTHON_HOST_PLATFORM", "_PYTHON_PROJECT_BASE", "_PYTHON_SYSCONFIGDATA_NAME"),
)


def running_identity() -> list[Any] | None:
    """Return what decides what the running interpreter tells; None where more than that does."""
    usual = os.name == "posix" and sys.implementation.name == "cpython"
    # Where `sysconfig` has been imported, by a plugin's host say, to ask it costs next to nothing.
    if not usual or not sys.executable or "sysconfig" in sys.modules:
        return None
    try:
        __import__("_manylinux")  # a module that decides what it likes (PEP 600)
    except ImportError:
        pass
    else:
        return None
    try:
        own = identity(sys.executable)
    except OSError:  # it was replaced since it was started
        return None
    places = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    program = [sys.version, str(getattr(sys, "_base_executable", "")), sys.flags.isolated]
    around = [os.environ.get(name) for name in _VARIABLES]
    return [own, places, program, around]
