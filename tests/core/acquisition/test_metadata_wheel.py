"""Wheels that hold nothing but metadata: resolvers read them, and nobody builds anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from trueup.acquisition.metadata_wheel import write_metadata_wheel
from trueup.acquisition.wheel import open_wheel
from trueup.errors import StoreError

METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: other>=1\n"


def test_it_is_a_valid_wheel_that_says_what_the_metadata_says(tmp_path: Path) -> None:
    path = write_metadata_wheel("demo-1.0.dist-info", METADATA, str(tmp_path))
    with open_wheel(path) as wheel:  # every rule for wheels is kept
        assert wheel.wheel_name.filename == "demo-1.0-py3-none-any.whl"
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--report", "-"]
    told = subprocess.run(
        [*pip, "--no-deps", "--no-index", "--ignore-installed", path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"requires_dist": [' in told.stdout
    assert "other>=1" in told.stdout


def test_the_same_metadata_is_the_same_file_with_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    first = write_metadata_wheel("demo-1.0.dist-info", METADATA, str(tmp_path / "a"))
    content = Path(first).read_bytes()
    stamp = os.stat(first).st_mtime_ns
    assert write_metadata_wheel("demo-1.0.dist-info", METADATA, str(tmp_path / "a")) == first
    assert os.stat(first).st_mtime_ns == stamp
    second = write_metadata_wheel("demo-1.0.dist-info", METADATA, str(tmp_path / "b"))
    assert Path(second).read_bytes() == content
    other = write_metadata_wheel("demo-1.0.dist-info", METADATA + b"X: y\n", str(tmp_path / "a"))
    assert other != first
    assert sorted(p.name for p in Path(first).parent.iterdir()) == ["demo-1.0-py3-none-any.whl"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        write_metadata_wheel("demo-1.0.dist-info", METADATA, str(tmp_path / "file"))
