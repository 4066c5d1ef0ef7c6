"""Where the files of what was built come from: which folders of the tree gave some of theirs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from itertools import filterfalse

from trueup.acquisition.pack import Pack
from trueup.values import dataclass

__all__ = ["Contribution"]

_EMPTY = hashlib.sha256(b"").digest()[:16]


@dataclass(frozen=True, slots=True)
class Contribution:
    """The folders that files were taken from.

    Attributes:
        folders: relative to the tree; "." for the tree itself; absolute outside of it.
        files: the files, likewise.
        root_data: the tree's own folder gave files that are no modules.
        above: the folders that files lie in at any depth, likewise.
    """

    folders: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    root_data: bool = False
    above: frozenset[str] = frozenset()

    def gives(self, path: str) -> bool:
        """Whether this file was taken, or one below this folder."""
        return path in self.files or path in self.above

    @property
    def data_around(self) -> frozenset[str]:
        """The folders around those that gave data, up to where modules came from, or the tree.

        A pattern such as `data/**/*.json` goes through all of them.
        """
        modules = {os.path.dirname(path) for path in self.files if path.endswith((".py", ".pyi"))}
        found: set[str] = set()
        for folder in filterfalse(os.path.isabs, self.folders - modules):
            around = folder
            while around not in modules and (parent := os.path.dirname(around)) not in found:
                found.add(parent or ".")
                if parent in {"", around}:
                    break
                around = parent
        return frozenset(found)

    def covers(self, path: str) -> bool:
        """Whether files of this folder or one around it were taken: it belongs to a package."""
        below = ""
        while path and path not in {".", below}:  # above "/" comes "/" again
            if path in self.folders:
                return True
            below, path = path, os.path.dirname(path)
        return False

    @classmethod
    def of_links(cls, targets: Iterable[str]) -> Contribution:
        """Return the contribution to a tree of links that lead to `targets`."""
        return cls._of(frozenset(path for path in targets if not path.startswith("..")))

    @classmethod
    def of_copies(cls, digests: Mapping[str, bytes], pack: Pack) -> Contribution:
        """Return the contribution to a wheel, by content.

        Args:
            digests: path of a file that was read to 16 bytes of its sha256.
            pack: the wheel.

        Empty files are all alike: one of those was taken if the wheel holds an empty file of the
        same name in a folder of the same name.
        """
        contents: set[bytes] = set()
        empty: set[tuple[str, str]] = set()
        for member in pack.files():
            if f"/{pack.dist_info}" in member.directory:
                continue
            digest = member.digest[:16]
            if digest == _EMPTY:
                inside = member.directory.partition("/")[2]
                empty.add((os.path.basename(inside), member.name))
            else:
                contents.add(digest)
        taken = {
            path
            for path, digest in digests.items()
            if digest in contents
            or (
                digest == _EMPTY
                and (os.path.basename(os.path.dirname(path)), os.path.basename(path)) in empty
            )
        }
        return cls._of(frozenset(taken))

    @classmethod
    def _of(cls, files: frozenset[str]) -> Contribution:
        folders = frozenset(os.path.dirname(path) or "." for path in files)
        data = any("/" not in path and not path.endswith(".py") for path in files)
        above: set[str] = set()
        for folder in folders:
            while folder and folder not in above:
                above.add(folder)
                folder = folder.rpartition("/")[0]  # noqa: PLW2901 - upwards
        return cls(folders, files, data, frozenset(above - {"."}))
