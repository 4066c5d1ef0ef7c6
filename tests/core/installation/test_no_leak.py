"""What is done to one environment reaches neither the store nor another environment (pip 15700)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.housing import look_at, new_environment, put
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed

from .conftest import Parts


def edit(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"EVIL")


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"EVIL")


def truncate(path: Path) -> None:
    os.truncate(path, 0)


def overwrite(path: Path) -> None:
    path.write_bytes(b"EVIL" * 100)


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    path.with_name("new").write_bytes(b"EVIL")
    path.with_name("new").replace(path)


def change_mode(path: Path) -> None:
    path.chmod(0o000)


def change_times(path: Path) -> None:
    os.utime(path, (0, 0))


WAYS: list[Callable[[Path], None]] = [
    edit,
    append,
    truncate,
    overwrite,
    delete,
    replace,
    change_mode,
    change_times,
]


def installed_files(environment: Environment) -> list[Path]:
    return [
        Path(os.path.normpath(os.path.join(present.library, row.split(",")[0])))
        for present in read_installed(environment).values()
        for row in (present.read_file("RECORD") or "").splitlines()
    ]


def stats(root: str) -> dict[str, tuple[int, ...]]:
    """Return what the file system says of every file, and that cannot be put back."""
    paths = (os.path.join(top, name) for top, _, names in os.walk(root) for name in names)
    found = ((path, os.lstat(path)) for path in paths)
    return {path: (one.st_size, one.st_mtime_ns, one.st_mode, one.st_nlink) for path, one in found}


@pytest.mark.parametrize("way", WAYS)
def test_no_change_of_any_file_leaves_its_environment(
    tmp_path: Path, parts: Parts, way: Callable[[Path], None]
) -> None:
    shutil.copytree(parts.store.root, tmp_path / "copy of the store")
    one, other = (new_environment(tmp_path / name / "env") for name in ("one", "other"))
    for environment in (one, other):
        put(environment, parts.old[:8])
    store, store_stats = look_at(parts.store.root), stats(parts.store.root)
    other_before, other_stats = look_at(other.root), stats(other.root)
    files = installed_files(one)
    assert len(files) > 60
    for path in files:
        way(path)
    assert look_at(parts.store.root) == store == look_at(tmp_path / "copy of the store")
    assert stats(parts.store.root) == store_stats
    assert look_at(other.root) == other_before
    assert stats(other.root) == other_stats
    third = new_environment(tmp_path / "other" / "env")  # in its place: scripts name their path
    put(third, parts.old[:8])
    assert look_at(third.root) == other_before


def test_no_file_is_linked_to_anything(tmp_path: Path, parts: Parts) -> None:
    environments = [new_environment(tmp_path / name) for name in ("one", "other")]
    for environment in environments:
        put(environment, parts.old)
    seen: set[tuple[int, int]] = set()
    roots = [parts.store.root, *(environment.scheme.data for environment in environments)]
    for root in roots:
        for top, _, names in os.walk(root):
            for name in names:
                status = os.lstat(os.path.join(top, name))
                if not os.path.islink(os.path.join(top, name)):
                    assert status.st_nlink == 1
                    assert (status.st_dev, status.st_ino) not in seen
                    seen.add((status.st_dev, status.st_ino))
    assert len(seen) > 500
