from __future__ import annotations

import os
from pathlib import Path

import pytest
from trueup.errors import RequestError
from trueup.resolution.groups import read_groups, split_group
from trueup.resolution.request import LocalProject, RequestedItem


def read(tmp_path: Path, text: str, *names: str) -> list[str]:
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    found = read_groups(str(path), names)
    assert all(repr(names[0]) in each.origin for each in found if len(names) == 1)
    return [each.text if isinstance(each, RequestedItem) else each.path for each in found]


def problem(tmp_path: Path, text: str, *names: str) -> str:
    with pytest.raises(RequestError) as caught:
        read(tmp_path, text, *names)
    assert str(tmp_path / "pyproject.toml") in str(caught.value)
    return str(caught.value)


GROUPS = """
[dependency-groups]
test = ["pytest>=8", {include-group = "Type_Checks"}, "six ; os_name == 'nt'"]
type-checks = ["mypy"]
alone = []
"""


def test_included_groups_stand_in_their_place(tmp_path: Path) -> None:
    assert read(tmp_path, GROUPS, "Test") == ["pytest>=8", "mypy", 'six; os_name == "nt"']
    assert read(tmp_path, GROUPS, "alone") == []
    assert read(tmp_path, GROUPS, "type.checks", "test")[:2] == ["mypy", "pytest>=8"]


def test_a_directory_in_a_group_is_a_local_project(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("")
    text = f'[dependency-groups]\na = ["x @ {tmp_path.as_uri()}"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    (found,) = read_groups(str(tmp_path / "pyproject.toml"), ["a"])
    assert isinstance(found, LocalProject)
    assert found.path == os.path.realpath(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[project]\n", "no table [dependency-groups]"),
        ("[dependency-groups]\nb = []\nC = []\n", "'a' not found (there are: C, b)"),
        ('[dependency-groups]\na = ["x=1"]\n', "x=1"),
        ('[dependency-groups]\na = [{include-group="a"}]\n', "includes itself"),
        (
            '[dependency-groups]\na = [{include-group="b"}]\nb = [{include-group="a"}]\n',
            "Cyclic dependency group include",
        ),
        ('[dependency-groups]\na = [{other="b"}]\n', "Invalid dependency group item"),
        ("[dependency-groups]\na = [1]\n", "Invalid dependency group item"),
        ('[dependency-groups]\na = "six"\n', "string rather than a list"),
        ('[dependency-groups]\na = []\nA = ["six"]\n', "Duplicate dependency group names"),
        ("[dependency-groups]\na = [\n", "is not TOML"),
        ('dependency-groups = "x"\n', "no table [dependency-groups]"),
    ],
)
def test_a_group_that_cannot_be_used_is_named(text: str, says: str, tmp_path: Path) -> None:
    assert says in problem(tmp_path, text, "a")


def test_all_problems_of_all_groups_are_told(tmp_path: Path) -> None:
    text = '[dependency-groups]\na = ["x=1", "y=2"]\nb = ["./nowhere"]\n'
    told = problem(tmp_path, text, "a", "b", "c")
    assert all(part in told for part in ("x=1", "y=2", "nowhere", "'c' not found"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        read_groups(str(tmp_path / "pyproject.toml"), ["a"])


def test_a_group_is_spelled_as_pip_spells_it() -> None:
    assert split_group("dev") == ("", "dev")
    assert split_group("a/pyproject.toml:dev") == ("a/pyproject.toml", "dev")
    assert split_group("C:\\a\\pyproject.toml:dev") == ("C:\\a\\pyproject.toml", "dev")
    with pytest.raises(RequestError, match="names no group"):
        split_group("pyproject.toml:")
