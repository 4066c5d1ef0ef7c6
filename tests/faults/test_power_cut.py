"""The power goes: after one next run nothing is hollow, and the store is as good as before.

`pytest -m slow tests/faults/test_power_cut.py` cuts it 60 times; it takes root, and some minutes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import Shell
from support.driving import run_driver
from support.housing import make_set, new_environment
from support.resolving import sha256_of

CUTS = 60


def need_a_disk() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a file system takes Linux and root")
    if not shutil.which("mkfs.ext4") or not shutil.which("unshare"):
        pytest.skip("there is no mkfs.ext4 or no unshare here")
    tried = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True)
    if tried.returncode or not os.path.exists("/dev/loop-control"):
        pytest.skip("no mounts of one's own, or no loop devices, here")


def hashed(folder: Path, wheels: list[Path], name: str) -> Path:
    lines = (
        f"{path.name.split('-')[0]}=={path.name.split('-')[1]} --hash=sha256:{sha256_of(path)}"
        for path in wheels
    )
    path = folder / name
    path.write_text("\n".join(lines))
    return path


@pytest.mark.slow
def test_after_a_power_cut_one_run_mends_everything(tmp_path: Path) -> None:
    need_a_disk()
    house = tmp_path / "house"
    old, new = (make_set(house, generation, range(12)) for generation in (1, 2))
    environment = new_environment(tmp_path / "env")
    wishes = {
        key: ["--no-index", "-f", str(house), "-r", str(hashed(tmp_path, wheels, f"{key}.txt"))]
        for key, wheels in (("old", old), ("new", new))
    }
    spec = {
        "folder": str(tmp_path),
        "environment": environment.root,
        "tool": "trueup",
        "program": [sys.executable, "-m", "trueup"],
        "cuts": int(os.environ.get("TRUEUP_TEST_CUTS", CUTS)),
        "seed": 5,
        **wishes,
    }
    answer = run_driver("power_driver", spec, tmp_path, through=("unshare", "-m"))
    print(answer["cuts"], "cuts, of which", answer["hit"], "left something to mend")
    assert answer["broken"] == []
    assert answer["hit"] > answer["cuts"] // 4


def test_a_glance_does_not_outlive_the_run_of_the_machine(shell: Shell, tmp_path: Path) -> None:
    need_a_disk()
    shell.works("beta")
    for _ in range(2):
        shell.works("beta")
    path = shell.site / "beta/only_2.py"
    source = shell.site / "beta/__init__.py"
    status = source.stat()
    os.truncate(source, 0)
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.exists()
    (tmp_path / "boot").write_text("another run of the machine\n")
    command = f'mount --bind {tmp_path}/boot /proc/sys/kernel/random/boot_id && exec "$@"'
    program = [sys.executable, "-m", "trueup", "install", "--no-index", "-f", str(shell.house)]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", command, "sh", *program, "beta"],
        cwd=shell.root,
        env=shell.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert source.stat().st_size > 0


def test_durable_waits_for_the_device_and_changes_nothing_else(shell: Shell) -> None:
    done = shell.works("alpha", "--durable")
    assert "Installed 2 distributions" in done.out
    for _ in range(2):
        assert "Nothing to do" in shell.works("alpha", "--durable").out
