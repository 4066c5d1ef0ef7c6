"""EXTERNALLY-MANAGED: a file by which a Python says who else installs into it (PEP 668)."""

from __future__ import annotations

import os
import sys

__all__ = ["externally_managed"]


def externally_managed(stdlib: str) -> str | None:
    """Return the message of an EXTERNALLY-MANAGED file (PEP 668); None if there is none.

    It is looked for each time and never remembered: people put it there and take it away.
    """
    path = os.path.join(stdlib, "EXTERNALLY-MANAGED")
    if not os.path.isfile(path):
        return None
    from configparser import ConfigParser
    from configparser import Error as ConfigError

    parser = ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
        section = parser["externally-managed"]
    except (ConfigError, KeyError, OSError, UnicodeDecodeError):
        return _MANAGED  # PEP 668: the file's being there is what counts
    for name in (f"error-{_language()}", f"error-{_language().split('_')[0]}", "error"):
        if section.get(name):
            return section[name].strip()
    return _MANAGED


_MANAGED = "This Python installation is managed by another tool, which would be in its way."


def _language() -> str:
    import locale

    setting = locale.setlocale(locale.LC_MESSAGES) if sys.platform != "win32" else ""
    return setting.split(".")[0].lower() or "c"
