from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.builds import lay_tree
from trueup.freshness.fingerprint import (
    Circumstances,
    FileKind,
    FileMark,
    Fingerprint,
    ListingMark,
    ListingRule,
    Question,
)
from trueup.freshness.sight import Sight
from trueup.freshness.variables import digest_variables
from trueup.freshness.verdict import Fresh, Reason, Stale, Unknown, judge


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {"a.py": "A = 1\n", "b.txt": "b", "pkg/__init__.py": "", "out.so": "out"}
    return lay_tree(tmp_path / "tree", files)


def circumstances(tree: Path, **other: Any) -> Circumstances:
    return Circumstances(str(tree), editable=True, interpreter="x", python="y", **other)


def mark(tree: Path, path: str, kind: FileKind = "content") -> FileMark:
    sight = Sight(str(tree), {})
    signature = sight.signature(path, follow=kind not in {"output", "link"})
    digest = sight.digest(path, kind)
    assert signature is not None
    assert digest is not None
    return FileMark(path, kind, *signature, digest)


def listing(tree: Path, path: str, rule: ListingRule, patterns: str = "") -> ListingMark:
    sight = Sight(str(tree), {})
    signature = sight.signature(path)
    digest = sight.names(path, rule, (), patterns)
    assert signature is not None
    assert digest is not None
    return ListingMark(path, rule, *signature[1:], digest, patterns)


def taken(tree: Path, *files: FileMark, later: float = 0.0, **fields: Any) -> Fingerprint:
    at = time.time_ns() + int(later * 1e9)
    return Fingerprint(circumstances(tree), "0" * 64, at, files=files, **fields)


def reasons(
    fingerprint: Fingerprint, tree: Path, variables: Mapping[str, str] | None = None
) -> tuple[Reason, ...]:
    verdict = judge(fingerprint, circumstances(tree), Sight(str(tree), variables or {}))
    if isinstance(verdict, Stale):
        return verdict.reasons
    assert isinstance(verdict, Fresh)
    return ()


def kinds(fingerprint: Fingerprint, tree: Path, **variables: str) -> list[tuple[str, str]]:
    return [(one.kind, one.path) for one in reasons(fingerprint, tree, variables)]


def test_an_untouched_tree_is_fresh(tree: Path) -> None:
    found = taken(tree, mark(tree, "a.py"), mark(tree, "out.so", "output"))
    assert reasons(found, tree) == ()


def test_what_changed_and_what_is_missing_is_named_outputs_first(tree: Path) -> None:
    found = taken(tree, mark(tree, "a.py"), mark(tree, "b.txt"), mark(tree, "out.so", "output"))
    (tree / "a.py").write_text("A = 2\n")
    (tree / "b.txt").unlink()
    (tree / "out.so").unlink()
    assert kinds(found, tree) == [
        ("output missing", "out.so"),
        ("input changed", "a.py"),
        ("input missing", "b.txt"),
    ]


def test_an_output_that_somebody_edited_is_stale(tree: Path) -> None:
    found = taken(tree, mark(tree, "out.so", "output"))
    (tree / "out.so").write_text("OUT")
    assert kinds(found, tree) == [("output changed", "out.so")]


def test_the_same_bytes_written_again_are_fresh(tree: Path) -> None:
    found = taken(tree, mark(tree, "a.py"))
    content = (tree / "a.py").read_bytes()
    (tree / "a.py").unlink()
    (tree / "a.py").write_bytes(content)
    os.utime(tree / "a.py", (1, 1))
    assert reasons(found, tree) == ()


def test_other_bytes_of_the_same_size_and_time_are_stale(tree: Path) -> None:
    found = taken(tree, mark(tree, "a.py"), later=100)
    status = (tree / "a.py").stat()
    (tree / "a.py").write_text("A = 2\n")
    os.utime(tree / "a.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert kinds(found, tree) == [("input changed", "a.py")]


def test_times_prove_nothing_that_are_not_older_than_the_fingerprint(tree: Path) -> None:
    # As if the file had been written again in the very tick in which it was looked at.
    old = mark(tree, "a.py")
    lying = old._replace(digest=b"0" * 16)
    assert kinds(taken(tree, lying, later=-100), tree) == [("input changed", "a.py")]
    assert reasons(taken(tree, lying, later=100), tree) == ()


def test_whole_seconds_are_trusted_later(tree: Path) -> None:
    os.utime(tree / "a.py", ns=(10**18, 10**18))
    found = mark(tree, "a.py")
    if found.ctime_ns % 10**9 == 0:
        pytest.skip("this file system counts in seconds")
    assert reasons(taken(tree, found._replace(digest=b"0" * 16), later=1), tree) == ()


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege there")
def test_a_link_that_leads_elsewhere_is_stale(tree: Path) -> None:
    (tree / "link").symlink_to("a.py")
    found = taken(tree, mark(tree, "link", "link"))
    assert reasons(found, tree) == ()
    (tree / "link").unlink()
    (tree / "link").symlink_to("b.txt")
    assert kinds(found, tree) == [("output changed", "link")]


@pytest.mark.parametrize(
    ("rule", "name", "stale"),
    [
        ("all", "new.txt", True),
        ("all", "__pycache__", False),
        ("all", ".a.py.swp", False),
        ("packages", "new.txt", False),
        ("packages", "new.py", True),
        ("packages", "LICENSE.txt", True),
        ("licences", "new.py", False),
        ("licences", "COPYING", True),
        ("matching", "new.txt", True),
        ("matching", ".new.txt", False),
        ("matching", "new.toml", False),
        ("matching", ".hidden", True),
        ("folders", "new.txt", False),
        ("folders", "new.py", True),
        ("namespaces", "new.py", False),
    ],
)
def test_names_count_by_their_rule(rule: ListingRule, name: str, stale: bool, tree: Path) -> None:
    found = taken(tree, listings=(listing(tree, ".", rule, "*.txt/.hid*"),))
    assert reasons(found, tree) == ()
    (tree / name).touch()
    assert kinds(found, tree) == ([("names changed", ".")] if stale else [])


def test_a_folder_becomes_a_package_by_its_first_module(tree: Path) -> None:
    (tree / "other").mkdir()
    found = taken(tree, listings=(listing(tree, ".", "packages"),), later=100)
    (tree / "other" / "data.txt").touch()
    assert reasons(found, tree) == ()
    (tree / "other" / "module.py").touch()
    assert kinds(found, tree) == [("names changed", ".")]


def test_where_packages_need_no_module_any_folder_can_be_one(tree: Path) -> None:
    (tree / "docs.of.it").mkdir()
    found = taken(tree, listings=(listing(tree, ".", "folders"),), later=100)
    deeper = taken(tree, listings=(listing(tree, ".", "namespaces"),), later=100)
    (tree / "more.docs").mkdir()
    assert reasons(found, tree) == reasons(deeper, tree) == ()
    lay_tree(tree, {"more/__init__.py": ""})
    assert kinds(found, tree) == [("names changed", ".")]
    assert reasons(deeper, tree) == ()
    # setuptools takes folders whose names cannot be imported, too, and ships their data.
    (tree / "more-data").mkdir()
    assert kinds(deeper, tree) == [("names changed", ".")]


@pytest.mark.skipif(os.name == "nt", reason="no file is marked executable there")
def test_what_a_wheel_took_is_stale_when_it_becomes_executable(tree: Path) -> None:
    found = taken(tree, mark(tree, "a.py", "taken"), mark(tree, "b.txt"))
    (tree / "b.txt").chmod(0o755)
    assert reasons(found, tree) == ()
    (tree / "a.py").chmod(0o755)
    assert kinds(found, tree) == [("input changed", "a.py")]


def test_a_lower_bound_of_a_build_requirement_counts_where_it_was_not_kept(tree: Path) -> None:
    def require(text: str) -> None:
        (tree / "pyproject.toml").write_text(f"[build-system]\nrequires = [{text!r}]\n")

    require("backend")
    found = taken(tree, mark(tree, "pyproject.toml", "settings"), environment=("backend 2.0",))
    require("backend>=1.5")
    assert reasons(found, tree) == ()
    require("backend>=2.1")
    assert kinds(found, tree) == [("input changed", "pyproject.toml")]


def test_what_the_build_made_is_no_part_of_a_listing(tree: Path) -> None:
    mark_before = listing(tree, ".", "all")
    (tree / "made.py").touch()
    found = taken(tree, listings=(mark_before,), made=frozenset(["made.py"]))
    assert reasons(found, tree) == ()


def test_absences_and_presences(tree: Path) -> None:
    found = taken(tree, absences=("setup.cfg",), presences=("pkg",))
    assert reasons(found, tree) == ()
    (tree / "setup.cfg").touch()
    (tree / "pkg").rename(tree / "package")
    assert kinds(found, tree) == [("disappeared", "pkg"), ("appeared", "setup.cfg")]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege there")
def test_a_name_that_leads_to_something_of_another_kind_counts(tree: Path) -> None:
    (tree / "link").symlink_to("pkg")
    found = taken(tree, listings=(listing(tree, ".", "all"),))
    assert reasons(found, tree) == ()
    for target in ("a.py", "nothing"):
        (tree / "link").unlink()
        (tree / "link").symlink_to(target)
        assert kinds(found, tree) == [("names changed", ".")]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege there")
def test_a_link_that_led_somewhere_may_not_lead_nowhere(tree: Path) -> None:
    (tree / "switch").symlink_to("..")
    found = taken(tree, presences=("switch",))
    assert reasons(found, tree) == ()
    (tree / "switch").unlink()
    (tree / "switch").symlink_to("nothing")
    assert kinds(found, tree) == [("disappeared", "switch")]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege there")
def test_a_link_that_led_nowhere_may_not_lead_somewhere(tree: Path) -> None:
    (tree / "setup.cfg").symlink_to("missing")
    found = taken(tree, absences=("setup.cfg",), presences=("setup.cfg",))
    assert reasons(found, tree) == ()
    (tree / "missing").touch()
    assert kinds(found, tree) == [("appeared", "setup.cfg")]
    (tree / "setup.cfg").unlink()
    assert kinds(found, tree) == [("disappeared", "setup.cfg")]


def test_variables_are_compared_without_being_kept(tree: Path) -> None:
    digests = digest_variables(["CFLAGS", "MODE"], {"CFLAGS": "-O2"}, "salt")
    found = taken(tree, variables=digests, salt="salt")
    assert "-O2" not in str(digests)
    assert kinds(found, tree, CFLAGS="-O2", OTHER="1") == []
    assert kinds(found, tree, CFLAGS="-O3") == [("variable", "CFLAGS")]
    assert kinds(found, tree, CFLAGS="-O2", MODE="x") == [("variable", "MODE")]
    assert kinds(found, tree) == [("variable", "CFLAGS")]


def test_a_repository_that_answers_otherwise_is_stale(tree: Path) -> None:
    from support.truth import git

    git(tree, "init", "-q", ".")
    git(tree, "commit", "-q", "--allow-empty", "-m", "one")
    question = ("git", "rev-parse", "HEAD")
    sight = Sight(str(tree), os.environ)
    asked = Question(question, str(tree), sight.answer(question, str(tree)))
    found = taken(tree, questions=(asked,))
    assert kinds(found, tree, **os.environ) == []
    git(tree, "commit", "-q", "--allow-empty", "-m", "two")
    assert kinds(found, tree, **os.environ) == [("repository", "git rev-parse HEAD")]


def test_other_circumstances_are_stale(tree: Path) -> None:
    found = taken(tree)
    for other in (
        circumstances(tree, config_settings=(("a", "b"),)),
        circumstances(tree, site="python"),
        replace(circumstances(tree), editable=False),
        replace(circumstances(tree), interpreter="z"),
    ):
        verdict = judge(found, other, Sight(str(tree), {}))
        assert isinstance(verdict, Stale)
        assert [one.kind for one in verdict.reasons] == ["circumstances"]


def test_the_very_python_counts_where_something_was_compiled(tree: Path) -> None:
    other = replace(circumstances(tree), python="patched")
    assert judge(taken(tree), other, Sight(str(tree), {})) == Fresh()
    verdict = judge(taken(tree, programs=("gcc",)), other, Sight(str(tree), {}))
    assert isinstance(verdict, Stale)


def test_a_project_that_is_gone_is_stale_and_a_spoilt_record_unknown(tree: Path) -> None:
    gone = circumstances(tree / "nowhere")
    verdict = judge(taken(tree), gone, Sight(gone.tree, {}))
    assert isinstance(verdict, Stale)
    assert verdict.reasons[0].kind == "gone"
    spoilt = taken(tree, unusable="a.py changed while the project was being built")
    assert judge(spoilt, circumstances(tree), Sight(str(tree), {})) == Unknown(spoilt.unusable)


def test_what_another_build_leaves_is_no_new_package(tree: Path) -> None:
    found = taken(tree, listings=(listing(tree, ".", "packages"),))
    lay_tree(tree, {"build/lib/module.py": "", "dist/x.py": ""})
    assert reasons(found, tree) == ()
    lay_tree(tree, {"build/__init__.py": ""})
    assert kinds(found, tree) == [("names changed", ".")]
