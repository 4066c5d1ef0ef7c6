"""trueup keeps a Python environment true to what it was installed from.

`trueup.install("rich")` installs into the running process's environment, and the next line can
import it. `trueup.importable()` gives the same to code that runs pip or uv itself.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as `typing` has it, whose import costs more than a glance
if TYPE_CHECKING:
    from trueup.api.checking import check, refresh, verify
    from trueup.api.judgement import Judgement
    from trueup.api.public import install, sync, uninstall
    from trueup.api.report import Added, InstallReport, Kept, Removed
    from trueup.destination.environment import Environment, Interpreter
    from trueup.destination.locate import open_environment
    from trueup.errors import TrueupError
    from trueup.importability import importable, make_importable
    from trueup.installation.verification import AlteredFile
    from trueup.reporting import Event, Reporter
    from trueup.version import __version__

__all__ = [
    "Added",
    "AlteredFile",
    "Environment",
    "Event",
    "InstallReport",
    "Interpreter",
    "Judgement",
    "Kept",
    "Removed",
    "Reporter",
    "TrueupError",
    "__version__",
    "check",
    "importable",
    "install",
    "make_importable",
    "open_environment",
    "refresh",
    "sync",
    "uninstall",
    "verify",
]

_HOMES = {
    "trueup.api.checking": ("check", "refresh", "verify"),
    "trueup.api.judgement": ("Judgement",),
    "trueup.api.public": ("install", "sync", "uninstall"),
    "trueup.api.report": ("Added", "InstallReport", "Kept", "Removed"),
    "trueup.destination.environment": ("Environment", "Interpreter"),
    "trueup.destination.locate": ("open_environment",),
    "trueup.errors": ("TrueupError",),
    "trueup.installation.verification": ("AlteredFile",),
    "trueup.importability": ("importable", "make_importable"),
    "trueup.reporting": ("Event", "Reporter"),
    "trueup.version": ("__version__",),
}


def __getattr__(name: str) -> object:
    """Import a part of the public face when it is first used (PEP 562).

    A run that finds nothing to do must not pay for what it does not use.
    """
    for module, names in _HOMES.items():
        if name in names:
            import importlib

            value: object = getattr(importlib.import_module(module), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
