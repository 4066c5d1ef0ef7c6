from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builds import lay_tree
from trueup.acquisition.snapshot import Entry, Snapshot, take_snapshot

FILES = {"a/one.py": "1", "a/b/two.py": "2", "top.txt": "", "a/link": "-> ../top.txt"}


def settle(tree: Path) -> None:
    """Let the file system's clock move on, so that a change of the same size has other times."""
    probe = tree.parent / "clock"
    probe.write_text("")
    start = probe.stat().st_mtime_ns
    while probe.stat().st_mtime_ns == start:
        time.sleep(0.001)
        probe.write_text("")


def test_a_snapshot_holds_all_that_lies_below(tmp_path: Path) -> None:
    shot = take_snapshot(str(lay_tree(tmp_path / "t", FILES)))
    assert set(shot.entries) == {"a", "a/b", "a/b/two.py", "a/link", "a/one.py", "top.txt"}
    status = os.lstat(tmp_path / "t" / "a" / "one.py")
    assert shot.entries["a/one.py"] == Entry(
        status.st_mode, 1, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
    )
    assert shot.entries["a/link"].target == "../top.txt"
    assert shot.entries["a/link"].is_link
    assert shot.entries["a/b"].is_directory


def test_two_snapshots_of_an_untouched_tree_are_the_same(tmp_path: Path) -> None:
    tree = str(lay_tree(tmp_path / "t", FILES))
    first, second = take_snapshot(tree), take_snapshot(tree)
    assert first == second
    assert second.changed_since(first) == second.missing_since(first) == ()


def test_what_was_made_altered_and_deleted_is_told(tmp_path: Path) -> None:
    tree = lay_tree(tmp_path / "t", FILES)
    before = take_snapshot(str(tree))
    settle(tree)
    lay_tree(tree, {"a/new/deep.py": "", "a/b/link": "-> two.py"})
    (tree / "a" / "one.py").write_text("x")  # of the same size
    (tree / "top.txt").unlink()
    after = take_snapshot(str(tree))
    assert after.changed_since(before) == ("a/b/link", "a/new", "a/new/deep.py", "a/one.py")
    assert after.missing_since(before) == ("top.txt",)


def test_a_file_whose_times_were_set_back_is_told(tmp_path: Path) -> None:
    tree = lay_tree(tmp_path / "t", FILES)
    before = take_snapshot(str(tree))
    settle(tree)
    path = tree / "a" / "one.py"
    status = path.stat()
    path.write_text("x")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert take_snapshot(str(tree)).changed_since(before) == ("a/one.py",)


def test_a_link_that_leads_elsewhere_and_a_file_in_place_of_a_folder_are_told(
    tmp_path: Path,
) -> None:
    tree = lay_tree(tmp_path / "t", FILES)
    before = take_snapshot(str(tree))
    settle(tree)
    (tree / "a" / "link").unlink()
    (tree / "a" / "b" / "two.py").unlink()
    (tree / "a" / "b").rmdir()
    lay_tree(tree, {"a/link": "-> one.py", "a/b": "now a file"})
    after = take_snapshot(str(tree))
    assert after.changed_since(before) == ("a/b", "a/link")
    assert after.missing_since(before) == ("a/b/two.py",)


def test_no_link_is_followed_and_circles_are_harmless(tmp_path: Path) -> None:
    links = {"a/up": "-> ..", "a/b/root": "-> ../..", "self": "-> .", "loop": "-> loop"}
    shot = take_snapshot(str(lay_tree(tmp_path / "t", {**FILES, **links})))
    assert len(shot.entries) == 6 + len(links)
    assert shot.entries["a/up"].target == ".."


def test_noise_and_environments_are_left_out(tmp_path: Path) -> None:
    noise = {
        "a/__pycache__/one.pyc": "",
        ".git/config": "",
        "env/pyvenv.cfg": "",
        "env/lib/x.py": "",
    }
    tree = lay_tree(tmp_path / "t", {**FILES, **noise})
    assert len(take_snapshot(str(tree)).entries) == 7  # the folder "env" itself is there
    assert "a/__pycache__/one.pyc" in take_snapshot(str(tree), ignore=()).entries


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_is_left_out(tmp_path: Path) -> None:
    tree = lay_tree(tmp_path / "t", FILES)
    (tree / "a" / "b").chmod(0)
    try:
        assert "a/b/two.py" not in take_snapshot(str(tree)).entries
    finally:
        (tree / "a" / "b").chmod(0o700)


ENTRIES = st.dictionaries(
    st.sampled_from(("a", "b", "a/b", "a/c", "d")),
    st.builds(Entry, st.just(0o100644), st.integers(0, 2), *[st.integers(0, 1)] * 3),
)


@given(before=ENTRIES, after=ENTRIES)
def test_changed_and_missing_together_account_for_every_difference(
    before: dict[str, Entry], after: dict[str, Entry]
) -> None:
    old, new = Snapshot("/t", before), Snapshot("/t", after)
    changed, missing = new.changed_since(old), new.missing_since(old)
    rebuilt = {path: entry for path, entry in before.items() if path not in missing}
    rebuilt.update({path: after[path] for path in changed})
    assert rebuilt == after
    assert not set(changed) & set(missing)
