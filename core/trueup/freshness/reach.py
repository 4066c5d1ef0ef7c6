"""Where an editable wheel leads to: what is imported from the tree, and what stays as it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from trueup.acquisition.pack import Pack
from trueup.values import dataclass

__all__ = ["Reach", "reach_of", "ties_of"]

_READABLE = (".pth", ".py", ".json", ".txt", ".egg-link")
_LARGEST = 1 << 20
_FOLLOWED = ("build.ninja", "CMakeCache.txt")


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
        # Asked for each of ten thousand files, and most have one root.
        several = len(self.roots) > 1
        for root in sorted(self.roots, key=len, reverse=True) if several else self.roots:
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
    for name, content in _readable(pack):
        text = content.decode("utf-8", "replace")
        leads = name.endswith(".pth") and not _runs_code(text)
        if name.endswith(".pth") and not leads:
            plain = False
        for match in pattern.finditer(text.replace("\\\\", "\\")):
            path = os.path.normpath(match[1] or ".").replace(os.sep, "/")
            if os.path.lexists(os.path.join(tree, path)):
                roots.add(path)
                plain = plain and leads
    top_level = pack.find(f"{pack.root}/{pack.dist_info}/top_level.txt") is not None
    return Reach(tuple(sorted(roots)), plain, top_level)


def ties_of(pack: Pack, tree: str, roots: Iterable[str], environment: str) -> tuple[str, ...]:
    """Return what an editable needs of the environment that it was built in, after the build.

    One that builds when it is imported (meson-python, scikit-build-core on demand) starts the
    programs of that environment: their paths are in its loader, or in what ninja and cmake follow.

    Args:
        pack: the editable wheel.
        tree: the project's folder.
        roots: the folders of the tree that it leads to, relative.
        environment: the prefix of the build environment.

    Returns:
        Absolute paths that are there, sorted.

    Raises:
        StoreError: the pack is gone or damaged.
    """
    texts = [content for _, content in _readable(pack)]
    for root in roots:
        for name in _FOLLOWED:
            path = os.path.join(tree, root, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    texts.append(file.read())
    start = re.escape(os.fsencode(os.path.join(environment, "")))
    pattern = re.compile(start + rb"[^'\"\s;:$]+")
    found = {os.fsdecode(match[0]) for text in texts for match in pattern.finditer(text)}
    return tuple(sorted(path for path in found if os.path.lexists(path)))


def _readable(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files that may tell where an editable leads to."""
    for file in pack.files():
        inside_metadata = file.directory.endswith(".dist-info")
        if file.name.endswith(_READABLE) and file.size <= _LARGEST and not inside_metadata:
            yield file.name, pack.read(f"{file.directory}/{file.name}")


def _runs_code(text: str) -> bool:
    return any(line.startswith(("import ", "import\t")) for line in text.splitlines())
