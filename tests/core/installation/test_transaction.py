"""Transactions: the environment is changed wholly or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.housing import (
    differences,
    look_at,
    make_pack,
    new_environment,
    put,
    quick_folder,
    state_leftovers,
)
from trueup.acquisition.pack import Pack
from trueup.destination.environment import Environment, Scheme
from trueup.destination.installed import read_installed
from trueup.errors import StoreError, TransactionError
from trueup.installation.damage import find_damage
from trueup.installation.receipt import receipt_names
from trueup.installation.record import Delivery
from trueup.installation.transaction import carry_out, recover
from trueup.reporting import Event

from .conftest import Parts


def test_installing_and_removing_leaves_an_environment_as_it_was(
    parts: Parts, environment: Environment
) -> None:
    before = look_at(environment.root)
    put(environment, parts.old)
    installed = read_installed(environment)
    assert sorted(installed) == [pack.name for pack in parts.old]
    assert find_damage(environment, installed, edited_too=True) == {}
    put(environment, [], list(installed.values()))
    after = look_at(environment.root)
    changed = differences(after, before)
    assert all(path.startswith("include/") and path.endswith("/") for path in changed)
    assert receipt_names(environment) == []
    assert state_leftovers(environment) == []


def test_an_upgraded_environment_is_as_a_new_one(tmp_path: Path, parts: Parts) -> None:
    place = tmp_path / "env"
    fresh = new_environment(place)
    put(fresh, parts.new)
    expected = look_at(place)
    upgraded = new_environment(place)
    put(upgraded, parts.old)
    put(upgraded, parts.new)
    assert differences(look_at(place), expected) == []
    assert find_damage(upgraded, read_installed(upgraded), edited_too=True) == {}


def test_reinstalling_the_same_changes_no_byte(environment: Environment, parts: Parts) -> None:
    put(environment, parts.old[:8])
    before = look_at(environment.root)
    put(environment, parts.old[:8])
    assert look_at(environment.root) == before
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}


@settings(deadline=None, max_examples=25)
@given(st.lists(st.dictionaries(st.integers(0, 9), st.sampled_from(["old", "new"])), max_size=4))
def test_any_way_to_a_set_of_distributions_gives_the_same_environment(
    parts: Parts, ways: list[dict[int, str]]
) -> None:
    with quick_folder() as folder:
        place = folder / "env"
        environment = new_environment(place)
        for wanted in ways:
            packs = _packs(parts, wanted)
            names = {pack.name for pack in packs}
            installed = read_installed(environment)
            put(environment, packs, [one for name, one in installed.items() if name not in names])
        found = look_at(place)
        environment = new_environment(place)
        put(environment, _packs(parts, ways[-1]) if ways else [])
        expected = look_at(place)
    assert [path for path in differences(found, expected) if path[-1] != "/"] == []


def _packs(parts: Parts, wanted: dict[int, str]) -> list[Pack]:
    return [(parts.old if kind == "old" else parts.new)[at] for at, kind in wanted.items()]


def test_what_displaces_a_strangers_file_says_so_once(
    tmp_path: Path, environment: Environment
) -> None:
    mine = Path(environment.scheme.purelib, "demo.py")
    mine.write_text("mine")
    told: list[Event] = []
    pack = make_pack(tmp_path, files={"demo.py": "theirs"})
    outcome = carry_out(environment, [], [Delivery(pack)], reporter=told.append)
    assert outcome.displaced == (str(mine),)
    assert [one.subject for one in told if one.kind == "warning"] == [str(mine)]
    assert mine.read_text() == "theirs"


def test_removing_one_keeps_what_another_brought_as_well(
    tmp_path: Path, environment: Environment
) -> None:
    for name in ("one", "two"):
        put(environment, [make_pack(tmp_path, name, files={"shared/a.py": "", f"{name}.py": ""})])
    put(environment, [], [read_installed(environment)["one"]])
    assert os.path.isfile(os.path.join(environment.scheme.purelib, "shared", "a.py"))
    assert find_damage(environment, read_installed(environment)) == {}
    put(environment, [], [read_installed(environment)["two"]])
    assert os.listdir(environment.scheme.purelib) == []


def test_directories_that_changed_have_another_time(
    tmp_path: Path, environment: Environment
) -> None:
    library = environment.scheme.purelib
    put(environment, [make_pack(tmp_path, files={"demo/a.py": "", "demo/sub/b.py": ""})])
    folders = [library, os.path.join(library, "demo"), os.path.join(library, "demo", "sub")]
    before = [os.stat(folder).st_mtime_ns for folder in folders]
    pack = make_pack(tmp_path, version="2.0", files={"demo/a.py": "2", "demo/sub/b.py": "2"})
    installed = list(read_installed(environment).values())
    outcome = carry_out(environment, installed, [Delivery(pack)])
    assert set(folders) <= set(outcome.touched)
    for folder, old in zip(folders, before, strict=True):
        assert os.stat(folder).st_mtime_ns > old


def test_an_interrupted_change_is_finished_before_another_begins(
    tmp_path: Path, environment: Environment
) -> None:
    program = (
        "import json, os, sys\n"
        "from support.housing import make_pack, new_environment, put\n"
        "from trueup.installation import transaction\n"
        "from pathlib import Path\n"
        "environment = new_environment(Path(sys.argv[1]))\n"
        "sys.addaudithook(lambda event, arguments: os._exit(9)"
        " if event == 'os.rename' and 'site-packages' in str(arguments[1]) else None)\n"
        "put(environment, [make_pack(Path(sys.argv[2]))])\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", program, environment.root, str(tmp_path / "x")]
    assert subprocess.run(command, env=env, check=False).returncode == 9
    assert read_installed(environment) == {}
    told: list[Event] = []
    carry_out(environment, [], [Delivery(make_pack(tmp_path, "other"))], reporter=told.append)
    assert sorted(read_installed(environment)) == ["demo", "other"]
    assert [(event.kind, event.message or event.subject) for event in told] == [
        ("recovered", "finished an interrupted change: demo 1.0"),
        ("writing", "other 1.0"),
        ("written", "other 1.0"),
        ("placing", environment.root),
        ("placed", environment.root),
    ]
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}


def test_without_an_interrupted_change_nothing_is_recovered(environment: Environment) -> None:
    assert recover(environment) == ()
    assert os.listdir(environment.state) == ["skeleton"]  # and no lock was made


def test_a_pack_that_is_pruned_leaves_nothing_behind(
    tmp_path: Path, environment: Environment
) -> None:
    packs = [make_pack(tmp_path), make_pack(tmp_path, "other")]
    os.unlink(packs[1].path)
    before = look_at(environment.root)
    with pytest.raises(StoreError):
        put(environment, packs)
    assert look_at(environment.root) == before
    assert state_leftovers(environment) == []


@pytest.mark.skipif(os.name == "nt", reason="there is no umask")
def test_directories_and_files_follow_the_umask_and_the_state_is_private(
    tmp_path: Path, environment: Environment
) -> None:
    before = os.umask(0o002)
    try:
        put(environment, [make_pack(tmp_path)])
    finally:
        os.umask(before)
    library = environment.scheme.purelib
    assert stat.S_IMODE(os.stat(os.path.join(library, "demo")).st_mode) == 0o775
    assert stat.S_IMODE(os.stat(os.path.join(library, "demo", "__init__.py")).st_mode) == 0o664
    assert stat.S_IMODE(os.stat(environment.state).st_mode) == 0o700


def test_a_target_directory_is_filled_flat(tmp_path: Path, environment: Environment) -> None:
    base = str(tmp_path / "target")
    places = {"scripts": os.path.join(base, "bin"), "headers": os.path.join(base, "include")}
    scheme = Scheme(purelib=base, platlib=base, data=base, **places)
    target = replace(environment, scheme=scheme, root=base)
    data = "demo-1.0.data"
    files = {"demo.py": "", f"{data}/data/share/a": "", f"{data}/scripts/run": "#!python\n"}
    put(target, [make_pack(tmp_path, files=files)])
    assert os.path.isfile(os.path.join(base, "demo.py"))
    assert os.path.isfile(os.path.join(base, "share", "a"))
    assert os.path.isfile(os.path.join(base, "bin", "run"))
    assert find_damage(target, read_installed(target), edited_too=True) == {}
    put(target, [], list(read_installed(target).values()))
    left = [name for name in os.listdir(base) if os.listdir(os.path.join(base, name))]
    assert left == [".trueup"]
    assert not os.path.exists(os.path.join(base, "demo.py"))


# ---- no room ------------------------------------------------------------------------------------


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: a disk that is full for all but small files."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(os.name == "nt", reason="there are no resource limits")
@pytest.mark.parametrize("size", [0, 1, 100, 5_000, 70_000])
def test_a_file_that_cannot_be_written_changes_nothing(
    parts: Parts, environment: Environment, size: int
) -> None:
    put(environment, parts.old[:7])
    before = look_at(environment.root)
    with limited(size), pytest.raises(TransactionError) as caught:
        put(environment, parts.new[:8])
    assert environment.root in caught.value.problem
    assert os.strerror(errno.EFBIG) in caught.value.problem
    assert caught.value.hint
    assert look_at(environment.root) == before
    assert state_leftovers(environment) == []
    assert find_damage(environment, read_installed(environment)) == {}
    put(environment, parts.new[:8])
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """Mount a small file system; only root can."""
    folder.mkdir()
    if os.name == "nt" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can mount a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", ROOMY, "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


ROOMY = "size=50m,nr_inodes=5000"


def leave_room(folder: Path, *, blocks: int | None = None, inodes: int | None = None) -> None:
    """Resize the file system in `folder` so that so many blocks or inodes are free."""
    room = os.statvfs(folder)
    options = ROOMY
    if blocks is not None:
        options = f"size={(room.f_blocks - room.f_bfree + blocks) * room.f_frsize}"
    if inodes is not None:
        options = f"nr_inodes={room.f_files - room.f_ffree + inodes}"
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


@pytest.mark.parametrize("kind", ["blocks", "inodes"])
def test_on_a_full_disk_nothing_changes_until_there_is_room(
    tmp_path: Path, parts: Parts, kind: str
) -> None:
    with disk(tmp_path / "disk") as place:
        environment = new_environment(place / "env")
        put(environment, parts.old[1:4])
        before = look_at(environment.root)
        refused: list[TransactionError] = []
        for room in range(0, 400, 3):
            leave_room(place, **{kind: room})
            try:
                put(environment, parts.new[1:6])
                break
            except TransactionError as error:
                refused.append(error)
            finally:
                leave_room(place)
            assert look_at(environment.root) == before
            assert state_leftovers(environment) == []
            assert find_damage(environment, read_installed(environment)) == {}
        assert len(refused) > 10
        for refusal in refused:
            assert os.strerror(errno.ENOSPC) in refusal.problem
            assert environment.root in refusal.problem
            assert refusal.hint
        assert sorted(read_installed(environment)) == [f"part{at:02d}" for at in range(1, 6)]
        assert find_damage(environment, read_installed(environment), edited_too=True) == {}
        assert state_leftovers(environment) == []


# ---- no permission ------------------------------------------------------------------------------


@contextmanager
def read_only(folder: str) -> Iterator[None]:
    """Let nobody write into `folder`, root neither."""
    if os.geteuid() != 0:
        os.chmod(folder, 0o555)
        yield
        os.chmod(folder, 0o755)
        return
    done = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("root can write everywhere here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
@pytest.mark.parametrize("kind", ["scripts", "purelib"])
def test_without_the_right_to_write_nothing_changes_and_the_place_is_named(
    tmp_path: Path, environment: Environment, kind: str
) -> None:
    commands = "[console_scripts]\nx = demo:x\n"
    put(environment, [make_pack(tmp_path, entry_points=commands)])
    before = look_at(environment.root)
    place = environment.scheme.directory(kind)
    with read_only(place):
        for _ in range(2):
            with pytest.raises(TransactionError) as caught:
                put(environment, [make_pack(tmp_path, version="2.0", entry_points=commands)])
            assert place in caught.value.problem
            assert look_at(environment.root) == before
            assert state_leftovers(environment) == []
    put(environment, [make_pack(tmp_path, version="2.0", entry_points=commands)])
    assert read_installed(environment)["demo"].version == "2.0"
