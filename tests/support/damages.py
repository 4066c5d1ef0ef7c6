"""Ways to damage a file, as disks, power cuts and people do it."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path, random.Random], bool]
"""Damages the file; False where that cannot be done to it."""


def truncate(path: Path, chance: random.Random) -> bool:
    size = path.stat().st_size
    if size < 2:
        return False
    os.truncate(path, chance.randrange(1, size))
    return True


def empty(path: Path, chance: random.Random) -> bool:
    """Keep the times, as a power cut does."""
    status = path.stat()
    os.truncate(path, 0)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return status.st_size > 0


def zero(path: Path, chance: random.Random) -> bool:
    content = path.read_bytes()
    path.write_bytes(bytes(len(content)))
    return any(content)


def flip(path: Path, chance: random.Random) -> bool:
    """Keep the times, as a disk does."""
    status, content = path.stat(), bytearray(path.read_bytes())
    if not content:
        return False
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return True


def delete(path: Path, chance: random.Random) -> bool:
    path.unlink()
    return True


def replace(path: Path, chance: random.Random) -> bool:
    path.write_bytes(chance.randbytes(max(1, path.stat().st_size)))
    return True


def extend(path: Path, chance: random.Random) -> bool:
    with path.open("ab") as file:
        file.write(b"more")
    return True


def swap(path: Path, chance: random.Random) -> bool:
    """Let it change places with another of its kind."""
    others = [
        one
        for one in sorted(path.parent.iterdir())
        if one != path and one.suffix == path.suffix and one.is_file() and not one.is_symlink()
    ]
    others = [one for one in others if one.read_bytes() != path.read_bytes()]
    if not others:
        return False
    other, aside = chance.choice(others), path.with_name("aside")
    path.rename(aside)
    other.rename(path)
    aside.rename(other)
    return True


def link(path: Path, chance: random.Random) -> bool:
    """Leave a link to nowhere."""
    path.unlink()
    path.symlink_to("/nowhere/at/all")
    return True


def folder(path: Path, chance: random.Random) -> bool:
    path.unlink()
    path.mkdir()
    return True


DAMAGES: tuple[Damage, ...] = (
    truncate, empty, zero, flip, delete, replace, extend, swap, link, folder,
)  # fmt: skip


def files_below(root: Path) -> list[Path]:
    """Return every regular file below `root`."""
    found = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(found)


def copied(source: Path, target: Path) -> Path:
    """Put a fresh copy of the tree `source` at `target`, times included."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    return target
