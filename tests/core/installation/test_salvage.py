"""An environment made anew is as one made from nothing, and what was right in it is used again."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.housing import (
    Tree,
    add_all,
    differences,
    look_at,
    make_pack,
    new_environment,
    put,
    quick_folder,
    state_leftovers,
)
from support.wheels import make_wheel
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import open_store
from trueup.destination.creation import create_environment
from trueup.destination.environment import Environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.installed import read_installed
from trueup.destination.locate import open_environment
from trueup.destination.shelf import drop_shelves, shelves
from trueup.installation.damage import find_damage
from trueup.installation.receipt import read_receipt, refreshed, write_receipt
from trueup.installation.record import Delivery
from trueup.installation.transaction import carry_out

from .conftest import Parts


def whole_tree(root: str | Path) -> Tree:
    """Return what `look_at` returns, and every directory with its permissions."""
    tree = look_at(root)
    for top, directories, _ in os.walk(root):
        inside = os.path.relpath(top, root)
        if inside == ".":
            directories.remove(".trueup")
        tree[inside + "/"] = (stat.S_IMODE(os.lstat(top).st_mode), "")
    return tree


def made_anew(place: Path, packs: Sequence[Pack], memory: str | None = None) -> Environment:
    """Make the environment anew, salvaging what it held."""
    interpreter = interpreter_facts(memory=memory)
    environment = create_environment(place, interpreter, clear=True, salvage=True)
    put(environment, packs)
    drop_shelves(environment.root)
    return environment


def from_nothing(place: Path, packs: Sequence[Pack], memory: str | None = None) -> Environment:
    """Make the environment with nothing of what it held."""
    environment = new_environment(place, memory=memory)
    put(environment, packs)
    return environment


def inodes(environment: Environment) -> dict[str, int]:
    """Return the inode of every file."""
    return {
        path: os.lstat(os.path.join(environment.root, path)).st_ino
        for path in look_at(environment.root)
        if not path.endswith("/")
    }


def library_of(environment: Environment) -> Path:
    return Path(environment.scheme.purelib)


# ---- what somebody may do to an environment -----------------------------------------------------

Deed = Callable[[Path, random.Random], None]


def _files(root: Path) -> list[Path]:
    return sorted(
        path
        for path in root.rglob("*")
        if ".trueup" not in path.parts and (path.is_symlink() or path.is_file())
    )


def _directories(root: Path) -> list[Path]:
    found = (path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())
    return sorted(path for path in found if ".trueup" not in path.parts)


def _edit(root: Path, chance: random.Random) -> None:
    path = chance.choice([each for each in _files(root) if not each.is_symlink()])
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"#")


def _edit_with_old_time(root: Path, chance: random.Random) -> None:
    path = chance.choice([each for each in _files(root) if not each.is_symlink()])
    before = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(b"!" if first else b"")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    path.chmod(stat.S_IMODE(before.st_mode))


def _delete(root: Path, chance: random.Random) -> None:
    chance.choice(_files(root)).unlink()


def _delete_tree(root: Path, chance: random.Random) -> None:
    shutil.rmtree(chance.choice(_directories(root)))


def _add(root: Path, chance: random.Random) -> None:
    (chance.choice(_directories(root)) / "stranger.py").write_text("strange = True\n")


def _compile(root: Path, chance: random.Random) -> None:
    cache = chance.choice(_directories(root)) / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "stranger.cpython-312.pyc").write_bytes(b"bytes")


def _add_directory(root: Path, chance: random.Random) -> None:
    (chance.choice(_directories(root)) / "empty" / "inner").mkdir(parents=True, exist_ok=True)


def _change_mode(root: Path, chance: random.Random) -> None:
    chance.choice([each for each in _files(root) if not each.is_symlink()]).chmod(0o600)


def _change_mode_of_directory(root: Path, chance: random.Random) -> None:
    chance.choice(_directories(root)).chmod(0o700)


def _link_file(root: Path, chance: random.Random) -> None:
    path = chance.choice(_files(root))
    aside = path.with_name("aside")
    path.rename(aside)
    path.symlink_to(aside)


def _link_directory(root: Path, chance: random.Random) -> None:
    path = chance.choice(_directories(root))
    aside = root.with_name(f"aside-{chance.random()}")
    path.rename(aside)
    path.symlink_to(aside)


def _replace_by_directory(root: Path, chance: random.Random) -> None:
    path = chance.choice(_files(root))
    path.unlink()
    path.mkdir()


def _copy(root: Path, chance: random.Random) -> None:
    path = chance.choice([each for each in _files(root) if not each.is_symlink()])
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def _drop_receipts(root: Path, chance: random.Random) -> None:
    receipts = sorted((root / ".trueup" / "receipts").iterdir())
    chance.choice(receipts).unlink()


DEEDS: list[Deed] = [
    *(_edit, _edit_with_old_time, _delete, _delete_tree, _add, _compile, _add_directory),
    *(_change_mode, _change_mode_of_directory, _link_file, _link_directory),
    *(_replace_by_directory, _copy, _drop_receipts),
]


def _do(root: Path, deeds: Sequence[Deed], seed: int) -> None:
    chance = random.Random(seed)
    for deed in deeds:
        try:
            deed(root, chance)
        except (OSError, IndexError):  # an earlier one left nothing to do it to
            continue


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from(DEEDS), max_size=6),
    st.integers(0, 2**32),
    st.sampled_from([(0, 8), (0, 4), (3, 10)]),
    st.booleans(),
)
def test_whatever_was_done_to_it_made_anew_it_is_as_made_from_nothing(
    parts: Parts, memory: str, deeds: list[Deed], seed: int, span: tuple[int, int], newer: bool
) -> None:
    wanted = (parts.new if newer else parts.old)[slice(*span)]
    with quick_folder() as folder:
        place = folder / "env"
        from_nothing(place, wanted, memory)
        expected = whole_tree(place)
        from_nothing(place, parts.old[:8], memory)
        _do(place, deeds, seed)
        environment = made_anew(place, wanted, memory)
        assert differences(whole_tree(place), expected) == []
        assert find_damage(environment, read_installed(environment), edited_too=True) == {}
        assert state_leftovers(environment) == []


@pytest.mark.parametrize("deed", DEEDS)
def test_each_kind_of_damage_is_put_right(parts: Parts, memory: str, deed: Deed) -> None:
    with quick_folder() as folder:
        place = folder / "env"
        from_nothing(place, parts.old[:6], memory)
        expected = whole_tree(place)
        for seed in range(4):
            _do(place, [deed], seed)
            made_anew(place, parts.old[:6], memory)
            assert differences(whole_tree(place), expected) == []


# ---- what is right is used again ----------------------------------------------------------------


def test_what_is_right_is_not_written_again(tmp_path: Path, parts: Parts) -> None:
    place = tmp_path / "env"
    environment = from_nothing(place, parts.old)
    before = inodes(environment)
    for _ in range(2):
        again = made_anew(place, parts.old)
        after = inodes(again)
        own = {path for path in after if "/part" in path or "common_space" in path}
        assert {path for path in own if before[path] != after[path]} == set()
        assert find_damage(again, read_installed(again), edited_too=True) == {}


def test_only_what_differs_is_written_again(tmp_path: Path, parts: Parts) -> None:
    place = tmp_path / "env"
    environment = from_nothing(place, parts.old)
    before = inodes(environment)
    edited = library_of(environment) / "part03" / "same.py"
    edited.write_text("SAME = None\n")
    after = inodes(made_anew(place, parts.old))
    written = {path for path in after if "/part" in path and before[path] != after[path]}
    assert edited.read_text() == "SAME = True\n"
    assert written
    assert {path for path in written if "part03" not in path} == set()


def test_an_edit_that_its_stat_cannot_show_is_found(tmp_path: Path, parts: Parts) -> None:
    # As if it had been made within the same tick of the file system's clock: then the receipt has
    # the very stat that the file has after the edit.
    place = tmp_path / "env"
    environment = from_nothing(place, parts.old[:3])
    edited = library_of(environment) / "part01_single.py"
    before = edited.stat()
    edited.write_text("SINGLE = 9\n")
    os.utime(edited, ns=(before.st_atime_ns, before.st_mtime_ns))
    receipt = read_receipt(environment, "part01-1.0.dist-info")
    assert receipt is not None
    times = (receipt.began, receipt.taken)
    same = refreshed(receipt, environment.scheme.purelib, [edited.name], times=times)
    write_receipt(environment, same, environment.state)
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}
    made_anew(place, parts.old[:3])
    assert edited.read_text() == "SINGLE = 1\n"


def test_an_environment_that_was_moved_is_written_anew(tmp_path: Path, parts: Parts) -> None:
    from_nothing(tmp_path / "here", parts.old[:4])
    os.rename(tmp_path / "here", tmp_path / "there")
    made_anew(tmp_path / "there", parts.old[:4])
    found = whole_tree(tmp_path / "there")
    from_nothing(tmp_path / "there", parts.old[:4])
    assert differences(found, whole_tree(tmp_path / "there")) == []


def test_being_asked_for_or_not_is_told_anew(tmp_path: Path, parts: Parts) -> None:
    place = tmp_path / "env"
    from_nothing(place, parts.old[:2])
    environment = create_environment(place, interpreter_facts(), clear=True, salvage=True)
    carry_out(environment, [], [Delivery(pack) for pack in parts.old[:2]])
    assert [one.requested for one in read_installed(environment).values()] == [False, False]
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}


def test_of_two_that_bring_one_file_the_last_still_wins(tmp_path: Path) -> None:
    packs = [
        make_pack(tmp_path, name, files={"shared/a.py": f"# {name}\n", f"{name}.py": ""})
        for name in ("one", "two")
    ]
    place = tmp_path / "env"
    from_nothing(place, packs[::-1])
    made_anew(place, packs)
    assert (library_of(made_anew(place, packs)) / "shared" / "a.py").read_text() == "# two\n"
    made_anew(place, packs[:1])
    found = whole_tree(place)
    from_nothing(place, packs[:1])
    assert differences(found, whole_tree(place)) == []


def test_another_umask_shows(tmp_path: Path, parts: Parts) -> None:
    place = tmp_path / "env"
    from_nothing(place, parts.old[:3])
    former = os.umask(0o077)
    try:
        made_anew(place, parts.old[:3])
        found = whole_tree(place)
        from_nothing(place, parts.old[:3])
        expected = whole_tree(place)
    finally:
        os.umask(former)
    assert differences(found, expected) in ([], ["./"])  # the place itself was there already


def test_a_program_that_somebody_put_in_place_of_a_package_is_not_followed(
    tmp_path: Path, parts: Parts
) -> None:
    place = tmp_path / "env"
    environment = from_nothing(place, parts.old[:3])
    library, elsewhere = library_of(environment), tmp_path / "elsewhere"
    os.rename(library, elsewhere)
    library.symlink_to(elsewhere)
    before = look_at(elsewhere)
    made_anew(place, parts.old[:3])
    assert look_at(elsewhere) == before
    assert not library.is_symlink()


# ---- in steps, and what is kept -----------------------------------------------------------------


def test_several_installs_can_take_from_one_shelf(tmp_path: Path, parts: Parts) -> None:
    place = tmp_path / "env"
    environment = from_nothing(place, parts.old[:6])
    before = inodes(environment)
    environment = create_environment(place, interpreter_facts(), clear=True, salvage=True)
    assert read_installed(environment) == {}
    put(environment, parts.old[:3])
    assert len(shelves(environment.root)) == 1
    put(environment, parts.old[3:5])
    drop_shelves(environment.root)
    after = inodes(environment)
    assert all(before[path] == after[path] for path in after if "/part" in path)
    assert len(read_installed(environment)) == 5
    assert state_leftovers(environment) == []


def test_what_the_caller_keeps_stays_and_all_else_goes(tmp_path: Path, parts: Parts) -> None:
    place = tmp_path / "env"
    from_nothing(place, parts.old[:2])
    (place / "log").mkdir()
    (place / "log" / "run.log").write_text("text")
    (place / ".info.json").write_text("{}")
    (place / "stranger").mkdir()
    create_environment(
        place, interpreter_facts(), clear=True, salvage=True, keep={"log", ".info.json"}
    )
    assert (place / "log" / "run.log").read_text() == "text"
    assert (place / ".info.json").read_text() == "{}"
    assert not (place / "stranger").exists()


def test_clearing_twice_salvages_from_both_times(tmp_path: Path, parts: Parts) -> None:
    place = tmp_path / "env"
    environment = from_nothing(place, parts.old[:4])
    before = inodes(environment)
    create_environment(place, interpreter_facts(), clear=True, salvage=True)
    put(environment, parts.old[:2])
    after = inodes(made_anew(place, parts.old[:4]))
    assert all(before[path] == after[path] for path in after if "/part" in path)


KILLED_WHILE_CLEARING = """
import os, sys
from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts

place, limit = sys.argv[1], int(sys.argv[2])
interpreter, calls = interpreter_facts(), 0

def hear(event, arguments):
    global calls
    if event in {"os.rename", "os.mkdir", "os.symlink"}:
        calls += 1
        if calls > limit:
            os._exit(9)

sys.addaudithook(hear)
create_environment(place, interpreter, clear=True, salvage=True)
"""


def test_a_clearing_that_was_killed_leaves_no_environment_that_works_by_half(
    tmp_path: Path, parts: Parts
) -> None:
    place = tmp_path / "env"
    expected = whole_tree(from_nothing(place, parts.old[:3]).root)
    killed = 0
    for limit in range(0, 60, 2):
        environment = from_nothing(place, parts.old[:3])
        command = [sys.executable, "-c", KILLED_WHILE_CLEARING, str(place), str(limit)]
        done = subprocess.run(command, check=False).returncode
        assert done in {0, 9}
        if done == 0:
            break
        killed += 1
        if not os.path.isfile(environment.interpreter.executable):
            open_environment(place)  # whoever opens it first puts back what was being cleared
            assert differences(whole_tree(place), expected) == []
        elif not read_installed(environment):
            assert differences(look_at(place), look_at(from_nothing(place, []).root)) == []
        made_anew(place, parts.old[:3])
        assert differences(whole_tree(place), expected) == []
        assert state_leftovers(environment) == []
    assert killed > 5


def test_a_wheel_with_the_same_content_by_another_name_is_another(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    first = make_wheel(tmp_path / "a", "demo", "1.0", files={"demo.py": "A = 1\n"})
    second = make_wheel(tmp_path / "b", "demo", "1.0", files={"demo.py": "A = 2\n"})
    old, new = add_all(store, [first, second])
    place = tmp_path / "env"
    from_nothing(place, [old])
    environment = made_anew(place, [new])
    assert (library_of(environment) / "demo.py").read_text() == "A = 2\n"
