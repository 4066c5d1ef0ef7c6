"""Let this process, and every other that is running, import what was just installed.

CPython reads an environment once and remembers: listings of directories, `.pth` files, namespace
paths, metadata. `make_importable` brings a running process to where a new interpreter would start,
as far as that can be done without starting one. Directory times carry the news to other processes.

Standard library only, and nothing else of trueup: this package can be loaded by itself, in any
CPython from 3.11 on. Whoever only moves the times of directories does not load the rest.
"""

from __future__ import annotations

from . import loading as loading  # now: it notes the time

TYPE_CHECKING = False  # as `typing` has it
if TYPE_CHECKING:
    from .change import Change, Outcome, importable, make_importable
    from .modules import StaleModule
    from .mtime import touch_directories
    from .sighting import Sighting, look
    from .startup import PthFailure, PthLine

__all__ = [
    "Change",
    "Outcome",
    "PthFailure",
    "PthLine",
    "Sighting",
    "StaleModule",
    "importable",
    "look",
    "make_importable",
    "touch_directories",
]

_HOMES = {
    ".change": ("Change", "Outcome", "importable", "make_importable"),
    ".modules": ("StaleModule",),
    ".mtime": ("touch_directories",),
    ".sighting": ("Sighting", "look"),
    ".startup": ("PthFailure", "PthLine"),
}


def __getattr__(name: str) -> object:
    """Import a part of the package when it is first used (PEP 562)."""
    for module, names in _HOMES.items():
        if name in names:
            import importlib

            value: object = getattr(importlib.import_module(module, __name__), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
