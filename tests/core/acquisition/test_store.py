"""The store keeps packs whole, notices damage, and is nobody else's."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support.bad_wheels import BAD_WHEELS
from support.wheels import make_wheel
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store, open_store
from trueup.acquisition.store_records import record_path
from trueup.errors import HashMismatch, StoreError, WheelRefused
from trueup.reporting import Event

POSIX = pytest.mark.skipif(os.name != "posix", reason="access rights of POSIX")
NOT_ROOT = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere"
)
ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives away")


class Listener:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event, /) -> None:
        self.events.append(event)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def store(listener: Listener) -> Store:
    return open_store(reporter=listener)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path / "wheels", files={"demo/__init__.py": "x = 1\n" * 100})


def digest_of(wheel: Path) -> str:
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def leftovers(store: Store) -> list[str]:
    return os.listdir(store.folder("temporary"))


def test_a_wheel_that_was_added_is_found(store: Store, wheel: Path) -> None:
    assert store.find_pack(digest_of(wheel)) is None
    added = store.add_wheel(str(wheel), wheel.name, expected_sha256=digest_of(wheel))
    found = store.find_pack(digest_of(wheel))
    assert found == added
    assert added.read("purelib/demo/__init__.py") == b"x = 1\n" * 100
    assert added.path.startswith(store.root)
    assert leftovers(store) == []


def test_the_environment_variable_names_the_store(store: Store, store_root: Path) -> None:
    assert store.root == str(store_root)


def test_without_the_variable_the_store_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs
    from trueup.acquisition.store_folder import default_root

    monkeypatch.delenv("TRUEUP_CACHE_DIR")
    assert default_root() == platformdirs.user_cache_dir("trueup", appauthor=False)


def test_a_wheel_added_under_its_digest_needs_its_real_name(store: Store, wheel: Path) -> None:
    renamed = wheel.rename(wheel.with_name("download.tmp"))
    pack = store.add_wheel(str(renamed), "demo-1.0-py3-none-any.whl")
    assert pack.wheel == "demo-1.0-py3-none-any.whl"
    with pytest.raises(WheelRefused, match="another name or version"):
        store.add_wheel(str(renamed), "other-1.0-py3-none-any.whl")


def test_adding_a_wheel_again_gives_the_pack_that_is_there(store: Store, wheel: Path) -> None:
    first = store.add_wheel(str(wheel))
    before = os.stat(first.path)
    assert store.add_wheel(str(wheel)) == first
    assert os.stat(first.path).st_ino == before.st_ino


def test_a_wheel_with_another_hash_leaves_nothing_behind(store: Store, wheel: Path) -> None:
    with pytest.raises(HashMismatch):
        store.add_wheel(str(wheel), expected_sha256="ab" * 32)
    assert leftovers(store) == os.listdir(store.folder("packs")) == []


@pytest.mark.parametrize("rule", ["name-traversal", "record-hash", "zip-data", "zip-descriptor"])
def test_a_bad_wheel_leaves_nothing_behind(store: Store, tmp_path: Path, rule: str) -> None:
    odd = next(odd for odd in BAD_WHEELS if odd.rule == rule)
    with pytest.raises(WheelRefused):
        store.add_wheel(str(odd.write(tmp_path)))
    assert leftovers(store) == os.listdir(store.folder("packs")) == []


def test_oddities_of_a_wheel_are_said(store: Store, listener: Listener, tmp_path: Path) -> None:
    files = {"demo/a.py": "", "demo-1.0.dist-info/INSTALLER": "pip"}
    store.add_wheel(str(make_wheel(tmp_path, files=files)))
    assert [(event.kind, event.message) for event in listener.events] == [
        ("warning", "its own INSTALLER is left out")
    ]


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_what_is_no_digest_finds_nothing(store: Store, digest: str) -> None:
    assert store.find_pack(digest) is None


# --- damage


def damage(pack: Pack, at: int) -> None:
    with open(pack.path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def test_a_changed_byte_of_a_file_is_noticed_and_the_pack_set_aside(
    store: Store, wheel: Path, listener: Listener
) -> None:
    pack = store.add_wheel(str(wheel))
    file = pack.find("purelib/demo/__init__.py")
    assert file is not None
    damage(pack, file.offset + 3)
    assert store.find_pack(pack.digest) is None
    assert [event.kind for event in listener.events] == ["warning"]
    assert "set aside" in listener.events[0].message
    assert not os.path.exists(pack.path)
    assert len(os.listdir(store.folder("damaged"))) == 1
    assert store.add_wheel(str(wheel)) == pack
    assert store.find_pack(pack.digest) == pack


def test_a_changed_byte_of_the_index_is_noticed_even_if_the_stat_is_the_same(
    store: Store, wheel: Path
) -> None:
    pack = store.add_wheel(str(wheel))
    damage(pack, os.path.getsize(pack.path) - 5)
    status = os.stat(pack.path)
    identity = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
    Path(pack.path.removesuffix(".pack") + ".verified").write_text(identity)
    assert store.find_pack(pack.digest) is None


def test_a_pack_under_another_digest_is_noticed(store: Store, wheel: Path, tmp_path: Path) -> None:
    pack = store.add_wheel(str(wheel))
    other = store.add_wheel(str(make_wheel(tmp_path, "other")))
    os.replace(other.path, pack.path)
    assert store.find_pack(pack.digest) is None
    assert store.find_pack(other.digest) is None


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"garbage" * 50])
def test_a_pack_whose_content_is_gone_is_noticed(store: Store, wheel: Path, content: bytes) -> None:
    pack = store.add_wheel(str(wheel))
    Path(pack.path).write_bytes(content)
    assert store.find_pack(pack.digest) is None


@pytest.mark.parametrize("put", ["link", "directory"])
def test_what_is_no_file_is_no_pack(store: Store, wheel: Path, tmp_path: Path, put: str) -> None:
    pack = store.add_wheel(str(wheel))
    os.replace(pack.path, tmp_path / "moved")
    if put == "link":
        os.symlink(tmp_path / "moved", pack.path)
    else:
        os.mkdir(pack.path)
    assert store.find_pack(pack.digest) is None
    assert store.add_wheel(str(wheel)).path == pack.path
    assert store.find_pack(pack.digest) == pack


def test_a_pack_that_was_only_moved_is_hashed_and_trusted_again(store: Store, wheel: Path) -> None:
    pack = store.add_wheel(str(wheel))
    os.utime(pack.path, ns=(1, 1))
    verified = Path(pack.path.removesuffix(".pack") + ".verified")
    before = verified.read_bytes()
    assert store.find_pack(pack.digest) == pack
    assert verified.read_bytes() != before
    verified.write_bytes(b"nonsense")
    assert store.find_pack(pack.digest) == pack
    verified.unlink()
    assert store.find_pack(pack.digest) == pack
    assert verified.exists()


def test_using_a_pack_does_not_change_its_identity(store: Store, wheel: Path) -> None:
    pack = store.add_wheel(str(wheel))
    verified = Path(pack.path.removesuffix(".pack") + ".verified")
    os.utime(verified, (1, 1))
    before, content = os.stat(pack.path), verified.read_bytes()
    assert store.find_pack(pack.digest) == pack
    assert os.stat(pack.path).st_ctime_ns == before.st_ctime_ns
    assert verified.read_bytes() == content
    assert verified.stat().st_mtime > 1


# --- build records


def test_a_build_is_remembered(store: Store) -> None:
    assert store.find_build("sdist:abc") is None
    store.record_build("sdist:abc", {"pack": "0" * 64, "direct_url": None})
    assert store.find_build("sdist:abc") == {"pack": "0" * 64, "direct_url": None}
    assert store.find_build("sdist:abd") is None
    store.record_build("sdist:abc", {"pack": "1" * 64})
    assert store.find_build("sdist:abc") == {"pack": "1" * 64}


def test_every_flipped_byte_of_a_build_record_makes_it_a_miss(store: Store) -> None:
    store.record_build("key", {"pack": "0" * 64})
    path = Path(record_path(store.folder("builds"), "key"))
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert store.find_build("key") is None, at
        path.write_bytes(whole[:at])
        assert store.find_build("key") is None, at
    path.write_bytes(whole)
    assert store.find_build("key") is not None


@pytest.mark.parametrize("content", ["[]", "3", '{"key": "key", "value": []}', "[" * 100_000])
def test_a_build_record_that_is_something_else_is_a_miss(store: Store, content: str) -> None:
    Path(record_path(store.folder("builds"), "key")).write_text(content)
    assert store.find_build("key") is None


def test_the_record_of_another_key_is_a_miss(store: Store) -> None:
    store.record_build("a", {"pack": "0" * 64})
    os.replace(record_path(store.folder("builds"), "a"), record_path(store.folder("builds"), "b"))
    assert store.find_build("b") is None


# --- whose it is


@POSIX
def test_everything_is_for_its_owner_alone_whatever_the_umask(
    store_root: Path, wheel: Path
) -> None:
    before = os.umask(0)
    try:
        store = open_store(str(store_root / "new"))
        store.add_wheel(str(wheel))
        store.record_build("a", {})
    finally:
        os.umask(before)
    for directory, _, _ in os.walk(store.root):
        assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700, directory


def test_backups_may_leave_the_store_out(store: Store) -> None:
    tag = Path(store.root, "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_other_layouts_are_left_alone(store: Store) -> None:
    from trueup.acquisition.store_upkeep import clear, prune

    other = Path(store.root, "v2", "packs")
    other.mkdir(parents=True)
    (other / "x.pack").write_text("not ours")
    prune(store, 0)
    clear(store)
    assert (other / "x.pack").read_text() == "not ours"


@POSIX
@pytest.mark.parametrize("folder", ["", "v1", "v1/packs", "v1/temporary"])
def test_a_store_that_others_can_write_to_is_refused(store: Store, folder: str) -> None:
    os.chmod(os.path.join(store.root, folder), 0o777)
    with pytest.raises(StoreError, match="written to by others") as refused:
        open_store()
    assert "TRUEUP_CACHE_DIR" in refused.value.hint


@ROOT
@pytest.mark.parametrize("folder", ["", "v1", "v1/packs"])
def test_a_store_of_another_user_is_refused(store: Store, folder: str) -> None:
    os.chown(os.path.join(store.root, folder), 12345, 12345)
    with pytest.raises(StoreError, match="belongs to another user"):
        open_store()


@pytest.mark.parametrize("folder", ["v1", "v1/packs", "v1/builds"])
def test_a_folder_that_is_a_link_is_refused(store: Store, folder: str, tmp_path: Path) -> None:
    path = os.path.join(store.root, folder)
    os.rename(path, tmp_path / "moved")
    os.symlink(tmp_path / "moved", path)
    with pytest.raises(StoreError, match="no folder but a link"):
        open_store()


def test_the_root_may_be_a_link(tmp_path: Path, wheel: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    pack = open_store(str(tmp_path / "link")).add_wheel(str(wheel))
    assert (tmp_path / "disk" / "v1" / "packs" / f"{pack.digest}.pack").exists()


def test_a_file_in_the_way_of_the_store_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(str(tmp_path / "file"))


READ_ONLY = """
import os, sys
from trueup.acquisition.store import open_store
from trueup.errors import StoreError
os.setuid(12345)
store = open_store(sys.argv[1])
assert not store.writable
pack = store.find_pack(sys.argv[2])
assert pack is not None
assert pack.read("purelib/demo/__init__.py").startswith(b"x = 1")
store.record_build("a", {})
assert store.find_build("kept") == {"pack": "0"}
try:
    store.add_wheel(sys.argv[3])
except StoreError as refused:
    assert "read-only" in str(refused), refused
else:
    raise SystemExit("a read-only store took a wheel")
"""


@ROOT
@pytest.mark.parametrize("verified", [True, False])
def test_a_read_only_store_serves_what_it_has(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory, verified: bool
) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as root:  # pytest's own folders are closed to other users
        os.chmod(root, 0o755)
        store = open_store(root)
        pack = store.add_wheel(str(wheel))
        store.record_build("kept", {"pack": "0"})
        if not verified:
            os.unlink(pack.path.removesuffix(".pack") + ".verified")
        for directory, _, files in os.walk(root):
            os.chmod(directory, 0o755)
            for name in files:
                os.chmod(os.path.join(directory, name), 0o644)
        run = [sys.executable, "-c", READ_ONLY, root, pack.digest, str(wheel)]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


# --- temporary places


def test_a_temporary_directory_goes_with_all_that_is_in_it(store: Store) -> None:
    with store.temporary_directory() as path:
        deep = Path(path, "a", "b")
        deep.mkdir(parents=True)
        (deep / "file").write_text("x")
        os.chmod(deep, 0o500)
        os.chmod(deep.parent, 0o500)
        assert Path(path).parent == Path(store.folder("temporary"))
    assert not os.path.exists(path)


@POSIX
def test_removing_a_tree_never_follows_a_link(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    (outside / "file").write_text("kept")
    with store.temporary_directory() as path:
        os.symlink(outside, os.path.join(path, "link"))
        os.chmod(path, 0o500)
    assert (outside / "file").read_text() == "kept"
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755
    assert not os.path.lexists(path)


LEAVE = """
import os
from trueup.acquisition.store import open_store
store = open_store()
holder = store.temporary_directory()
path = holder.__enter__()
open(os.path.join(path, "file"), "w").close()
print(path, flush=True)
if os.environ.get("STAY"):
    input()
os._exit(1)
"""


@POSIX
def test_what_a_dead_process_left_is_removed_at_the_next_opening(store: Store) -> None:
    run = [sys.executable, "-c", LEAVE]
    left = subprocess.run(run, capture_output=True, text=True, check=False).stdout.strip()
    assert os.path.isdir(left)
    open_store()
    assert not os.path.exists(left)


@POSIX
def test_what_a_living_process_uses_stays(store: Store) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEAVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "STAY": "1"},
    ) as process:
        assert process.stdout is not None
        used = process.stdout.readline().strip()
        os.utime(used, (1, 1))
        open_store()
        assert os.path.isdir(used)
        process.communicate("\n")


def test_what_cannot_be_asked_is_given_two_days(store: Store) -> None:
    temporary = Path(store.folder("temporary"))
    old, new = temporary / "elsewhere-1-a", temporary / "elsewhere-1-b"
    old.write_text("")
    new.write_text("")
    os.utime(old, (time.time() - 3 * 24 * 3600,) * 2)
    open_store()
    assert not old.exists()
    assert new.exists()


# --- many at once

WRITE = """
import sys
from trueup.acquisition.store import open_store
store = open_store()
print("ready", flush=True)
sys.stdin.readline()
for path in sys.argv[1:]:
    pack = store.add_wheel(path)
    assert pack.read("purelib/" + pack.dist_info + "/METADATA")
print(pack.digest)
"""


def test_two_processes_that_write_one_pack_agree(store: Store, tmp_path: Path) -> None:
    content = {f"demo/{i}.py": f"x = {i}\n" * 50 for i in range(200)}
    wheels = [str(make_wheel(tmp_path, f"demo{i}", files=content)) for i in range(5)]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, *wheels],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    outputs = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert outputs[0] == outputs[1]
    for path in wheels:
        assert store.find_pack(digest_of(Path(path))) is not None
    assert leftovers(store) == []


def test_threads_that_add_and_find_and_prune_never_see_half_a_pack(
    store: Store, tmp_path: Path, listener: Listener
) -> None:
    from trueup.acquisition.store_upkeep import prune

    wheels = [make_wheel(tmp_path, f"demo{i}") for i in range(3)]
    digests = [digest_of(path) for path in wheels]
    wrong: list[BaseException] = []

    def work(part: int) -> None:
        try:
            for turn in range(25):
                path, digest = wheels[(part + turn) % 3], digests[(part + turn) % 3]
                if part == 0:
                    prune(store, 0)
                elif (pack := store.find_pack(digest) or store.add_wheel(str(path))) is not None:
                    assert pack.digest == digest
        except BaseException as problem:  # noqa: BLE001 - handed to the test
            wrong.append(problem)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert listener.events == []
    assert leftovers(store) == []


NO_ROOM = """
import os, resource, sys
from trueup.acquisition.store import open_store
from trueup.errors import StoreError
store = open_store()
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
try:
    store.add_wheel(sys.argv[1])
except StoreError as problem:
    assert store.root in problem.problem, problem
    assert "TRUEUP_CACHE_DIR" in problem.hint, problem
else:
    raise SystemExit("there was room")
assert os.listdir(store.folder("temporary")) == os.listdir(store.folder("packs")) == []
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
assert store.add_wheel(sys.argv[1]).read("purelib/demo/large")
"""


@POSIX
def test_a_pack_that_finds_no_room_names_the_place_and_leaves_nothing(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, files={"demo/large": os.urandom(100_000)})
    run = [sys.executable, "-c", NO_ROOM, str(wheel)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_store_writes_json_that_others_can_read(store: Store) -> None:
    store.record_build("key", {"pack": "0" * 64})
    record = json.loads(Path(record_path(store.folder("builds"), "key")).read_text())
    assert (record["key"], record["value"]) == ("key", {"pack": "0" * 64})
