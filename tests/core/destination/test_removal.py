"""Directories go away whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from trueup.destination.removal import empty_directory, remove_aside


def test_a_directory_goes_with_everything_in_it_and_nothing_it_links_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("")
    folder = tmp_path / "folder"
    (folder / "sub" / "sub").mkdir(parents=True)
    (folder / "sub" / "link").symlink_to(kept)
    remove_aside(str(folder))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (kept / "file").exists()


def test_what_a_killed_removal_left_goes_with_the_next(tmp_path: Path) -> None:
    for name in (".folder.trueup-removed-0123", ".other.trueup-removed-0123", "folder"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("")
    remove_aside(str(tmp_path / "folder"))
    assert os.listdir(tmp_path) == [".other.trueup-removed-0123"]


def test_a_directory_that_is_not_there_cannot_be_removed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        remove_aside(str(tmp_path / "folder"))


def test_emptying_keeps_the_directory_itself(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").write_text("")
    (tmp_path / "d").symlink_to("nowhere")
    empty_directory(str(tmp_path), first=(str(tmp_path / "c"), str(tmp_path / "absent")))
    assert list(tmp_path.iterdir()) == []
