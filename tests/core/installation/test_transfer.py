"""Writing packs out: any tree, any way of copying, the same bytes and modes."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.housing import make_pack, quick_folder
from trueup.acquisition.pack import Pack
from trueup.errors import StoreError
from trueup.installation import transfer
from trueup.installation.transfer import unpack, write_file

Copy = Callable[[int, int, int, int], int]

SIZES = [0, 1, 4095, 4096, 65535, 65536, 65537, 200_000, 1 << 20, (1 << 20) + 1]
SEGMENT = st.text("abcdefghij_é", min_size=1, max_size=6)
TREES = st.dictionaries(
    st.lists(SEGMENT, min_size=1, max_size=4).map("/".join),
    st.binary(max_size=300)
    | st.sampled_from(SIZES).map(
        lambda size: bytes(range(251)) * (size // 251) + bytes(size % 251)
    ),
    min_size=1,
    max_size=12,
)


def without_clashes(tree: dict[str, bytes]) -> dict[str, bytes]:
    """Drop names that are also a directory."""
    folders = {path[:at] for path in tree for at in range(len(path)) if path[at] == "/"}
    return {path: content for path, content in tree.items() if path not in folders}


def unpacked(pack: Pack, folder: Path, skip: frozenset[str] = frozenset()) -> dict[str, Path]:
    """Write `pack` out; return where each file is, by "scheme/path"."""
    roots = {
        scheme: str(folder / scheme)
        for scheme in ("purelib", "platlib", "scripts", "data", "headers")
    }
    for root in roots.values():
        os.makedirs(root)
    stats = unpack(pack, roots, skip=skip)
    found = {
        str(p.relative_to(folder)).replace(os.sep, "/"): p for p in folder.rglob("*") if p.is_file()
    }
    assert len(stats.inodes) == len(found)
    return found


@settings(deadline=None, max_examples=60)
@given(TREES.map(without_clashes), st.data())
def test_any_tree_is_written_as_it_was_packed(tree: dict[str, bytes], data: st.DataObject) -> None:
    executable = data.draw(st.sets(st.sampled_from(sorted(tree)))) if tree else set()
    with quick_folder() as folder:
        pack = make_pack(folder, files=tree, executable=executable)
        found = unpacked(pack, folder / "out")
        for path, content in tree.items():
            file = found.pop(f"purelib/{path}")
            assert file.read_bytes() == content
            assert bool(file.stat().st_mode & stat.S_IXUSR) == (path in executable)
        assert all(path.startswith("purelib/demo-1.0.dist-info/") for path in found)


def refuse(_source: int, _out: int, _at: int, _size: int) -> int:
    raise OSError(errno.EXDEV, "not between these")


def forbid(_source: int, _out: int, _at: int, _size: int) -> int:
    raise PermissionError(errno.EPERM, "not in this sandbox")


def copy_nothing(_source: int, _out: int, _at: int, _size: int) -> int:
    return 0


def copy_a_little(source: int, out: int, at: int, size: int) -> int:
    return os.write(out, os.pread(source, min(size, 70_001), at))


class GivesUp:
    """Copies one piece, then no more: what was copied must not be copied again."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, source: int, out: int, at: int, size: int) -> int:
        self.calls += 1
        if self.calls % 2 == 0:
            raise OSError(errno.EINVAL, "no more")
        return copy_a_little(source, out, at, size)


@contextmanager
def only(monkeypatch: pytest.MonkeyPatch, *copies: Copy) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_KERNEL_COPIES", list(copies))
        yield


@pytest.mark.skipif(not hasattr(os, "pread"), reason="the copies of this test read by pread")
@pytest.mark.parametrize(
    "copies",
    [
        pytest.param(None, id="the platform's own"),
        pytest.param([], id="by hand"),
        pytest.param([refuse], id="another device"),
        pytest.param([forbid, refuse], id="a sandbox"),
        pytest.param([copy_nothing], id="nothing copied"),
        pytest.param([copy_a_little], id="in small pieces"),
        pytest.param([GivesUp(), GivesUp()], id="given up half way"),
        pytest.param([GivesUp(), copy_nothing, copy_a_little], id="each a little"),
    ],
)
def test_large_files_are_whole_by_every_way_of_copying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copies: list[Copy] | None
) -> None:
    tree = {f"large{number}": os.urandom(size) for number, size in enumerate(SIZES)}
    pack = make_pack(tmp_path, files={**tree, "between": b"small"})
    with only(monkeypatch, *(transfer._KERNEL_COPIES if copies is None else copies)):
        found = unpacked(pack, tmp_path / "out")
    for name, content in tree.items():
        assert found[f"purelib/{name}"].read_bytes() == content
    assert found["purelib/between"].read_bytes() == b"small"


@pytest.mark.skipif(not hasattr(os, "sendfile"), reason="no other way of copying here")
def test_each_kernel_copy_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(500_000)
    pack = make_pack(tmp_path, files={"large": content})
    assert transfer._KERNEL_COPIES
    for number, copy in enumerate(transfer._KERNEL_COPIES):
        with only(monkeypatch, copy):
            found = unpacked(pack, tmp_path / str(number))
        assert found["purelib/large"].read_bytes() == content


def test_every_scheme_goes_to_its_own_root(tmp_path: Path) -> None:
    data = "demo-1.0.data"
    files = {
        "top.py": "1",
        f"{data}/platlib/plat.py": "2",
        f"{data}/scripts/run": "3",
        f"{data}/data/share/a": "4",
        f"{data}/headers/a.h": "5",
    }
    found = unpacked(make_pack(tmp_path, files=files), tmp_path / "out")
    schemes = ["purelib/top.py", "platlib/plat.py", "scripts/run", "data/share/a", "headers/a.h"]
    assert [found[path].read_text() for path in schemes] == list("12345")


@pytest.mark.skipif(os.name == "nt", reason="there are no execute bits")
def test_commands_are_executable_and_packages_of_that_name_are_not(tmp_path: Path) -> None:
    files = {"demo-1.0.data/scripts/run": "echo", "scripts/module.py": ""}
    found = unpacked(make_pack(tmp_path, files=files), tmp_path / "out")
    assert os.access(found["scripts/run"], os.X_OK)
    assert not os.access(found["purelib/scripts/module.py"], os.X_OK)


def test_skipped_commands_are_left_to_others(tmp_path: Path) -> None:
    files = {"demo-1.0.data/scripts/run": "echo", "demo-1.0.data/scripts/stay": "echo"}
    found = unpacked(make_pack(tmp_path, files=files), tmp_path / "out", frozenset({"run"}))
    assert "scripts/stay" in found
    assert "scripts/run" not in found


@pytest.mark.skipif(os.name == "nt", reason="there is no umask")
def test_modes_follow_the_umask(tmp_path: Path) -> None:
    pack = make_pack(tmp_path, files={"run.sh": "x", "plain.py": "x"}, executable=["run.sh"])
    before = os.umask(0o027)
    try:
        found = unpacked(pack, tmp_path / "out")
    finally:
        os.umask(before)
    assert stat.S_IMODE(found["purelib/run.sh"].stat().st_mode) == 0o750
    assert stat.S_IMODE(found["purelib/plain.py"].stat().st_mode) == 0o640


def test_the_stats_are_those_of_the_files(tmp_path: Path) -> None:
    pack = make_pack(tmp_path, files={"b.py": "2", "a/c.py": "3", "a/b.py": "1"})
    (tmp_path / "out").mkdir()
    stats = unpack(pack, {"purelib": str(tmp_path / "out")})
    for row, entry in enumerate(pack.files()):
        status = (
            tmp_path / "out" / entry.directory.removeprefix("purelib").strip("/") / entry.name
        ).stat()
        assert stats.inodes[row] == status.st_ino & 0xFFFFFFFFFFFFFFFF
        assert (stats.mtimes[row], stats.ctimes[row]) == (status.st_mtime_ns, status.st_ctime_ns)


def test_a_pack_that_is_gone_is_an_error_of_the_store(tmp_path: Path) -> None:
    pack = make_pack(tmp_path)
    os.unlink(pack.path)
    with pytest.raises(StoreError):
        unpack(pack, {"purelib": str(tmp_path)})


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    write_file(str(tmp_path / "file"), b"first")
    with pytest.raises(FileExistsError):
        write_file(str(tmp_path / "file"), b"second")
    assert (tmp_path / "file").read_bytes() == b"first"
