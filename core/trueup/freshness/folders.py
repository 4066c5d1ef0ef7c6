"""Which folders a build depended on, and which names in them."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Iterable, Iterator

from trueup.freshness.facts import BuildFacts
from trueup.freshness.fingerprint import ListingMark, ListingRule
from trueup.freshness.licences import licence_patterns
from trueup.freshness.listing import has_odd_links
from trueup.freshness.names import is_by_product

__all__ = ["Folders"]

_Asked = tuple[str, ListingRule, str]


class Folders:
    """The folders whose names a build depended on."""

    def __init__(self, facts: BuildFacts) -> None:
        self.facts = facts
        globbed = (path for path, _ in facts.trace.own_globs if os.path.isabs(path))
        self._own = frozenset((*facts.trace.own_listings, *globbed))
        self._data_around = facts.copied.data_around
        self._finders: dict[str, set[str]] = {}
        for path, finder in facts.trace.finders:
            self._finders.setdefault(path, set()).add(finder)
        self._looked_through = frozenset((*facts.trace.listings, *facts.trace.walks))
        # Asked for each of ten thousand files, and the same for all in one folder.
        self._searched = functools.cache(self._find_searched)
        self._rule_of_search = functools.cache(self._find_rule_of_search)

    def listings(self) -> Iterable[ListingMark]:
        """Yield the folders whose names count."""
        asked: list[_Asked] = []
        folders = dict.fromkeys(self.facts.trace.listings)
        folders.update(dict.fromkeys(self._given() if self.facts.is_uv_build() else ()))
        for path, rule, finder in dict.fromkeys(self._rules(folders)):
            if rule is not None:
                asked.append((path, rule, finder))
        asked += self._matching(folders)
        for path, rule, patterns in asked:
            signature = None if self._skips(path) else self.facts.sight.signature(path)
            digest = self.facts.sight.names(path, rule, self.facts.made, patterns)
            if signature and digest is not None:
                odd = has_odd_links(self.facts.sight.place(path))
                times = (0, 0, 0) if odd else signature[1:]  # zeros: its names are always asked for
                yield ListingMark(path, rule, *times, digest, patterns)

    def _given(self) -> Iterable[str]:
        return (*self.facts.contribution.folders, *self.facts.copied.folders, *self._data_around)

    def _is_given(self, path: str) -> bool:
        """Whether data was copied out of a folder, or out of some in it and none with modules."""
        return path != "." and (self.facts.copied.covers(path) or path in self._data_around)

    def _rules(self, folders: Iterable[str]) -> Iterator[tuple[str, ListingRule | None, str]]:
        for path in folders:
            yield path, self._rule(path), ""
        for path in self.facts.trace.walks:
            rule = self._rule_of_walk(path)
            finders = self._finders.get(path, set())
            if rule in {"folders", "namespaces", "sought"} and finders and "" not in finders:
                for finder in sorted(finders):
                    yield path, "found" if rule == "folders" else rule, finder
            else:
                yield path, rule, ""

    def _matching(self, listed: Collection[str]) -> Iterable[_Asked]:
        """Yield folders of which only names were asked for that match patterns."""
        trace = self.facts.trace
        patterns: dict[str, list[str]] = {}
        own = frozenset(trace.own_globs)
        for one in trace.globs:
            if one in own or not self.facts.live or self._is_beside(one[0]):
                patterns.setdefault(one[0], []).append(one[1])
        declared = self.facts.sight.texts(("pyproject.toml",))
        for path, pattern in licence_patterns(self.facts.sight.tree, declared):
            patterns.setdefault(path, []).append(pattern)
        for path, found in patterns.items():
            yield path, "matching", "/".join(sorted(set(found)))
        if self.facts.live and "." not in listed and any(path == "." for path, _ in trace.globs):
            yield ".", "licences", ""

    def _is_beside(self, path: str) -> bool:
        """Whether a folder is in no package of an editable: what is found there is copied.

        As licences are, and what is installed as data.
        """
        inside = self.facts.reach.leads_to(path)
        if not inside or path == ".":
            return inside is None or path == "."
        top = path.removesuffix(inside) + inside.partition("/")[0]
        return "." in self.facts.reach.roots and not self.facts.sight.exists(f"{top}/__init__.py")

    def _rule_of_walk(self, path: str) -> ListingRule | None:
        """Return the rule for a folder that was looked through for packages."""
        if path in self._own:
            return "all"
        if self.facts.live:
            rule = self._rule_of_search(path)
            # A finder of setuptools names the packages without an `__init__.py`, at any depth.
            named = not self.facts.reach.plain and self.facts.reach.leads_to(path) is not None
            if rule == "packages":
                return "folders"
            if rule is None and self._is_sought(path):
                return "sought"
            return "namespaces" if rule is None and named else rule
        known = path == "." or path in self.facts.made or self.facts.contribution.covers(path)
        if not known and self._is_other_code(path):
            return "sought"  # left out by its name, and what is in it may not be
        return "modules" if self._takes_modules_alone(path) else "folders"

    def _is_sought(self, path: str) -> bool:
        """Whether no package came from a folder, or from around it, and one may come to lie there.

        As in folders that are left out by their name alone, and not with all that is in them.
        """
        inside = self.facts.reach.leads_to(path)
        if inside is None or not self.facts.reach.plain:
            return inside is None
        top = path.removesuffix(inside) + inside.partition("/")[0]
        return bool(inside) and not self.facts.sight.exists(f"{top}/__init__.py")

    def _takes_modules_alone(self, path: str) -> bool:
        """Whether a folder in this one, a package, changes a wheel by the modules in it alone.

        A folder at the top is named in top_level.txt, whatever it holds.
        """
        searched = self.facts.searched
        if searched is None or path in searched or os.path.isabs(path):
            return False
        return self.facts.sight.exists(f"{path}/__init__.py")

    def _skips(self, path: str) -> bool:
        if not self.facts.sight.is_folder(path):
            return True
        if os.path.isabs(path):  # what lies elsewhere counts as far as it was taken, or asked for
            covered = self.facts.contribution.covers(path) or self._is_given(path)
            return path not in self._own and not covered
        if path in self.facts.made:  # what a build put there does not count, but what others do
            return is_by_product(path) or (self.facts.live and path not in self._own)
        if path in self.facts.own or path == "." or self._is_package(path):
            return False
        if path in self._finders:  # a package to setuptools, or with one in it, were it so called
            return False
        return is_by_product(path)

    def _is_package(self, path: str) -> bool:
        """Whether a folder is a package of the project, were it called `build`."""
        has_init = self.facts.sight.exists(f"{path}/__init__.py")
        return self.facts.contribution.covers(path) or (has_init and not self.facts.live)

    def _rule(self, path: str) -> ListingRule | None:
        """Return which names of a listed folder count, or None where none do."""
        if path in self._own or self._is_given(path):
            return "all"
        around = path in self._data_around
        if self.facts.live:
            return "folders" if around else self._rule_of_search(path)
        if path == ".":
            root = self.facts.contribution.root_data
            return "all" if root else "folders" if around else "packages"
        if path in self.facts.made or self.facts.contribution.covers(path):
            return "all"
        return None if self._is_other_code(path) else "packages"

    def _find_rule_of_search(self, path: str) -> ListingRule | None:
        """Return the rule for an editable: the names in a package are seen as they are."""
        if self.facts.reach.plain and not self.facts.reach.names_packages:
            return "licences" if path == "." else None  # whatever comes there is imported at once
        searched = self._searched()
        above = any(one.startswith(path + "/") for one in searched)
        if path in searched or (above and path != "."):
            return "folders" if self._names_insides() else "packages"
        return "licences" if path == "." else None

    def _names_insides(self) -> bool:
        """Whether the editable's loader names what lies in packages, too, folders of data included.

        That of scikit-build-core does.
        """
        roots = [one for one in self.facts.reach.roots if not self.facts.reach.plain]
        packages = (one + "/" for one in roots if self.facts.sight.exists(f"{one}/__init__.py"))
        return any(one.startswith(package) for package in packages for one in roots)

    def _find_searched(self) -> set[str]:
        """Return the folders in which backends look for packages: those that packages lie in."""
        found: set[str] = set()
        for root in self._packages_and_folders():
            sight = self.facts.sight
            is_package = sight.exists(f"{root}/__init__.py") or not sight.is_folder(root)
            found.add((os.path.dirname(root) or ".") if is_package and root != "." else root)
        return found

    def _packages_and_folders(self) -> Iterable[str]:
        """Yield the roots, a package by its folder."""
        for root in self.facts.reach.roots:
            yield root.removesuffix("/__init__.py") if "/" in root else root

    def _is_other_code(self, path: str) -> bool:
        """Whether a folder has modules, of which none was taken, and nothing below it was."""
        if any(folder.startswith(path + "/") for folder in self.facts.contribution.folders):
            return False
        try:
            return any(name.endswith(".py") for name in os.listdir(self.facts.sight.place(path)))
        except OSError:
            return False
