"""A full disk: the place and the need are named, nothing is lost, and with room again all is well.

`pytest -m slow tests/faults/test_disk_full.py` tries 32 sizes and 16 numbers of inodes in each of
three places; it takes root, and some minutes.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import Shell
from support.driving import run_driver
from support.housing import make_set, new_environment
from trueup.destination.room import told_of_room

from faults.test_power_cut import hashed, need_a_disk

PLACES = ("store", "environment", "temporary")


def fill(folder: Path, sizes: int, inodes: int, places: tuple[str, ...]) -> dict[str, object]:
    house = folder / "house"
    old, new = (make_set(house, generation, range(8)) for generation in (1, 2))
    environment = new_environment(folder / "env")
    wishes = {
        key: ["--no-index", "-f", str(house), "-r", str(hashed(folder, wheels, f"{key}.txt"))]
        for key, wheels in (("old", old[:4]), ("new", new))
    }
    spec = {
        "folder": str(folder),
        "environment": environment.root,
        "tool": "trueup",
        "program": [sys.executable, "-m", "trueup"],
        "places": places,
        "size": sizes,
        "nr_inodes": inodes,
        **wishes,
    }
    return run_driver("full_driver", spec, folder, through=("unshare", "-m"))


@pytest.mark.slow
def test_a_full_disk_costs_nothing_but_another_run(tmp_path: Path) -> None:
    need_a_disk()
    answer = fill(tmp_path, 32, 16, PLACES)
    print(answer["tries"], "tries,", answer["refused"], "refused")
    assert answer["broken"] == []


def test_a_full_store_and_a_full_environment_are_named(tmp_path: Path) -> None:
    need_a_disk()
    answer = fill(tmp_path, 2, 1, PLACES[:2])
    assert answer["broken"] == []
    assert answer["refused"]


def test_an_error_of_another_kind_says_nothing_of_room(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "a/b"))
    told = told_of_room(full, str(tmp_path / "a/b"), 5 << 20, 12)
    assert told.startswith(f" ({tmp_path} has room for ")
    assert told.endswith(", and 5.0 MiB and 12 files are needed)")
    assert told_of_room(OSError(errno.EACCES, "no"), os.fspath(tmp_path), 1) == ""


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize("size", [4096, 8192])
def test_a_resolver_without_room_is_told_where_to_make_it(
    shell: Shell, resolver: str, size: int
) -> None:
    need_a_disk()
    folder = shell.root / "small"
    folder.mkdir()
    mount = f'mount -t tmpfs -o size={size} none {folder} && exec "$@"'
    program = [sys.executable, "-m", "trueup", "install", "--no-index", "-f", str(shell.house)]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount, "sh", *program, "alpha"],
        cwd=shell.root,
        env={**shell.variables, "TMPDIR": str(folder), "TRUEUP_RESOLVER": resolver},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or f"{folder}" in done.stderr
    assert done.returncode == 1 or size > 4096
    assert shell.installed == ({} if done.returncode else {"alpha": "1.0", "beta": "2.0"})
