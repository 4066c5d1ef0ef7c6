"""What counts of a project where it was seen what programs opened and listed."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection

from trueup.freshness.mention import Mention, listed_names
from trueup.freshness.names import NATIVE_SUFFIXES, is_by_product, is_clutter, is_idle, is_licence
from trueup.freshness.sight import Sight, is_definition

__all__ = ["Sighted"]

_PROSE = (".md", ".rst")
_LARGEST_TEXT = 1 << 24  # bytes


class Sighted:
    """What programs were seen to open and to list, and what they may look for besides."""

    def __init__(
        self,
        sight: Sight,
        opened: tuple[str, ...] = (),
        listed: tuple[str, ...] = (),
        idle: tuple[str, ...] = (),
        made: Collection[str] = (),
        *,
        licences: bool = False,
    ) -> None:
        """Make one.

        Args:
            sight: the tree.
            opened: files that were opened, relative to it.
            listed: folders that were listed.
            idle: what lies at the top of the project, and is no part of what is built.
            made: what builds made there: no part of the project.
            licences: a program looks for licences by their usual names.
        """
        self.sight = sight
        self.opened = opened
        self.listed = listed
        self.idle = idle
        self._made = made
        self._licences = licences

    @functools.cached_property
    def contents(self) -> list[str]:
        """The files whose content counts, sorted."""
        found = {path for path in self._candidates if self.mention.covers(path)}
        found.update(path for path in self.opened if self._is_there(path))
        return sorted(found)

    def everything(self) -> list[str]:
        """Return all that could count: while no name in it comes or goes, none that counts does.

        Unless the texts changed that speak of them, and these count by what they hold.
        """
        return sorted({*self._candidates, *filter(self._is_there, self.opened)})

    def names(self) -> list[str]:
        """Return the files and folders whose being there counts, sorted."""
        listed = listed_names(self._candidates, frozenset(self.listed))
        folders = self.mention.folders(self._candidates)
        return sorted({*self.contents, *listed, *folders})

    @functools.cached_property
    def mention(self) -> Mention:
        """What these files speak of."""
        return self._mention(self.spoken)

    @functools.cached_property
    def spoken(self) -> tuple[str, ...]:
        """The files that were opened, that define builds, or that those speak of: texts of them."""
        definitions = [path for path in self._candidates if self._is_definition(path)]
        read = dict.fromkeys((*filter(self._is_text, self.opened), *definitions))
        first = self._mention(tuple(read))
        native = (path for path in self._candidates if _is_native(path))
        read.update(dict.fromkeys(path for path in native if first.covers(path)))
        return tuple(read)

    def _mention(self, paths: tuple[str, ...]) -> Mention:
        text = self.sight.texts(paths)
        linked = any(map(self._is_linked_folder, self.opened))
        return Mention.of(text, self.opened, licences=self._licences, linked=linked)

    @functools.cached_property
    def _candidates(self) -> list[str]:
        listed, ignored = self.sight.files
        found = (*listed, *(path for path in ignored if not is_by_product(path)))
        made = self._made
        return [path for path in found if path not in made and not is_idle(path, self.idle)]

    def _is_definition(self, path: str) -> bool:
        return is_definition(path) and path != "pyproject.toml"

    def _is_linked_folder(self, path: str) -> bool:
        return self.sight.is_folder(path)  # what was opened is a file, or a link

    def _is_text(self, path: str) -> bool:
        """Whether programs may take names out of a file.

        Not so out of what is written for people, nor out of a model or a picture by its size.
        """
        found = self.sight.signature(path)
        prose = path.endswith(_PROSE) or is_licence(path.rpartition("/")[2])
        return not prose and found is not None and found.size <= _LARGEST_TEXT

    def _is_there(self, path: str) -> bool:
        return not is_clutter(path) and self.sight.exists(path)


def _is_native(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in NATIVE_SUFFIXES
