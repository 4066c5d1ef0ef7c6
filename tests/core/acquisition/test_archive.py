from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trueup.acquisition.archive import Limits, unpack
from trueup.acquisition.members import folded, leads_outside, parts_of
from trueup.errors import SourceError

GOOD = {"demo-1.0/setup.py": b"setup()", "demo-1.0/src/demo/__init__.py": b"x = 1"}
Change = Callable[[tarfile.TarFile], None]


def tar_of(files: dict[str, bytes], *changes: Change, form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return an uncompressed tar with `files`, and with what `changes` do to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mtime = 1_500_000_000
            tar.addfile(info, io.BytesIO(content))
        for change in changes:
            change(tar)
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", **attributes: int) -> Change:
    def change(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = target
        for key, value in attributes.items():
            setattr(info, key, value)
        tar.addfile(info)

    return change


def write(folder: Path, content: bytes, name: str = "demo-1.0.tar.gz") -> str:
    path = folder / name
    path.write_bytes(gzip.compress(content, 1) if name.endswith(".tar.gz") else content)
    return str(path)


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def contents(root: str) -> dict[str, bytes]:
    top = Path(root)
    return {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()}


INSIDE = {"setup.py": b"setup()", "src/demo/__init__.py": b"x = 1"}


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("demo-1.0.tar", lambda data: data),
        ("demo-1.0.tar.gz", gzip.compress),
        ("demo-1.0.tgz", gzip.compress),
        ("demo-1.0.tar.bz2", bz2.compress),
        ("demo-1.0.tar.xz", lzma.compress),
        ("archive", gzip.compress),
    ],
)
def test_every_kind_of_tar_is_unpacked(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(pack(tar_of(GOOD)))
    root = unpack(str(tmp_path / name), str(tmp_path / "tree"))
    assert os.path.basename(root) == "demo-1.0"
    assert contents(root) == INSIDE


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    root = unpack(write(tmp_path, zip_of(GOOD), "demo-1.0.zip"), str(tmp_path / "tree"))
    assert contents(root) == INSIDE


def test_modes_and_times_are_kept_and_dangerous_bits_are_not(tmp_path: Path) -> None:
    change = member("demo-1.0/configure", mode=0o7777, mtime=1_400_000_000)
    root = unpack(write(tmp_path, tar_of(GOOD, change)), str(tmp_path / "tree"))
    status = os.stat(os.path.join(root, "configure"))
    assert status.st_mtime == 1_400_000_000
    assert status.st_mode & 0o7022 == 0
    assert status.st_mode & 0o100
    assert not os.stat(os.path.join(root, "setup.py")).st_mode & 0o111


def test_an_sdist_needs_one_top_folder(tmp_path: Path) -> None:
    archive = write(tmp_path, tar_of({"setup.py": b"", "demo/__init__.py": b""}))
    with pytest.raises(SourceError, match="one top folder"):
        unpack(archive, str(tmp_path / "tree"))


def test_an_archive_of_a_user_does_not(tmp_path: Path) -> None:
    archive = write(tmp_path, tar_of({"setup.py": b"", "demo/__init__.py": b""}))
    root = unpack(archive, str(tmp_path / "one"), one_top=False)
    assert contents(root) == {"setup.py": b"", "demo/__init__.py": b""}
    root = unpack(write(tmp_path, tar_of(GOOD)), str(tmp_path / "two"), one_top=False)
    assert contents(root) == INSIDE


def test_links_and_hard_links_inside_are_kept(tmp_path: Path) -> None:
    changes = (
        member("demo-1.0/a", tarfile.SYMTYPE, "src/demo/__init__.py"),
        member("demo-1.0/src/up", tarfile.SYMTYPE, ".."),
        member("demo-1.0/dangling", tarfile.SYMTYPE, "not/there"),
        member("demo-1.0/hard", tarfile.LNKTYPE, "demo-1.0/setup.py"),
    )
    root = Path(unpack(write(tmp_path, tar_of(GOOD, *changes)), str(tmp_path / "tree")))
    assert (root / "a").read_bytes() == b"x = 1"
    assert (root / "src/up/setup.py").read_bytes() == b"setup()"
    assert os.readlink(root / "dangling") == "not/there"
    assert (root / "hard").read_bytes() == b"setup()"
    assert (root / "hard").stat().st_nlink == 1


def test_links_of_a_zip_are_links(tmp_path: Path) -> None:
    buffer = io.BytesIO(zip_of(GOOD))
    with zipfile.ZipFile(buffer, "a") as file:
        info = zipfile.ZipInfo("demo-1.0/link")
        info.external_attr = 0o120777 << 16
        file.writestr(info, "setup.py")
    root = unpack(write(tmp_path, buffer.getvalue(), "demo-1.0.zip"), str(tmp_path / "tree"))
    assert os.readlink(os.path.join(root, "link")) == "setup.py"


LINK = tarfile.SYMTYPE
# Each of these must be refused, and must have written nothing outside.
HOSTILE: dict[str, tuple[Change, ...]] = {
    "traversal": (member("demo-1.0/../../evil"),),
    "traversal at the start": (member("../evil"),),
    "absolute": (member("/tmp/evil-member"),),
    "drive": (member("c:/evil"),),
    "backslashes": (member("demo-1.0/..\\..\\evil"),),
    "absolute link": (member("demo-1.0/l", LINK, "/etc/passwd"),),
    "link out": (member("demo-1.0/l", LINK, "../../evil"),),
    "link with backslashes": (member("demo-1.0/l", LINK, "..\\..\\evil"),),
    "link to itself": (member("demo-1.0/l", LINK, "l"),),
    "links in a circle": (member("demo-1.0/a", LINK, "b"), member("demo-1.0/b", LINK, "a")),
    "file through a link": (member("demo-1.0/l", LINK, "src"), member("demo-1.0/l/evil")),
    "file through a later link": (member("demo-1.0/l/evil"), member("demo-1.0/l", LINK, "..")),
    "file over a link": (member("demo-1.0/l", LINK, "../../evil"), member("demo-1.0/l")),
    "parent of a link": (
        member("demo-1.0/d/e/", tarfile.DIRTYPE),
        member("demo-1.0/here", LINK, "."),
        member("demo-1.0/out", LINK, "here/../../../evil"),
    ),
    "parent of a link to the top": (
        member("top", LINK, "."),
        member("out", LINK, "top/../evil"),
    ),
    "parent of a link by another case": (
        member("demo-1.0/deep/down/x"),
        member("demo-1.0/deep/down/up", LINK, "../../.."),
        member("demo-1.0/out", LINK, "DEEP/DOWN/UP/../evil"),
    ),
    "hard link out": (member("demo-1.0/h", tarfile.LNKTYPE, "../../evil"),),
    "absolute hard link": (member("demo-1.0/h", tarfile.LNKTYPE, "/etc/passwd"),),
    "hard link to nothing": (member("demo-1.0/h", tarfile.LNKTYPE, "demo-1.0/gone"),),
    "hard link to a link": (
        member("demo-1.0/l", LINK, "setup.py"),
        member("demo-1.0/h", tarfile.LNKTYPE, "demo-1.0/l"),
    ),
    "character device": (member("demo-1.0/null", tarfile.CHRTYPE, devmajor=1, devminor=3),),
    "block device": (member("demo-1.0/disk", tarfile.BLKTYPE, devmajor=8),),
    "pipe": (member("demo-1.0/pipe", tarfile.FIFOTYPE),),
    "the same file twice": (member("demo-1.0/setup.py"),),
    "the same file but for case": (member("demo-1.0/SETUP.py"),),
    "the same file in another Unicode form": (
        member("demo-1.0/caf\u00e9"),
        member("demo-1.0/cafe\u0301"),
    ),
    "a directory over a file": (member("demo-1.0/setup.py/x"),),
    "a file over a directory": (member("demo-1.0/src"),),
    "a link over a directory": (member("demo-1.0/src", LINK, "."),),
    "an endless name": (member("demo-1.0/" + "x" * 300),),
    "an endless path": (member("demo-1.0/" + "x/" * 3000 + "x"),),
    "an empty link": (member("demo-1.0/l", LINK, ""),),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_what_must_not_get_in_is_refused(tmp_path: Path, attack: str) -> None:
    archive = write(tmp_path, tar_of(GOOD, *HOSTILE[attack]))
    with pytest.raises(SourceError, match=r"demo-1\.0\.tar\.gz"):
        unpack(archive, str(tmp_path / "deep" / "tree"), one_top=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "demo-1.0.tar.gz"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["tree"]


@pytest.mark.parametrize("attack", HOSTILE)
def test_our_own_check_holds_without_the_filter_of_tarfile(
    tmp_path: Path, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPython 3.11.0 to 3.11.3 have no filter."""
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    archive = write(tmp_path, tar_of(GOOD, *HOSTILE[attack]))
    with pytest.raises(SourceError, match=r"refused|device"):
        unpack(archive, str(tmp_path / "deep" / "tree"), one_top=False)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["tree"]


@pytest.mark.parametrize("name", ["../evil", "/evil", "demo-1.0/../../evil", "demo-1.0/setup.py"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_must_not_get_in_by_zip_is_refused(tmp_path: Path, name: str) -> None:
    buffer = io.BytesIO(zip_of(GOOD))
    with zipfile.ZipFile(buffer, "a") as file:
        file.writestr(name, b"evil")
    with pytest.raises(SourceError, match="refused"):
        unpack(write(tmp_path, buffer.getvalue(), "demo-1.0.zip"), str(tmp_path / "tree"))


@pytest.mark.parametrize("target", ["../../evil", "/etc/passwd", "link"])
def test_links_out_of_a_zip_are_refused(tmp_path: Path, target: str) -> None:
    buffer = io.BytesIO(zip_of(GOOD))
    with zipfile.ZipFile(buffer, "a") as file:
        info = zipfile.ZipInfo("demo-1.0/link")
        info.external_attr = 0o120777 << 16
        file.writestr(info, target)
    with pytest.raises(SourceError, match="is a link to"):
        unpack(write(tmp_path, buffer.getvalue(), "demo-1.0.zip"), str(tmp_path / "tree"))


def refused(folder: Path, content: bytes, name: str) -> str:
    (folder / name).write_bytes(content)
    with tempfile.TemporaryDirectory() as tree, pytest.raises(SourceError) as caught:
        unpack(str(folder / name), os.path.join(tree, "tree"))
    assert name in caught.value.problem
    return caught.value.problem


def test_an_archive_that_is_two_is_refused(tmp_path: Path) -> None:
    evil = zip_of({"demo-1.0/setup.py": b"evil"})
    tar = tar_of(GOOD)
    assert "two archives" in refused(tmp_path, gzip.compress(tar) + evil, "demo-1.0.tar.gz")
    assert "two archives" in refused(tmp_path, bz2.compress(tar) + evil, "demo-1.0.tar.bz2")
    assert "two archives" in refused(tmp_path, lzma.compress(tar) + evil, "demo-1.0.tar.xz")
    assert "two archives" in refused(tmp_path, tar + evil, "demo-1.0.tar")
    assert "data after its end" in refused(tmp_path, gzip.compress(tar + evil), "demo-1.0.tar.gz")
    assert "data after its end" in refused(tmp_path, gzip.compress(tar + tar), "demo-1.0.tar.gz")
    assert "not what its name says" in refused(tmp_path, evil, "demo-1.0.tar.gz")
    assert "not what its name says" in refused(tmp_path, gzip.compress(tar), "demo-1.0.zip")
    assert "before its first member" in refused(
        tmp_path, evil[:4] + b"x" * 600 + evil, "demo-1.0.zip"
    )


def test_a_tar_that_holds_a_zip_is_one_archive(tmp_path: Path) -> None:
    (tmp_path / "demo-1.0.tar").write_bytes(tar_of({"demo-1.0/data.zip": zip_of(GOOD)}))
    root = unpack(str(tmp_path / "demo-1.0.tar"), str(tmp_path / "tree"))
    assert list(contents(root)) == ["data.zip"]


@pytest.mark.parametrize("name", ["demo-1.0.tar", "demo-1.0.tar.gz", "demo-1.0.zip"])
def test_an_archive_that_is_cut_off_anywhere_is_refused(tmp_path: Path, name: str) -> None:
    files = {**GOOD, "demo-1.0/noise": os.urandom(3000)}
    whole = {"tar": tar_of(files), "gz": gzip.compress(tar_of(files)), "zip": zip_of(files)}
    content = whole[name.rpartition(".")[2]]
    end = len(content) - (10_000 if name.endswith(".tar") else 0)  # a tar ends in spare zeros
    for length in {*range(0, end, max(1, end // 60)), end - 1}:
        refused(tmp_path, content[:length], name)


@settings(max_examples=100, deadline=None)
@given(
    noise=st.binary(max_size=2000),
    name=st.sampled_from(["a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz", "a.zip", "a"]),
    magic=st.sampled_from([b"", b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b"PK\x03\x04"]),
)
def test_random_bytes_are_refused_and_nothing_else_is_raised(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, name: str, magic: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        refused(Path(folder), magic + noise, name)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_archive_is_unpacked_or_refused_and_nothing_else_is_raised(
    data: st.DataObject,
) -> None:
    changes = (member("demo-1.0/l", LINK, "setup.py"), member("demo-1.0/" + "n" * 120))
    content = bytearray(
        tar_of(
            GOOD,
            *changes,
            form=data.draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])),
        )
    )
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "demo-1.0.tar")
        Path(path).write_bytes(content)
        with contextlib.suppress(SourceError):
            root = unpack(path, os.path.join(folder, "tree"), one_top=False)
            assert os.path.realpath(root).startswith(os.path.realpath(folder))
        assert sorted(os.listdir(folder)) in (["demo-1.0.tar"], ["demo-1.0.tar", "tree"])


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    bomb = tar_of({"demo-1.0/zeros": bytes(3 << 20)})
    limits = Limits(ratio_from=1 << 20)
    with pytest.raises(SourceError, match="100 times its size"):
        unpack(write(tmp_path, bomb), str(tmp_path / "tree"), limits=limits)
    archive = write(tmp_path, zip_of({"demo-1.0/zeros": bytes(3 << 20)}), "demo-1.0.zip")
    with pytest.raises(SourceError, match="100 times its size"):
        unpack(archive, str(tmp_path / "zip"), limits=limits)


def test_a_bomb_is_refused_by_its_size_and_its_count(tmp_path: Path) -> None:
    archive = write(tmp_path, tar_of({"demo-1.0/noise": os.urandom(1 << 20)}))
    with pytest.raises(SourceError, match="more than 1000 bytes"):
        unpack(archive, str(tmp_path / "size"), limits=Limits(size=1000, members=10))
    archive = write(tmp_path, tar_of({f"demo-1.0/{n}": b"" for n in range(20)}))
    with pytest.raises(SourceError, match="more than 10 members"):
        unpack(archive, str(tmp_path / "count"), limits=Limits(members=10))


def test_a_header_that_wants_all_memory_is_refused(tmp_path: Path) -> None:
    """A pax header is read whole before anybody can judge it: here one of 64 MiB."""
    header = tarfile.TarInfo("demo-1.0/pax")
    header.type = tarfile.XHDTYPE
    header.size = 64 << 20
    content = header.tobuf() + bytes(64 << 20)
    with pytest.raises(SourceError, match="header of"):
        unpack(write(tmp_path, content), str(tmp_path / "tree"))


def test_a_sparse_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("demo-1.0/sparse")
    header.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": str(1 << 40),
        "GNU.sparse.map": "0,0",
    }
    content = header.tobuf(tarfile.PAX_FORMAT) + bytes(1024)
    with pytest.raises(SourceError, match="more than"):
        unpack(write(tmp_path, content), str(tmp_path / "tree"), limits=Limits(size=1 << 20))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_of(GOOD))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(magic)
        while place >= 0:
            content[place + at] |= 1
            place = content.find(magic, place + 1)
    assert "encrypted" in refused(tmp_path, bytes(content), "demo-1.0.zip")


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path, tar_of({}), "demo-1.0.tar")
    assert "empty" in refused(tmp_path, zip_of({}), "demo-1.0.zip")


@pytest.mark.parametrize(
    "name", ["con", "a/NUL.txt", "a/b.", "a/b ", "ab:c", "a/b?", "x/com1", "a\\b"]
)
def test_names_that_windows_cannot_have_are_refused_there(name: str) -> None:
    with pytest.raises(ValueError, match="Windows"):
        parts_of(name, windows=True)
    parts_of(name, windows=False)


NAMES = st.sampled_from(["a", "b", "c", "..", ".", "a/b", "../a", "b/..", "c/../.."])


@settings(max_examples=150, deadline=None)
@given(
    links=st.dictionaries(
        st.sampled_from(["a", "b", "c", "d/a", "d/b"]),
        st.lists(NAMES, min_size=1, max_size=4).map("/".join),
        min_size=1,
    )
)
@pytest.mark.skipif(os.name == "nt", reason="links are free on POSIX only")
def test_links_are_followed_as_the_operating_system_follows_them(links: dict[str, str]) -> None:
    """The model must never say "inside" where the real file system leads out."""
    model = {folded(path.split("/")): target for path, target in links.items()}
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(os.path.realpath(folder), "one", "two", "root")
        os.makedirs(os.path.join(root, "d"))
        for path, target in links.items():
            os.symlink(target, os.path.join(root, path))
        for path in links:
            if leads_outside(tuple(path.split("/")), model):
                continue
            real = os.path.realpath(os.path.join(root, path))
            assert real == root or real.startswith(root + os.sep)
