"""Registering the backend `trueup` with nox, before nox fixes what `-db` and `-fb` accept."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from trueup_nox.seams import check_registry, check_sessions, shims_wanted

__all__ = ["BACKEND", "register"]

BACKEND = "trueup"


def register() -> None:
    """Add the backend to nox, and lead the installs of its sessions to trueup; twice is once.

    Raises:
        SeamMoved: this nox is built differently; nothing was registered.
    """
    if "nox" not in sys.modules:
        _import_nox()
    virtualenv = importlib.import_module("nox.virtualenv")
    sessions = importlib.import_module("nox.sessions")
    check_registry(virtualenv)
    if not shims_wanted():
        check_sessions(sessions.Session)
        from trueup_nox.sessions import lead_to_trueup

        lead_to_trueup(sessions.Session)
    _add(virtualenv)


def _import_nox() -> None:
    finder = _OnceExecuted("nox.virtualenv", _add_with_lists)
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module("nox")
        importlib.import_module("nox._options")  # where `-db` and `-fb` learn what there is
    finally:
        sys.meta_path.remove(finder)


class _OnceExecuted(MetaPathFinder):
    """Calls somebody back as soon as a module has been executed.

    nox's options copy the names of the backends while the package `nox` is being imported, so that
    nobody who imports it comes in time.
    """

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(
        self, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_tell(module: ModuleType) -> None:
            execute(module)
            self._then(module)

        spec.loader.exec_module = execute_and_tell  # type: ignore[method-assign] # this one loader's
        return spec


def _add_with_lists(virtualenv: ModuleType) -> None:
    """Add the backend, and the fallback lists of this command line, which nox knows in noxfiles."""
    check_registry(virtualenv)
    _add(virtualenv)
    for word in sys.argv[1:]:
        choice = word.rpartition("=")[2]
        if "|" in choice and all(name in virtualenv.ALL_VENVS for name in choice.split("|")):
            virtualenv.ALL_VENVS[choice] = _make  # a choice only: nox splits it before it looks


def _add(virtualenv: Any) -> None:
    virtualenv.ALL_VENVS.setdefault(BACKEND, _make)
    optional = vars(virtualenv).get("OPTIONAL_VENVS")
    if optional is None:
        virtualenv.OPTIONAL_VENVS = _Optional(virtualenv.__getattr__)
    elif isinstance(optional, dict):
        optional[BACKEND] = True


def _make(*arguments: Any, **keywords: Any) -> Any:
    """Make an environment, as nox asks its backends to."""
    from trueup_nox.environment import TrueupEnvironment

    return TrueupEnvironment(*arguments, **keywords)


class _Optional(Mapping[str, bool]):
    """The backends that may stand before others in a fallback list, with ours.

    Newer versions of nox find out at the first look, because that starts uv; so does this.
    """

    def __init__(self, compute: Callable[[str], Mapping[str, bool]]) -> None:
        self._compute = compute

    def _all(self) -> dict[str, bool]:
        return {BACKEND: True, **self._compute("OPTIONAL_VENVS")}

    def __getitem__(self, name: str) -> bool:
        return True if name == BACKEND else self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
