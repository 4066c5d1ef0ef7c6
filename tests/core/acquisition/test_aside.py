"""What is out of a build's way is back after a build that fails, whatever that has left there."""

from __future__ import annotations

from pathlib import Path

import pytest
from trueup.acquisition.aside import set_aside


def test_a_folder_in_the_place_of_one_file_keeps_no_other_away(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "made").mkdir(parents=True)
    for name in ("a", "b", "c"):
        (tree / "made" / name).write_text(name)

    def build() -> None:
        for name in ("a", "b", "c"):
            assert not (tree / "made" / name).exists()
        (tree / "made/b/inner").mkdir(parents=True)
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt) as raised,
        set_aside(str(tree), ["made/a", "made/b", "made/c"], str(tmp_path / "aside")),
    ):
        build()
    assert [(tree / "made" / name).read_text() for name in ("a", "c")] == ["a", "c"]
    assert [path.name for path in (tree / "made/b").iterdir()] == ["inner"]
    assert [str(tree / "made/b") in note for note in raised.value.__notes__] == [True]


def test_what_vanished_meanwhile_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    with set_aside(str(tmp_path), ["gone", "there"], str(tmp_path / "aside")):
        assert not (tmp_path / "there").exists()
