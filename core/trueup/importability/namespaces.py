"""Packages whose `__path__` was computed when they were imported: computed again.

PEP 420 packages do this by themselves once the import caches are invalidated. Those in the style of
pkgutil or pkg_resources carry a plain list, and so do those that an `-nspkg.pth` line made.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["extend_packages", "tell_pkg_resources"]

_SHARING = {"extend_path", "declare_namespace"}


def extend_packages() -> tuple[str, ...]:
    """Extend the `__path__` of loaded pkgutil-style packages by portions that came since.

    Returns:
        The names of the packages that grew.
    """
    library = os.path.dirname(os.__file__)
    grown = []
    # Sorted, so that a parent has grown before its children look through its __path__.
    for name, module in sorted(sys.modules.items()):
        path = getattr(module, "__path__", None)
        file = getattr(module, "__file__", None) or ""
        if not isinstance(path, list) or os.path.dirname(os.path.dirname(file)) == library:
            continue
        if (missing := _missing_portions(name, path)) and _shares_its_path(name, module):
            path.extend(missing)
            grown.append(name)
    return tuple(grown)


def _missing_portions(name: str, path: list[str]) -> list[str]:
    """Return what `pkgutil.extend_path` would add by now.

    Asked of PathFinder: extend_path fails where one entry of `sys.path` does, such as a current
    directory that is gone.
    """
    parent, dot, _ = name.rpartition(".")
    around = getattr(sys.modules.get(parent), "__path__", ()) if dot else sys.path
    if dot and len(around) < 2:
        return []  # there is one place to look in, and the package itself lies there
    found: dict[str, None] = {}
    for directory in around:
        spec = PathFinder.find_spec(name, [directory])
        if spec is not None:
            found |= dict.fromkeys(spec.submodule_search_locations or ())
    return [portion for portion in found if portion not in path]


def _shares_its_path(name: str, module: ModuleType) -> bool:
    """Return whether the package asks for other portions, as its compiled `__init__` tells."""
    if getattr(module, "__file__", None) is None:
        return True
    get_code = getattr(getattr(module, "__loader__", None), "get_code", None)
    if get_code is None:
        return False
    try:
        code = get_code(name)
    except (ImportError, OSError, SyntaxError):  # what it was loaded from is gone or half written
        return False
    return code is not None and not _SHARING.isdisjoint(code.co_names)


def tell_pkg_resources() -> None:
    """Rebuild the working set of `pkg_resources` in place, where something has loaded it.

    In place, because `iter_entry_points` and its like are bound to the one object. Who subscribed
    to it hears of the distributions that are new.
    """
    working_set: Any = getattr(sys.modules.get("pkg_resources"), "working_set", None)
    if working_set is None:
        return
    known = {(dist.key, dist.version, dist.location) for dist in working_set}
    callbacks = list(working_set.callbacks)
    working_set.__init__(list(sys.path))
    working_set.callbacks[:] = callbacks
    for dist in list(working_set):
        if (dist.key, dist.version, dist.location) not in known:
            for callback in callbacks:
                callback(dist)
