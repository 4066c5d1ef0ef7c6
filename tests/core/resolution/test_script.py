from __future__ import annotations

from pathlib import Path

import pytest
from trueup.errors import RequestError
from trueup.resolution.request import RequestedItem
from trueup.resolution.script import ScriptDependencies, read_script_dependencies


def read(tmp_path: Path, text: str) -> ScriptDependencies:
    path = tmp_path / "noxfile.py"
    path.write_bytes(text.encode())
    return read_script_dependencies(str(path))


def texts(found: ScriptDependencies) -> list[str]:
    return [each.text for each in found.wanted if isinstance(each, RequestedItem)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_block_of_a_script_is_read(end: str, tmp_path: Path) -> None:
    lines = [
        *("#!/usr/bin/env python", '"""text"""', "# /// other", "# x = 1", "# ///", ""),
        *("# /// script", '# requires-python = ">=3.11, <4"', "# dependencies = [", "#"),
        *('#   "nox>=2024",', "#   # why", '#   "six",', "# ]", "# ///", "import nox", ""),
    ]
    found = read(tmp_path, end.join(lines))
    assert texts(found) == ["nox>=2024", "six"]
    assert found.requires_python == "<4,>=3.11"
    assert all(str(tmp_path / "noxfile.py") in each.origin for each in found.wanted)


def test_a_block_may_ask_for_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "# /// script\n#\n# ///\n") == ScriptDependencies()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import nox\n", "has no block"),
        ("# /// script\n# dependencies = []\n", "has no block"),
        ("# /// script\n# a = 1\n# ///\n\n# /// script\n# a = 1\n# ///\n", "several blocks"),
        ("# /// script\n# dependencies = [\n# ///\n", "is not TOML"),
        ("# /// script\n# dependencies = 'six'\n# ///\n", "dependencies is not a list"),
        ("# /// script\n# dependencies = [1]\n# ///\n", "1 among the dependencies"),
        ("# /// script\n# dependencies = ['a=1']\n# ///\n", "'a=1' is not a requirement"),
        ("# /// script\n# requires-python = 'new'\n# ///\n", "is no version specifier"),
        ("# /// script\n# requires-python = 3.11\n# ///\n", "is no version specifier"),
    ],
)
def test_a_block_that_cannot_be_understood_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        read(tmp_path, text)
    assert says in str(caught.value)
    assert str(tmp_path / "noxfile.py") in str(caught.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = "# /// script\n# dependencies = ['a=1', 2]\n# requires-python = 'x'\n# ///\n"
    with pytest.raises(RequestError) as caught:
        read(tmp_path, text)
    assert len(caught.value.lines) == 3
