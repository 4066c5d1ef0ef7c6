"""Which paths, there or missing, a build depended on."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable

from trueup.freshness.facts import ALWAYS, BuildFacts
from trueup.freshness.folders import Folders
from trueup.freshness.names import is_by_product

__all__ = ["Names"]


class Names(Folders):
    """The names that a build depended on: those in folders, and paths by themselves.

    Attributes:
        absences: returns what was looked for in vain, and may not appear.
        presences: returns what was looked at and must stay.
    """

    def __init__(self, facts: BuildFacts) -> None:
        super().__init__(facts)
        self.absences = functools.cache(lambda: tuple(self._find_absences()))
        self.presences = functools.cache(lambda: tuple(self._find_presences()))

    def _find_absences(self) -> Iterable[str]:
        looked = {
            *self.facts.trace.absences,
            *(path for path in ALWAYS if not self.facts.sight.exists(path)),
        }
        for path in sorted(looked):
            there = self.facts.sight.exists(path) and not self.facts.sight.leads_nowhere(path)
            if there or path in self.facts.made:
                continue
            if self.facts.is_idle_manifest(path):
                continue
            certain = os.path.isabs(path) or path in self.facts.own or path in ALWAYS
            if certain or self._decides(path):
                yield path

    def _decides(self, path: str) -> bool:
        """Whether it can decide something that a backend finds nothing at `path`."""
        idle = self.facts.is_noisy(path) or is_by_product(path) or _for_sdists(path)
        return not idle and self._counts(path)

    def _counts(self, path: str) -> bool:
        """Whether a backend's look at one path decides something: not so inside of what is live."""
        if not self.facts.live:
            return True
        parent = _folder_of(path)
        if parent == "." or parent in self._searched():
            return True
        return self._rule_of_search(parent) is not None

    def _find_presences(self) -> Iterable[str]:
        looked = {*self.facts.trace.presences, *self.facts.reach.roots}
        if self.facts.editable and self.facts.is_uv_build():
            looked.update(self._top_packages())
        yield from filter(self.facts.sight.leads_nowhere, self.absences())
        for path in sorted(looked):
            if path in self.facts.made:
                continue
            package = path.removesuffix("/__init__.py")
            certain = path in self.facts.own or path in self.facts.reach.roots
            certain = certain or self._was_named(path)
            counts = certain or (not self.facts.is_noisy(path) and self._carries(package, path))
            if counts and self.facts.sight.exists(path):
                yield path

    def astray(self) -> Iterable[str]:
        """Yield the links that were looked at and lead to nothing: what they name may not come."""
        return filter(self.facts.sight.leads_nowhere, self.presences())

    def _was_named(self, path: str) -> bool:
        """Whether settings name an editable's package: its parent was not looked through."""
        if not self.facts.editable or _folder_of(path) in self._looked_through:
            return False
        if not self.facts.sight.exists(f"{path}/__init__.py") or self.facts.is_noisy(path):
            return False
        inside = self.facts.reach.leads_to(path)
        return inside is not None and not is_by_product(inside)

    def _was_found(self, path: str) -> bool:
        """Whether a backend came upon something only because it looked through the folder around.

        Then it does without it as well, and where the folder itself is on the path of Python, what
        lies in it is no part of what was built.
        """
        plain = self.facts.reach.plain and not self.facts.reach.names_packages
        return plain and _folder_of(path) in self._looked_through

    def _top_packages(self) -> Iterable[str]:
        """Yield what uv_build looks for, unseen: without its package it builds nothing."""
        for root in self.facts.reach.roots:
            place = self.facts.sight.place(root)
            for name in os.listdir(place) if os.path.isdir(place) else ():
                path = name if root == "." else f"{root}/{name}"
                if self.facts.sight.exists(f"{path}/__init__.py"):
                    yield f"{path}/__init__.py"

    def _carries(self, package: str, path: str) -> bool:
        """Whether what is installed comes from `path`, or from below it."""
        if not (path.endswith(".py") or self.facts.sight.is_folder(path)):
            return False
        start = path + "/"
        if self.facts.live:
            roots = self.facts.reach.roots
            inside = self.facts.reach.leads_to(path) is not None and self._counts(package)
            inside = inside and not self._was_found(package)
            if "." in roots:  # of what lies at the top, packages and modules count
                is_package = self.facts.sight.exists(start + "__init__.py")
                return inside and (is_package or path.endswith(".py"))
            return inside or any(root.startswith(start) for root in roots)
        return self.facts.contribution.gives(path)


def _folder_of(path: str) -> str:
    """Return what `os.path.dirname` does, in a tenth of its time; "." for the tree itself."""
    return path.rpartition("/")[0] or ("/" if path[:1] == "/" else ".")


def _for_sdists(path: str) -> bool:
    """Whether setuptools looks for this at the top only to put it into sdists."""
    return path == "test" or (path.startswith("README") and "/" not in path)
