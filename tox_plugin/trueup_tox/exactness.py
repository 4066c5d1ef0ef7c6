"""Keeping an environment exact: what was asked for once and is no longer, leaves."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from tox.tox_env.errors import Fail

from trueup_tox.arguments import has_packages, requirements_in
from trueup_tox.record import Record

if TYPE_CHECKING:
    from tox.tox_env.python.api import Python
    from trueup.destination.environment import Environment
    from trueup.destination.installed import InstalledDistribution

__all__ = ["Exactness"]


class Exactness:
    """Which requirements of one environment are gone, and what nothing needs without them."""

    def __init__(self, tox_env: Python, opened: Callable[[], Environment]) -> None:
        """Read nothing yet.

        Args:
            tox_env: whose environment.
            opened: gives the environment to the core.
        """
        self._env = tox_env
        self._opened = opened

    def drop(self, arguments: Any, section: str, of_type: str) -> bool:
        """Note which requirements were removed; False where there is more to it than that.

        Raises:
            Fail: the environment cannot be read.
        """
        now = requirements_in(arguments)
        key = f"{of_type}_deps" if has_packages(arguments) else of_type
        record = Record(self._env.cache)
        gone = set(record.requirements(section, key)) - set(now)
        if not gone or not self._note_dropped(record, gone):
            return False
        record.forget(section, key, gone)
        return True

    def replace_lines(self, lines: list[str]) -> None:
        """Note what a project with sources of its own asks for, in place of what it asked for.

        Raises:
            Fail: the environment cannot be read.
        """
        record = Record(self._env.cache)
        before = record.own("sourced") or []
        if before == lines:
            return
        self._note_dropped(record, set(before) - set(lines))
        record.note("sourced", lines)

    def remove_leftovers(self, *, changed: bool) -> None:
        """Take out what nothing needs.

        Args:
            changed: something came or went, so that what it needed may be needless.

        Raises:
            Fail: the environment cannot be read or changed.
            SystemExit: the user has asked tox to stop.
        """
        record = Record(self._env.cache)
        dropped = record.own("dropped")
        if not dropped and not changed:
            return
        from trueup.errors import TrueupError

        from trueup_tox.errand import uninstall
        from trueup_tox.leftovers import Wishes, find_leftovers, unnamed_extras

        lines = [*record.all_requirements(), *(record.own("sourced") or [])]
        try:
            environment = self._opened()
            wishes = Wishes(
                tuple(lines),
                frozenset(map(canonicalize_name, dropped or ())),
                environment.interpreter.markers,
                unnamed_extras(lines),
            )
            needless = find_leftovers(_installed(environment), wishes)
        except TrueupError as error:
            raise Fail(str(error)) from error
        if needless:
            uninstall(self._env, environment, sorted(needless))
        if dropped:
            record.note("dropped", [])

    def _note_dropped(self, record: Record, gone: set[str]) -> bool:
        """Note the names that some requirements stood for; False where one has no name."""
        if not gone:
            return True
        found = {each: self._name(each) for each in gone}
        names = {name for name in found.values() if name}
        record.note("dropped", sorted({*(record.own("dropped") or []), *names}))
        return None not in found.values()

    def _name(self, requirement: str) -> str | None:
        from trueup_tox.leftovers import named

        parsed = named(requirement)
        if parsed is not None:
            return parsed.name
        path = requirement.removeprefix("-e ").partition(" ;")[0].partition("[")[0].strip()
        path = os.path.join(str(self._env.core["tox_root"]), path.removeprefix("file://"))
        from trueup.errors import TrueupError

        try:
            return _name_of_project(path, _installed(self._opened()))
        except TrueupError as error:
            raise Fail(str(error)) from error


def _installed(environment: Environment) -> Mapping[str, InstalledDistribution]:
    from trueup.destination.installed import read_installed

    return read_installed(environment)


def _name_of_project(path: str, installed: Mapping[str, InstalledDistribution]) -> str | None:
    """Return the name of what is installed from the project at `path`."""
    from pathlib import Path

    if not os.path.isabs(path):
        return None
    address = Path(os.path.realpath(path)).as_uri()
    for name, one in installed.items():
        if one.direct_url is not None and one.direct_url.get("url") == address:
            return name
    return None
