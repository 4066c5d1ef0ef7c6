"""Directory times, which are how processes that already run learn of a change."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.interpreters import need_python
from support.laboratory import Laboratory, make_laboratory
from support.wheels import make_wheel
from trueup.importability import touch_directories
from trueup.importability.mtime import later_times

MOMENTS = st.integers(0, 2**33 * 10**9)
SECOND = 10**9


@given(old=MOMENTS, now=MOMENTS)
def test_each_time_is_later_and_the_last_one_on_any_file_system(old: int, now: int) -> None:
    times = later_times(old, now)
    assert list(times) == sorted(set(times))
    for moment in times:
        assert now <= moment <= max(now, old + 2 * SECOND)
        assert moment / 1e9 > old / 1e9
    assert times[-1] // (2 * SECOND) > old // (2 * SECOND)


def test_a_directory_moves_on_each_time_and_not_before_now(tmp_path: Path) -> None:
    seen = []
    for _ in range(3):
        assert touch_directories([str(tmp_path)]) == (str(tmp_path),)
        seen.append(tmp_path.stat().st_mtime)
    assert sorted(set(seen)) == seen
    os.utime(tmp_path, (1, 1))
    now = time.time_ns() // 1000 * 1000  # file systems keep 100 ns or less
    touch_directories([str(tmp_path)])
    assert tmp_path.stat().st_mtime_ns >= now


def test_a_time_in_the_future_is_passed_by_little(tmp_path: Path) -> None:
    future = 2**32 * SECOND
    os.utime(tmp_path, ns=(future, future))
    touch_directories([str(tmp_path)])
    assert future < tmp_path.stat().st_mtime_ns <= future + 2 * SECOND


def test_what_is_no_directory_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    os.utime(file, (1, 1))
    asked = [str(file), str(tmp_path / "missing"), str(tmp_path), str(tmp_path)]
    assert touch_directories(asked) == (str(tmp_path),)
    assert file.stat().st_mtime == 1


def test_what_a_finder_is_known_to_have_seen_is_passed_too(tmp_path: Path) -> None:
    ahead = time.time_ns() + 3600 * SECOND
    touch_directories([str(tmp_path)], floors={str(tmp_path): ahead})
    assert ahead < tmp_path.stat().st_mtime_ns <= ahead + 2 * SECOND


def test_who_may_write_but_does_not_own_a_directory_moves_it_to_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("becoming another user takes root")
    for name, mode in (("open", 0o777), ("closed", 0o755)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
        os.utime(tmp_path / name, (1, 1))
        monkeypatch.chdir(tmp_path / name)
        os.seteuid(65534)
        try:
            touched = touch_directories(["."])
        finally:
            os.seteuid(0)
        assert touched == ((".",) if name == "open" else ())
    assert (tmp_path / "open").stat().st_mtime > 1
    assert (tmp_path / "closed").stat().st_mtime == 1


def look_and_wait(laboratory: Laboratory, name: str) -> subprocess.Popen[str]:
    """Start a process that misses `name` once, says so, and tries again when told to."""
    process = laboratory.start(
        f"assert unseen({name!r})\nprint('looked', flush=True)\nsys.stdin.readline()\n"
        f"print(not unseen({name!r}))"
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "looked\n"
    return process


def goes_on_to_see(process: subprocess.Popen[str]) -> bool:
    """Tell a waiting process to try again, and return whether it can import now."""
    with process:
        output, errors = process.communicate("\n", timeout=60)
    assert process.returncode == 0, errors
    return output == "True\n"


@pytest.mark.parametrize("by", ["uv", "pip"])
def test_another_process_that_had_looked_sees_the_install(laboratory: Laboratory, by: str) -> None:
    make_wheel(laboratory.wheels, version="1.0", files={"demo/deep/__init__.py": ""})
    new = {"demo/deep/__init__.py": "", "demo/deep/fresh.py": ""}
    make_wheel(laboratory.wheels, version="2.0", files=new)
    laboratory.run("install('demo==1.0'); tell()")
    without = look_and_wait(laboratory, "demo.deep.fresh")
    watcher = look_and_wait(laboratory, "demo.deep.fresh")
    laboratory.run(f"""
folders = [SITE, SITE / "demo", SITE / "demo" / "deep"]
with times_put_back(*folders):
    install("demo==2.0", by={by!r})
tell()
""")
    assert not goes_on_to_see(without)
    touched = touch_directories(str(laboratory.site / path) for path in ("", "demo", "demo/deep"))
    assert len(touched) == 3
    assert goes_on_to_see(watcher)


def test_importable_lets_another_process_see_it_too(laboratory: Laboratory) -> None:
    make_wheel(laboratory.wheels)
    watcher = look_and_wait(laboratory, "demo")
    laboratory.run("""
with trueup.importable(), times_put_back(SITE):
    install("demo")
tell()
""")
    assert goes_on_to_see(watcher)


@pytest.fixture
def coarse_folder(tmp_path: Path) -> Iterator[Path]:
    """A file system that keeps whole seconds: ext4 with inodes of 128 bytes."""
    maker = shutil.which("mkfs.ext4")
    if maker is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting a file system takes root and mkfs.ext4")
    image, folder = tmp_path / "image", tmp_path / "coarse"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(64 * 2**20)
    subprocess.run([maker, "-q", "-I", "128", str(image)], check=True, capture_output=True)
    mounted = subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("this machine mounts no loop devices")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_file_system_of_whole_seconds(coarse_folder: Path, wheelhouse: Path) -> None:
    laboratory = make_laboratory(coarse_folder, need_python("3.12"), "3.12", wheelhouse)
    make_wheel(laboratory.wheels)
    ahead = int(laboratory.site.stat().st_mtime) + 3600
    os.utime(laboratory.site, (ahead, ahead))
    for step in (1, 2, 3):
        touch_directories([str(laboratory.site)])
        assert laboratory.site.stat().st_mtime == ahead + step
    watcher = look_and_wait(laboratory, "demo")
    told = laboratory.run("""
assert unseen("demo")
with trueup.importable():
    with times_put_back(SITE):
        install("demo", options=("--link-mode", "copy"))
    without = unseen("demo")
tell(without=without, seen=not unseen("demo"))
""")
    assert told == {"without": True, "seen": True}
    assert goes_on_to_see(watcher)
