"""Where an editable wheel leads to: what is imported from the tree, and what stays as it is."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from trueup.acquisition.pack import Pack

__all__ = ["Reach", "reach_of"]

_READABLE = (".pth", ".py", ".json", ".txt", ".egg-link")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Reach:
    """What an editable wheel names of the tree.

    Attributes:
        roots: the files and folders that it names, relative to the tree; "." for the tree.
        plain: by paths that Python searches alone (`.pth`), and by no code of its own.
        names_packages: its metadata tells what is at the top level (top_level.txt, of setuptools).
    """

    roots: tuple[str, ...] = ()
    plain: bool = True
    names_packages: bool = False

    def leads_to(self, path: str) -> str | None:
        """Return `path` relative to the deepest root that it lies in; None where in none."""
        for root in sorted(self.roots, key=len, reverse=True):
            if root == path:
                return ""
            if root == ".":
                return path
            if path.startswith(root + "/"):
                return path[len(root) + 1 :]
        return None


def reach_of(pack: Pack, tree: str) -> Reach:
    """Return what the editable wheel in `pack` names of `tree`.

    Raises:
        StoreError: the pack is gone or damaged.
    """
    roots: set[str] = set()
    plain = True
    tops = "|".join(
        sorted({re.escape(top) for top in (tree, os.path.realpath(tree))}, key=len, reverse=True)
    )
    pattern = re.compile(rf"(?:{tops})(?:[/\\]+([^'\"\n\r;]*))?(?=['\"\n\r;]|$)")
    for file in pack.files():
        inside_metadata = file.directory.endswith(".dist-info")
        if not file.name.endswith(_READABLE) or file.size > _LARGEST or inside_metadata:
            continue
        text = pack.read(f"{file.directory}/{file.name}").decode("utf-8", "replace")
        leads = file.name.endswith(".pth") and not _runs_code(text)
        if file.name.endswith(".pth") and not leads:
            plain = False
        for match in pattern.finditer(text.replace("\\\\", "\\")):
            path = os.path.normpath(match[1] or ".").replace(os.sep, "/")
            if os.path.lexists(os.path.join(tree, path)):
                roots.add(path)
                plain = plain and leads
    top_level = pack.find(f"{pack.root}/{pack.dist_info}/top_level.txt") is not None
    return Reach(tuple(sorted(roots)), plain, top_level)


def _runs_code(text: str) -> bool:
    return any(line.startswith(("import ", "import\t")) for line in text.splitlines())
