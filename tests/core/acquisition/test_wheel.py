"""A wheel is read once, and refused by its rule before anything of it can reach an environment."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from support.bad_wheels import BAD_WHEELS, GOOD_WHEELS, INFO, OddWheel, entries, members
from support.zip_forge import Entry, forge
from trueup.acquisition.pack import Pack
from trueup.acquisition.packing import write_pack
from trueup.acquisition.wheel import Wheel, open_wheel
from trueup.acquisition.wheel_rules import RULES, Limits
from trueup.errors import FetchError, HashMismatch, WheelRefused


def pack(path: Path, *, limits: Limits | None = None) -> Pack:
    with open_wheel(str(path), limits=limits) as wheel:
        return write_pack(wheel, str(path) + ".pack")


@pytest.mark.parametrize("odd", BAD_WHEELS, ids=lambda odd: f"{odd.rule}: {odd.label}")
def test_a_bad_wheel_is_refused_by_its_rule(odd: OddWheel, tmp_path: Path) -> None:
    with pytest.raises(WheelRefused) as refused:
        pack(odd.write(tmp_path), limits=odd.limits)
    assert refused.value.rule == odd.rule
    assert refused.value.wheel == odd.filename
    assert RULES[odd.rule].reason in refused.value.problem


def test_every_rule_has_a_wheel_that_breaks_it() -> None:
    broken = {odd.rule for odd in BAD_WHEELS} | {"zip-changed"}  # which has a test of its own
    assert broken == set(RULES)


def test_every_bad_wheel_has_a_label_of_its_own() -> None:
    labels = [(odd.rule, odd.label) for odd in BAD_WHEELS]
    assert len(labels) == len(set(labels)) >= 150


@pytest.mark.parametrize("odd", GOOD_WHEELS, ids=lambda odd: odd.label)
def test_a_good_wheel_is_read_as_zipfile_reads_it(odd: OddWheel, tmp_path: Path) -> None:
    path = odd.write(tmp_path)
    packed = pack(path)
    with zipfile.ZipFile(path) as archive:
        inside = {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
    del inside[f"{INFO}/RECORD"]
    got = {f"{file.directory}/{file.name}" for file in packed.files()}
    assert got == {_target(name) for name in inside}
    for name, content in inside.items():
        assert packed.read(_target(name)) == content


def _target(name: str) -> str:
    top, _, rest = name.partition("/")
    return rest if top == "demo-1.0.data" else f"purelib/{name}"


def test_a_wheel_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = OddWheel("", "", lambda: forge(entries())).write(tmp_path)

    def change() -> None:
        with open_wheel(str(path)) as wheel:
            assert isinstance(wheel, Wheel)
            os.utime(path, ns=(1, 1))

    with pytest.raises(WheelRefused) as refused:
        change()
    assert refused.value.rule == "zip-changed"


def test_a_wheel_with_another_hash_than_promised_is_refused(tmp_path: Path) -> None:
    path = OddWheel("", "", lambda: forge(entries())).write(tmp_path)
    with (
        pytest.raises(HashMismatch, match=r"demo-1\.0-py3-none-any\.whl is not what was promised"),
        open_wheel(str(path), expected_sha256="0" * 64),
    ):
        pass


def test_a_wheel_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    missing = str(tmp_path / "demo-1.0-py3-none-any.whl")
    with pytest.raises(FetchError, match="cannot be read"), open_wheel(missing):
        pass


def oddities(files: dict[str, bytes], folder: Path) -> tuple[str, ...]:
    path = OddWheel("", "", lambda: forge(entries(files))).write(folder)
    with open_wheel(str(path)) as wheel:
        return wheel.oddities


def test_a_newer_minor_wheel_version_is_odd_but_fine(tmp_path: Path) -> None:
    content = b"Wheel-Version: 1.9\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    assert oddities({f"{INFO}/WHEEL": content}, tmp_path) == (
        "its Wheel-Version 1.9 is newer than 1.0",
    )


def test_tags_that_differ_from_the_file_name_are_odd_but_fine(tmp_path: Path) -> None:
    content = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\n"
    assert oddities({f"{INFO}/WHEEL": content}, tmp_path) == (
        "its WHEEL file names other tags than its file name",
    )


@pytest.mark.parametrize(
    "name", ["INSTALLER", "REQUESTED", "direct_url.json", "trueup.json", "Direct_URL.json"]
)
def test_what_an_installer_writes_is_not_taken_from_a_wheel(name: str, tmp_path: Path) -> None:
    files = {f"{INFO}/{name}": b"forged"}
    assert oddities(files, tmp_path) == (f"its own {name} is left out",)
    packed = pack(tmp_path / "demo-1.0-py3-none-any.whl")
    assert packed.find(f"purelib/{INFO}/{name}") is None


def test_signatures_are_left_out_without_a_word(tmp_path: Path) -> None:
    signed = [*entries(), Entry(f"{INFO}/RECORD.jws", b"{}"), Entry(f"{INFO}/RECORD.p7s", b"x")]
    path = OddWheel("", "", lambda: forge(signed)).write(tmp_path)
    packed = pack(path)
    assert {file.name for file in packed.files()} == {"__init__.py", "METADATA", "WHEEL"}
    with open_wheel(str(path)) as wheel:
        assert wheel.oddities == ()


def test_a_dropped_file_must_still_be_what_record_promises(tmp_path: Path) -> None:
    files = members({f"{INFO}/INSTALLER": b"pip\n"})
    files[f"{INFO}/INSTALLER"] = b"PIP\n"
    path = OddWheel("", "", lambda: forge([Entry(*item) for item in files.items()])).write(tmp_path)
    with pytest.raises(WheelRefused) as refused:
        pack(path)
    assert refused.value.rule == "record-hash"


def test_pip_may_bring_its_own_commands(tmp_path: Path) -> None:
    info = "pip-26.0.dist-info"
    renamed = {
        name.replace(INFO, info): content.replace(b"demo", b"pip").replace(b"1.0\n", b"26.0\n")
        for name, content in members().items()
        if not name.endswith(("RECORD", "WHEEL", "__init__.py"))
    }
    renamed[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    renamed[f"{info}/entry_points.txt"] = b"[console_scripts]\npip = p:m\npip3 = p:m\n"
    files = members(renamed, drop=(f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"))
    rows = members(renamed, drop=(f"{INFO}/METADATA", f"{INFO}/WHEEL"))[f"{INFO}/RECORD"]
    files[f"{info}/RECORD"] = rows.replace(INFO.encode(), info.encode())
    archive = forge([Entry(*item) for item in files.items()])
    path = OddWheel("", "", lambda: archive, "pip-26.0-py3-none-any.whl").write(tmp_path)
    assert pack(path).name == "pip"


def test_a_large_member_is_never_held_whole(tmp_path: Path) -> None:
    content = os.urandom(1 << 16) * 80  # 5 MiB that deflate well
    path = OddWheel("", "", lambda: forge(entries({"demo/large.bin": content}))).write(tmp_path)
    pieces: list[int] = []
    with open_wheel(str(path)) as wheel:
        large = next(file for file in wheel.files if file.placement.name == "large.bin")
        wheel.copy(large, lambda piece: pieces.append(len(piece)))
    assert sum(pieces) == len(content)
    assert max(pieces) <= 1 << 20


def test_a_flipped_byte_makes_a_wheel_refused_or_changes_nothing(tmp_path: Path) -> None:
    """Times and attributes are not vouched for by anything; all else is."""
    path = OddWheel("", "", lambda: forge(entries())).write(tmp_path)
    whole = path.read_bytes()
    good = list(pack(path).files())
    refused = 0
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        Path(f"{path}.pack").unlink(missing_ok=True)
        try:
            files = list(pack(path).files())
        except WheelRefused:
            refused += 1
        else:
            plain = [replace(file, executable=False) for file in files]
            assert plain == [replace(file, executable=False) for file in good]
    assert refused > 0.8 * len(whole)


def test_a_wheel_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = OddWheel("", "", lambda: forge(entries())).write(tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(WheelRefused):
            pack(path)
