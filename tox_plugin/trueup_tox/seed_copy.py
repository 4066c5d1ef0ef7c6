"""Copying what virtualenv keeps unpacked of pip into an environment, in a third of its time.

Over five hundred files: the calls of `pathlib` around each are most of what an environment costs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["quick_to_copy"]

_EXECUTABLE = 0o111
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def quick_to_copy(seeder: Any) -> None:
    """Have `seeder`, virtualenv's, copy more quickly; one that links, or is built otherwise, stays.

    What comes is the same: content, permissions, times of now. Which wheel it is, its image, its
    RECORD and its scripts are virtualenv's as ever.
    """
    chosen = getattr(seeder, "installer_class", None)
    if os.name == "nt" or chosen is None:
        return

    def installer_class(*arguments: Any) -> Any:
        kind = chosen(*arguments)
        return _quick(kind) if kind.__name__ == "CopyPipInstall" else kind

    seeder.installer_class = installer_class


def _quick(kind: type[Any]) -> type[Any]:
    """Return a class of the same name, which virtualenv finds the images by."""

    def _sync(self: Any, source: Path, target: Path) -> None:
        if not _copied(str(source), str(target)):
            kind._sync(self, source, target)  # noqa: SLF001 - what it takes the place of

    return type(kind.__name__, (kind,), {"_sync": _sync})


def _copied(source: str, target: str) -> bool:
    """Copy a file or a folder to where nothing is; return False where that is not plain."""
    if os.path.lexists(target) or os.path.islink(source):
        return False
    folders, files = _listed(source)
    if folders is None:
        return False
    for inside in folders:
        os.mkdir(target + inside)
    for inside in files:
        _copy(source + inside, target + inside)
    return True


def _listed(source: str) -> tuple[list[str] | None, list[str]]:
    """Return the folders of a tree, outer ones first, and its files; None where it has links."""
    if not os.path.isdir(source):
        return [], [""]
    folders, files = [""], list[str]()
    for inside in folders:  # which grows meanwhile
        with os.scandir(source + inside) as entries:
            for one in entries:
                path = f"{inside}/{one.name}"
                if one.is_symlink():
                    return None, []
                (folders if one.is_dir() else files).append(path)
    return folders, files


def _copy(source: str, target: str) -> None:
    with open(source, "rb", buffering=0) as reader:
        mode = os.fstat(reader.fileno()).st_mode
        content = reader.readall()
    # As virtualenv has it: whoever may execute the one, may execute the other, but for the umask.
    out = os.open(target, _CREATE, 0o755 if mode & _EXECUTABLE else 0o644)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(out, left) :]
    finally:
        os.close(out)
