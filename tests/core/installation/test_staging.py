"""Staging: everything is written and known before anything in the environment changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.housing import look_at, make_pack
from trueup.destination.environment import Environment
from trueup.errors import StoreError
from trueup.installation.record import Delivery
from trueup.installation.staging import stage, without_twins

DATA = "demo-1.0.data"
FILES = {
    "demo/__init__.py": "",
    "single.py": "",
    f"{DATA}/scripts/run": "#!python\n",
    f"{DATA}/scripts/program": "x",
    f"{DATA}/data/share/demo/a": "",
    f"{DATA}/headers/demo.h": "",
}


def test_the_environment_is_not_touched(tmp_path: Path, environment: Environment) -> None:
    before = look_at(environment.root)
    stage(environment, Delivery(make_pack(tmp_path, files=FILES)), str(tmp_path / "folder"))
    assert look_at(environment.root) == before


def test_the_receipt_names_each_file_where_it_will_be(
    tmp_path: Path, environment: Environment
) -> None:
    pack = make_pack(tmp_path, files=FILES, entry_points="[console_scripts]\ndemo = demo:x\n")
    staged = stage(environment, Delivery(pack, requested=True), str(tmp_path / "folder"))
    receipt = staged.receipt
    rows = zip(receipt.sizes, receipt.mtimes, receipt.ctimes, receipt.inodes, strict=True)
    found = {
        os.path.join(move.target, os.path.relpath(os.path.join(top, name), move.staged)): (
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_ino & 0xFFFFFFFFFFFFFFFF,
        )
        for move in staged.moves
        for top, _, names in os.walk(move.staged)
        for name in names
        for status in [os.lstat(os.path.join(top, name))]
    }
    paths = (os.path.normpath(os.path.join(staged.root, path)) for path in receipt.paths)
    assert dict(zip(paths, rows, strict=True)) == found
    assert len(receipt.paths) == len(found)


def test_dist_info_is_placed_last(tmp_path: Path, environment: Environment) -> None:
    pack = make_pack(tmp_path, files=FILES)
    staged = stage(environment, Delivery(pack), str(tmp_path / "folder"))
    assert [move.last for move in staged.moves] == ["", "", "", pack.dist_info]
    assert staged.root == environment.scheme.purelib


def test_of_two_that_bring_a_file_the_last_one_does(
    tmp_path: Path, environment: Environment
) -> None:
    files = {"tests/__init__.py": "", "shared.py": "one", "demo-1.0.data/data/etc/shared": "one"}
    others = {"tests/__init__.py": "2", "shared.py": "two", "other-1.0.data/data/etc/shared": "two"}
    one = stage(environment, Delivery(make_pack(tmp_path, files=files)), str(tmp_path / "0"))
    pack = make_pack(tmp_path, "other", files={**others, "own.py": ""})
    two = stage(environment, Delivery(pack), str(tmp_path / "1"))
    first, second = without_twins([one, two])
    assert second == two
    outside = os.path.join(environment.scheme.data, "etc", "shared")
    gone = {os.path.join("tests", "__init__.py"), "shared.py", outside}
    assert set(one.receipt.paths) - set(first.receipt.paths) == gone
    assert len(first.receipt.inodes) == len(first.receipt.paths) == len(first.receipt.sizes)
    staged = {name for _, _, names in os.walk(tmp_path / "0") for name in names}
    assert not staged & {"__init__.py", "shared.py", "shared"}


def test_without_twins_nothing_changes(tmp_path: Path, environment: Environment) -> None:
    one = stage(environment, Delivery(make_pack(tmp_path, files=FILES)), str(tmp_path / "0"))
    assert without_twins([one]) == (one,)


def test_a_pack_that_is_gone_is_an_error_of_the_store(
    tmp_path: Path, environment: Environment
) -> None:
    pack = make_pack(tmp_path)
    os.unlink(pack.path)
    with pytest.raises(StoreError):
        stage(environment, Delivery(pack), str(tmp_path / "folder"))
