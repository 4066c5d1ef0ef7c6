"""What plugins say of a build; where there is none, nothing that looks for them is loaded."""

from __future__ import annotations

import os
import sys

__all__ = ["patterns_of_plugins"]

_SECTION = b"[trueup]"
_INFORMATION = (".dist-info", ".egg-info")
_IN_AN_EGG = "egg-info"


def patterns_of_plugins(tree: str, *, editable: bool) -> tuple[str, ...]:
    """Return all patterns that plugins add for the project at `tree`, sorted."""
    if "trueup.hooks" not in sys.modules and not _may_be_there():
        return ()
    from trueup.hooks import inputs_of_plugins

    return inputs_of_plugins(tree, editable=editable)


def _may_be_there() -> bool:
    """Whether any installed distribution may have an entry point for us.

    As `importlib.metadata` finds them, which takes ten times as long to be loaded.
    """
    others = (one for one in sys.meta_path if getattr(one, "__name__", "") != "PathFinder")
    if any(hasattr(one, "find_distributions") for one in others):
        return True
    return any(map(_may_name_one, sys.path))


def _may_name_one(entry: str) -> bool:
    folder = entry or "."
    try:
        names = os.listdir(folder)
    except NotADirectoryError:
        return True  # an archive
    except OSError:
        return False
    for name in names:
        lowered = name.lower()
        if lowered.endswith(_INFORMATION) or lowered == _IN_AN_EGG:
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                    if _SECTION in file.read():
                        return True
            except OSError:
                continue
    return False
