"""Looking after the store: what is there, whether it is whole, and what goes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from support.wheels import make_wheel
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store, open_store
from trueup.acquisition.store_records import record_path
from trueup.acquisition.store_upkeep import clear, info, prune, verify


@pytest.fixture
def store() -> Store:
    return open_store()


@pytest.fixture
def packs(store: Store, tmp_path: Path) -> list[Pack]:
    return [store.add_wheel(str(make_wheel(tmp_path, f"demo{i}"))) for i in range(3)]


def not_used_for(pack: Pack, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(pack.path.removesuffix(".pack") + ".verified", (then, then))
    os.utime(pack.path, (then, then))


def test_info_tells_what_there_is(store: Store, packs: list[Pack]) -> None:
    store.record_build("a", {"pack": packs[0].digest})
    found = info(store)
    assert (found.root, found.writable, found.packs, found.builds) == (store.root, True, 3, 1)
    held = sum(os.path.getsize(pack.path) for pack in packs)
    assert held < found.sizes["packs"] < held + 1000
    assert found.size == sum(found.sizes.values())


def test_verify_finds_the_damaged_pack_and_the_damaged_record(
    store: Store, packs: list[Pack]
) -> None:
    store.record_build("good", {"pack": packs[0].digest})
    store.record_build("bad", {"pack": packs[0].digest})
    assert verify(store).damaged == ()
    assert verify(store).checked == 5
    bad = Path(record_path(store.folder("builds"), "bad"))
    bad.write_text("{}")
    file = packs[1].find(f"purelib/{packs[1].dist_info}/METADATA")
    assert file is not None
    before = os.stat(packs[1].path)
    with open(packs[1].path, "r+b") as raw:
        raw.seek(file.offset)
        raw.write(b"!")
    os.utime(packs[1].path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert verify(store).damaged == (packs[1].digest, bad.name)
    assert verify(store).damaged == ()
    assert store.find_pack(packs[1].digest) is None
    assert store.find_build("good") is not None


def test_prune_removes_what_was_not_used_and_keeps_what_was(
    store: Store, packs: list[Pack]
) -> None:
    for pack in packs:
        not_used_for(pack, 100)
    assert store.find_pack(packs[0].digest) is not None  # used now
    store.record_build("kept", {"pack": packs[0].digest})
    store.record_build("orphan", {"pack": packs[1].digest})
    removed = prune(store, 50)
    assert removed.files >= 5
    assert removed.size > sum(os.path.getsize(pack.path) for pack in packs[:1])
    assert store.find_pack(packs[0].digest) == packs[0]
    assert store.find_pack(packs[1].digest) is None
    assert sorted(os.listdir(store.folder("packs"))) == [
        f"{packs[0].digest}.pack",
        f"{packs[0].digest}.verified",
    ]
    assert store.find_build("kept") is not None
    assert store.find_build("orphan") is None


def test_prune_removes_old_memories_and_damaged_packs(store: Store) -> None:
    for name in ("resolutions", "downloads", "damaged", "uses"):
        old, new = Path(store.folder(name), "old"), Path(store.folder(name), "new")
        old.write_text("12345")
        new.write_text("12345")
        os.utime(old, (1, 1))
    removed = prune(store, 1000)
    assert (removed.files, removed.size) == (4, 20)
    for name in ("resolutions", "downloads", "damaged", "uses"):
        assert os.listdir(store.folder(name)) == ["new"]


def test_clear_leaves_locks_and_what_is_being_made(store: Store, packs: list[Pack]) -> None:
    Path(store.folder("locks"), "held").write_text("")
    Path(store.folder("repositories"), "clone").mkdir()
    with store.temporary_directory() as used:
        removed = clear(store)
        assert os.path.isdir(used)
    assert removed.files == 6
    assert os.listdir(store.folder("packs")) == os.listdir(store.folder("repositories")) == []
    assert os.listdir(store.folder("locks")) == ["held"]
    assert store.find_pack(packs[0].digest) is None


def test_a_cleared_store_takes_wheels_again(
    store: Store, packs: list[Pack], tmp_path: Path
) -> None:
    clear(store)
    assert store.add_wheel(str(make_wheel(tmp_path, "demo0"))) == packs[0]
