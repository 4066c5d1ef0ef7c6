"""A tree kept aside, and put back: what is the same is not touched."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path


def contents(top: Path) -> dict[str, str]:
    """Return each path below `top` with what it is: folder, link, or digest and mode of a file."""
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name != ".git"]
        for name in folders + names:
            path = os.path.join(folder, name)
            inside = os.path.relpath(path, top).replace(os.sep, "/")
            if os.path.islink(path):
                found[inside] = "-> " + os.readlink(path)
            elif os.path.isdir(path):
                found[inside] = "folder"
            else:
                runs = os.access(path, os.X_OK)
                digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
                found[inside] = digest + " x" * runs
    return found


def mirror(source: Path, target: Path) -> None:
    """Make `target` hold what `source` does; what is the same is left alone."""
    for entry in list(os.scandir(target)):
        if not os.path.lexists(source / entry.name) or not _alike(source / entry.name, entry.path):
            _remove(entry.path)
    for entry in os.scandir(source):
        there = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            there.mkdir(exist_ok=True)
            mirror(Path(entry.path), there)
        elif not os.path.lexists(there):
            shutil.copy2(entry.path, there, follow_symlinks=False)


def _alike(one: Path, other: str) -> bool:
    if one.is_symlink() or os.path.islink(other):
        both = one.is_symlink() and os.path.islink(other)
        return both and os.readlink(one) == os.readlink(other)
    if one.is_dir() or os.path.isdir(other):
        return one.is_dir() and os.path.isdir(other)
    same = one.stat().st_mode == os.stat(other).st_mode
    return same and one.read_bytes() == Path(other).read_bytes()


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)
