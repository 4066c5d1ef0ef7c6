"""A pack gives back exactly what the wheel held, and notices every byte that is not what it was."""

from __future__ import annotations

import hashlib
import os
import random
import struct
from array import array
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.bad_wheels import INFO
from support.wheels import make_wheel
from trueup.acquisition.pack import Pack, find_damage, open_for_reading, read_pack
from trueup.acquisition.pack_format import ALIGNED_SIZE, ALIGNMENT, HEADER_SIZE, Index, encode
from trueup.acquisition.packing import write_pack
from trueup.acquisition.wheel import open_wheel
from trueup.errors import StoreError
from trueup.values import replace

_COMPONENTS = st.text(st.characters(categories=("Ll", "Nd", "Lo")), min_size=1, max_size=8).filter(
    lambda name: normalize("NFC", name) == name and name not in {"con", "prn", "aux", "nul"}
)
_PATHS = st.lists(_COMPONENTS, min_size=1, max_size=4).map(lambda parts: "pkg/" + "/".join(parts))
_CONTENTS = st.one_of(
    st.binary(max_size=300),
    st.integers(1, 4).map(lambda n: random.Random(n).randbytes(ALIGNED_SIZE - 2 + n)),
)
_TREES = st.dictionaries(_PATHS, st.tuples(_CONTENTS, st.booleans()), min_size=1, max_size=12)


def _without_clashes(tree: dict[str, tuple[bytes, bool]]) -> dict[str, tuple[bytes, bool]]:
    """Drop what a wheel may not hold: files that are directories too, or one but for case."""
    kept: dict[str, tuple[bytes, bool]] = {}
    folded: set[str] = set()
    parents = {
        "/".join(path.split("/")[:i]) for path in tree for i in range(1, path.count("/") + 1)
    }
    directories = {normalize("NFC", parent.casefold()) for parent in parents}
    for path, value in tree.items():
        key = normalize("NFC", path.casefold())
        if key not in folded | directories:
            kept[path] = value
            folded.add(key)
    return kept


def make_pack(folder: Path, **wheel: object) -> Pack:
    path = make_wheel(folder, **wheel)  # type: ignore[arg-type]  # passed on as they are
    with open_wheel(str(path)) as opened:
        return write_pack(opened, f"{path}.pack")


@given(tree=_TREES, purelib=st.booleans())
@settings(
    max_examples=60,
    deadline=None,
    # Hypothesis builds its table of characters once for each Python, which takes seconds.
    suppress_health_check=[HealthCheck.too_slow],
)
def test_any_tree_comes_out_of_its_pack_as_it_went_into_the_wheel(
    tree: dict[str, tuple[bytes, bool]], purelib: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tree = _without_clashes(tree)
    files = {path: content for path, (content, _) in tree.items()}
    runnable = [path for path, (_, executable) in tree.items() if executable]
    pack = make_pack(
        tmp_path_factory.mktemp("tree"), files=files, executable=runnable, purelib=purelib
    )
    root = "purelib" if purelib else "platlib"
    held = {f"{file.directory}/{file.name}": file for file in pack.files()}
    assert held.keys() == {
        f"{root}/{path}" for path in [*files, f"{INFO}/METADATA", f"{INFO}/WHEEL"]
    }
    with open(pack.path, "rb") as raw:
        whole = raw.read()
    for path, (content, executable) in tree.items():
        file = held[f"{root}/{path}"]
        assert whole[file.offset : file.offset + file.size] == content
        assert pack.read(f"{root}/{path}") == content
        assert file.digest == hashlib.sha256(content).digest()
        assert file.executable == executable
        assert file.size < ALIGNED_SIZE or file.offset % ALIGNMENT == 0
        assert pack.find(f"{root}/{path}") == file


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    files: dict[str, str | bytes] = {
        "demo/__init__.py": "x = 1\n",
        "demo/sub/deep/a.py": b"a" * 100,
        "demo/large.bin": bytes(range(256)) * 300,
        "demo-1.0.data/scripts/demo": "#!python\n",
        "demo-1.0.data/data/share/demo.txt": "data",
        "demo-1.0.data/headers/demo.h": "",
        "demo-1.0.data/platlib/demo_native.so": b"\x7fELF",
    }
    return make_pack(tmp_path, files=files, executable=["demo-1.0.data/scripts/demo"])


def test_every_directory_is_there_and_stands_behind_its_parent(pack: Pack) -> None:
    assert pack.directories == (
        "data",
        "data/share",
        "headers",
        "platlib",
        "purelib",
        "purelib/demo",
        f"purelib/{INFO}",
        "purelib/demo/sub",
        "purelib/demo/sub/deep",
        "scripts",
    )
    for at, directory in enumerate(pack.directories):
        parent = directory.rpartition("/")[0]
        assert not parent or parent in pack.directories[:at]
    assert sum(pack.counts) == len(pack.names)
    assert pack.counts[pack.directories.index("purelib")] == 0


def test_the_index_says_what_the_wheel_is(pack: Pack) -> None:
    assert (pack.name, pack.version, pack.dist_info, pack.root) == ("demo", "1.0", INFO, "purelib")
    assert pack.wheel == "demo-1.0-py3-none-any.whl"
    with open(os.path.join(os.path.dirname(pack.path), pack.wheel), "rb") as wheel:
        assert pack.digest == hashlib.sha256(wheel.read()).hexdigest()


def test_record_is_not_kept(pack: Pack) -> None:
    assert pack.find(f"purelib/{INFO}/RECORD") is None
    assert pack.find(f"purelib/{INFO}/METADATA") is not None


def test_a_file_that_is_not_in_the_pack_cannot_be_read(pack: Pack) -> None:
    for member in ("purelib/none.py", "none/demo.py", "", "purelib/demo"):
        assert pack.find(member) is None
        with pytest.raises(StoreError, match="holds no file"):
            pack.read(member)


def test_one_wheel_gives_the_same_bytes_each_time(pack: Pack, tmp_path: Path) -> None:
    wheel_path = tmp_path / pack.wheel
    with open_wheel(str(wheel_path)) as wheel:
        again = write_pack(wheel, str(tmp_path / "again"))
    assert Path(again.path).read_bytes() == Path(pack.path).read_bytes()


def _is_noticed(pack: Pack) -> bool:
    try:
        found = read_pack(pack.path)
        with open_for_reading(pack.path) as file:
            return bool(find_damage(found, file))
    except StoreError:
        return True


def test_every_flipped_byte_is_noticed(pack: Pack) -> None:
    whole = bytearray(Path(pack.path).read_bytes())
    index_at = struct.unpack_from("<Q", whole, 16)[0]
    inside = random.Random(1).sample(range(HEADER_SIZE, index_at), 150)
    index = random.Random(2).sample(range(index_at, len(whole)), 150)
    for at in (*range(HEADER_SIZE), *inside, *index):
        whole[at] ^= 1 << (at % 8)
        Path(pack.path).write_bytes(whole)
        assert _is_noticed(pack), at
        whole[at] ^= 1 << (at % 8)
    Path(pack.path).write_bytes(whole)
    assert not _is_noticed(pack)


def test_every_length_but_the_right_one_is_noticed(pack: Pack) -> None:
    whole = Path(pack.path).read_bytes()
    lengths = random.Random(3).sample(range(len(whole)), 100)
    for length in (0, 1, HEADER_SIZE - 1, HEADER_SIZE, len(whole) - 1, *lengths):
        Path(pack.path).write_bytes(whole[:length])
        assert _is_noticed(pack), length
    Path(pack.path).write_bytes(whole + b"\0")
    assert _is_noticed(pack)


def test_reading_a_file_whose_bytes_were_changed_says_so(pack: Pack) -> None:
    file = pack.find("purelib/demo/__init__.py")
    assert file is not None
    with open(pack.path, "r+b") as raw:
        raw.seek(file.offset)
        raw.write(b"y")
    with pytest.raises(StoreError, match="is damaged"):
        pack.read("purelib/demo/__init__.py")


def test_a_pack_that_is_gone_says_so_when_it_is_opened(pack: Pack) -> None:
    os.unlink(pack.path)
    with pytest.raises(StoreError, match="cannot be read"):
        pack.open()
    with pytest.raises(StoreError, match="cannot be read"):
        read_pack(pack.path)


def test_an_open_pack_stays_readable_after_it_was_removed(pack: Pack) -> None:
    if os.name != "posix":
        pytest.skip("only POSIX removes open files")
    file = pack.find("purelib/demo/__init__.py")
    assert file is not None
    descriptor = pack.open()
    try:
        os.unlink(pack.path)
        assert os.pread(descriptor, file.size, file.offset) == b"x = 1\n"
    finally:
        os.close(descriptor)


def test_another_pack_in_its_place_is_not_opened(pack: Pack, tmp_path: Path) -> None:
    other = make_pack(tmp_path / "other", name="other")
    os.replace(other.path, pack.path)
    with pytest.raises(StoreError, match="not the pack that was opened before"):
        pack.open()


def test_a_link_is_no_pack(pack: Pack, tmp_path: Path) -> None:
    link = tmp_path / "link.pack"
    link.symlink_to(pack.path)
    with pytest.raises(StoreError, match="cannot be read"):
        read_pack(str(link))


def test_a_directory_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        read_pack(str(tmp_path))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"counts": array("I", [9] * 10)}, "counts"),
        ({"offsets": array("Q", [1 << 40] * 9)}, "reaches into"),
        ({"sizes": array("Q", [0])}, "do not fill"),
        ({"names": ("a", "b", "c", "d", "e", "f", "g", "h", "i\0j")}, "counts"),
    ],
)
def test_an_index_that_contradicts_itself_is_no_pack(
    pack: Pack, change: dict[str, Any], reason: str
) -> None:
    index = Index(*(getattr(pack, name) for name in Index.__match_args__))
    assert (len(index.directories), len(index.names)) == (10, 9)
    Path(pack.path).write_bytes(b"".join(encode(replace(index, **change), HEADER_SIZE)))
    with pytest.raises(StoreError, match=reason):
        read_pack(pack.path)


def test_packs_are_equal_when_they_are_the_same_pack(pack: Pack) -> None:
    again = read_pack(pack.path)
    assert again == pack
    assert hash(again) == hash(pack)
    assert "array" not in repr(pack)
