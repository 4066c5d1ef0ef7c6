"""Receipts: written and read whole, and what they tell of a file."""

from __future__ import annotations

import os
import sys
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trueup.destination.environment import Environment
from trueup.installation.boot import boot_identity
from trueup.installation.receipt import (
    Receipt,
    decode_receipt,
    drop_receipt,
    encode_receipt,
    inside,
    inspect,
    read_receipt,
    receipt_names,
    refreshed,
    serial,
    write_receipt,
)

NAMES = st.text(st.characters(blacklist_characters="\0"), min_size=1, max_size=12)
SIGNED = st.integers(-(2**63), 2**63 - 1)
UNSIGNED = st.integers(0, 2**64 - 1)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    paths = tuple(draw(st.lists(NAMES, max_size=6)))

    def column(kind: str, numbers: st.SearchStrategy[int]) -> array[int]:
        return array(kind, (draw(numbers) for _ in paths))

    return Receipt(
        draw(NAMES),
        draw(NAMES),
        draw(NAMES),
        draw(NAMES),
        draw(SIGNED),
        draw(SIGNED),
        paths,
        column("Q", UNSIGNED),
        column("q", SIGNED),
        column("q", SIGNED),
        column("Q", UNSIGNED),
    )


@given(receipts())
def test_what_is_encoded_is_decoded(receipt: Receipt) -> None:
    assert decode_receipt(encode_receipt(receipt)) == receipt


@given(receipts(), st.data())
def test_a_part_of_a_receipt_is_refused(receipt: Receipt, data: st.DataObject) -> None:
    content = encode_receipt(receipt)
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ValueError, match=r".*"):
        decode_receipt(content[:cut])


@settings(max_examples=300)
@given(st.sampled_from([b"", b"trueup receipt 2\n"]), st.binary(max_size=80))
def test_garbage_is_refused(start: bytes, rest: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode_receipt(start + rest)


@pytest.mark.parametrize("header", [b"[]", b"null", b"{}", b'{"paths": 3}', b"7"])
def test_a_header_of_another_shape_is_refused(header: bytes) -> None:
    with pytest.raises(ValueError, match="header"):
        decode_receipt(b"trueup receipt 2\n" + len(header).to_bytes(8, "little") + header)


def receipt_of(folder: Path, *names: str) -> Receipt:
    found = [os.lstat(folder / name) for name in names]
    return Receipt(
        "demo-1.0.dist-info",
        "ab" * 32,
        boot_identity(),
        "",
        0,
        0,
        names,
        array("Q", (status.st_size for status in found)),
        array("q", (status.st_mtime_ns for status in found)),
        array("q", (status.st_ctime_ns for status in found)),
        array("Q", (serial(status) for status in found)),
    )


def test_a_receipt_is_kept_until_it_is_dropped(tmp_path: Path, environment: Environment) -> None:
    (tmp_path / "file").write_text("x")
    receipt = receipt_of(tmp_path, "file")
    assert receipt_names(environment) == []
    write_receipt(environment, receipt, environment.state)
    assert read_receipt(environment, receipt.dist_info) == receipt
    assert receipt_names(environment) == [receipt.dist_info]
    assert sorted(os.listdir(environment.state)) == ["receipts", "skeleton"]
    drop_receipt(environment, receipt.dist_info)
    drop_receipt(environment, receipt.dist_info)
    assert read_receipt(environment, receipt.dist_info) is None


def test_a_receipt_that_cannot_be_read_is_none(environment: Environment) -> None:
    folder = os.path.join(environment.state, "receipts")
    os.makedirs(os.path.join(folder, "directory"))
    Path(folder, "empty").touch()
    Path(folder, "garbage").write_bytes(b"trueup receipt 2\n\xff\xff")
    for name in ("directory", "empty", "garbage", "missing"):
        assert read_receipt(environment, name) is None


def kinds(receipt: Receipt, folder: Path) -> list[str]:
    return [found.kind for found in inspect(receipt, str(folder))]


def test_every_way_of_changing_a_file_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("content")
    receipt = receipt_of(tmp_path, "file")
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    assert kinds(receipt, tmp_path) == []

    file.write_text("CONTENT")  # the same size
    os.utime(file, ns=times)  # and the same mtime
    assert kinds(receipt, tmp_path) == ["changed"]

    file.write_text("more content")
    assert kinds(receipt, tmp_path) == ["changed"]

    other = tmp_path / "other"
    other.write_text("content")
    os.utime(other, ns=times)
    os.replace(other, file)
    assert kinds(receipt, tmp_path) == ["changed"]

    file.unlink()
    assert kinds(receipt, tmp_path) == ["missing"]


@pytest.mark.skipif(os.name == "nt", reason="there ctime is the time of creation")
def test_another_mode_is_seen(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    receipt = receipt_of(tmp_path, "file")
    (tmp_path / "file").chmod(0o600)
    assert kinds(receipt, tmp_path) == ["changed"]


def test_a_parent_that_is_a_file_now_makes_a_file_missing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("x")
    receipt = receipt_of(tmp_path, "folder/file")
    (tmp_path / "folder" / "file").unlink()
    (tmp_path / "folder").rmdir()
    (tmp_path / "folder").write_text("x")
    assert kinds(receipt, tmp_path) == ["missing"]


def test_lost_bytes_are_told_from_an_edit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("content")
    receipt = receipt_of(tmp_path, "file")
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    os.truncate(file, 3)
    os.utime(file, ns=times)
    assert kinds(receipt, tmp_path) == ["lost"]  # shorter, and nobody wrote to it
    file.write_text("edited")
    os.utime(file, ns=(times[0], times[1] + 1_000_000_000))
    assert kinds(receipt, tmp_path) == ["changed"]
    os.truncate(file, 0)
    assert kinds(receipt, tmp_path) == ["lost"]


def test_a_file_that_was_only_renamed_is_the_same_file(tmp_path: Path) -> None:
    for name in ("kept", "edited", "gone"):
        (tmp_path / name).write_text("content")
    receipt = receipt_of(tmp_path, "kept", "edited", "gone")
    os.rename(tmp_path / "kept", tmp_path / "away")
    os.rename(tmp_path / "away", tmp_path / "kept")
    (tmp_path / "edited").write_text("longer content")
    (tmp_path / "gone").unlink()
    inspected = inspect(refreshed(receipt, str(tmp_path)), str(tmp_path))
    found = {damage.path: damage.kind for damage in inspected}
    assert found == {str(tmp_path / "edited"): "changed", str(tmp_path / "gone"): "missing"}


@pytest.mark.skipif(os.name == "nt", reason="there ctime is the time of creation")
def test_only_what_was_renamed_is_looked_at_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text("content")
    receipt = receipt_of(tmp_path, "one", "two")
    for name in ("one", "two"):
        (tmp_path / name).chmod(0o600)
    renamed = inside([str(tmp_path / "one")], str(tmp_path))
    found = inspect(refreshed(receipt, str(tmp_path), renamed), str(tmp_path))
    assert [damage.path for damage in found] == [str(tmp_path / "two")]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the kernel of Linux")
def test_the_boot_is_that_of_the_kernel() -> None:
    assert boot_identity() == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
