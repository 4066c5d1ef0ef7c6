from __future__ import annotations

from pathlib import Path

import pytest
from trueup.errors import RequestError
from trueup.resolution.project_table import read_project_dependencies
from trueup.resolution.request import RequestedItem

PROJECT = """
[project]
name = "My.Project"
dependencies = ["six>=1", "my-project[fast]"]
[project.optional-dependencies]
fast = ["idna"]
Test_All = ["pytest", "my_project[fast,types]"]
types = ["mypy", "my-project[test-all]"]
"""


def read(tmp_path: Path, text: str, *extras: str, all_extras: bool = False) -> list[str]:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    found = read_project_dependencies(str(path), extras=extras, all_extras=all_extras)
    return [each.text for each in found if isinstance(each, RequestedItem)]


def test_a_projects_dependencies_come_with_the_extras_that_are_asked_for(tmp_path: Path) -> None:
    assert read(tmp_path, PROJECT) == ["six>=1", "idna"]
    assert read(tmp_path, PROJECT, "test.all") == ["six>=1", "idna", "pytest", "mypy"]
    assert read(tmp_path, PROJECT, all_extras=True) == ["six>=1", "idna", "pytest", "mypy"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool]\n", "no table [project]"),
        ('[project]\nname = "x"\ndynamic = ["dependencies"]\n', "its build backend (dynamic)"),
        ('[project]\nname = "x"\ndependencies = "six"\n', "not a list of strings"),
        ('[project]\nname = "x"\ndependencies = ["a=1"]\n', "'a=1' is not a requirement"),
        ('[project]\nname = "x"\n[project.optional-dependencies]\nb = []\n', "(there are: b)"),
        ('[project]\nname = "x"\noptional-dependencies = 1\n', "is not a table"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        read(tmp_path, text, "a")
    assert says in str(caught.value)
