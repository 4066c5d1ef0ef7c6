"""Bytecode of modules that were written a moment ago."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest
from trueup.acquisition.snapshot import take_snapshot
from trueup.acquisition.young_bytecode import drop_young_bytecode


def told_by(tree: Path) -> str:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import pkg.module; print(pkg.module.X)"
    command = [sys.executable, "-c", code, str(tree)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "pkg" / "module.py"
    path.parent.mkdir()
    path.write_text("X = 1\n")
    return path


def test_a_module_that_changes_twice_within_a_second_is_the_second_one(module: Path) -> None:
    py_compile.compile(str(module), doraise=True)
    times = module.stat()
    module.write_text("X = 2\n")
    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
    tree = module.parent.parent
    assert told_by(tree) == "1"  # as Python has it
    drop_young_bytecode(take_snapshot(str(tree)))
    assert told_by(tree) == "2"


def test_bytecode_of_what_is_older_or_another_module_stays(module: Path) -> None:
    other = module.with_name("mod.py")
    other.write_text("X = 3\n")
    kept = Path(py_compile.compile(str(other), doraise=True) or "")
    gone = Path(py_compile.compile(str(module), doraise=True) or "")
    snapshot = take_snapshot(str(module.parent.parent))
    old = snapshot.entries["pkg/mod.py"]._replace(mtime_ns=0, ctime_ns=0)
    snapshot.entries["pkg/mod.py"] = old  # type: ignore[index]  # no clock goes back for a test
    drop_young_bytecode(snapshot)
    assert kept.exists()
    assert not gone.exists()
