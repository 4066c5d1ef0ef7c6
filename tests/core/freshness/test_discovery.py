from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.builds import lay_tree
from trueup.freshness.discovery import is_module_by_name, takes_modules_alone
from trueup.freshness.sight import Sight

_PROJECT = (
    b'[build-system]\nbuild-backend = "setuptools.build_meta"\nrequires = ["setuptools"]\n'
    b'[project]\nname = "demo"\n'
)
_PLAIN = ("setuptools 80.0", "wheel 0.45")


def test_packages_are_looked_for_where_the_settings_say() -> None:
    assert takes_modules_alone(_PROJECT, _PLAIN) == frozenset((".", "src"))
    where = b'[tool.setuptools.packages.find]\nwhere = ["lib/"]\n'
    assert takes_modules_alone(_PROJECT + where, _PLAIN) == frozenset((".", "src", "lib"))
    attribute = b'[tool.setuptools.dynamic]\nversion = {attr = "demo.VERSION"}\n'
    assert takes_modules_alone(_PROJECT + attribute, _PLAIN) == frozenset((".", "src"))


@pytest.mark.parametrize(
    "more",
    [
        b'[tool.setuptools.package-data]\n"*" = ["*.txt"]\n',
        b'[tool.setuptools]\npackages = ["demo"]\n',
        b'[tool.setuptools]\nlicense-files = ["**/*.txt"]\n',
        b'[tool.setuptools]\next-modules = [{name = "a", sources = ["a.c"]}]\n',
        b'[tool.setuptools.package-dir]\n"" = "lib"\n',
        b'[tool.setuptools.dynamic]\nversion = {file = "demo/assets/VERSION"}\n',
        b"[tool.setuptools.packages.find]\nunheard = true\n",
        b'license-files = ["**/*.txt"]\n',
        b'license = {file = "demo/assets/LICENSE"}\n',
        b'readme = "demo/assets/README.md"\n',
        b"= =",
    ],
)
def test_data_may_be_taken_where_settings_say_more(more: bytes) -> None:
    assert takes_modules_alone(_PROJECT + more, _PLAIN) is None


@pytest.mark.parametrize(
    "environment", [(), ("setuptools 80.0", "setuptools-scm 8.0"), ("wheel 0.45",)]
)
def test_data_may_be_taken_by_whatever_else_is_in_the_build_environment(
    environment: tuple[str, ...],
) -> None:
    assert takes_modules_alone(_PROJECT, environment) is None


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("demo/assets/a.txt", False),
        ("demo/more-assets/deep/er/a.txt", False),
        ("demo/a.txt", False),
        ("demo/a.py", True),
        ("demo/assets/a.PY", True),
        ("demo/assets/py.typed", True),
        ("demo/assets/deep/er/and/deeper/a.pyi", True),
    ],
)
def test_a_folder_counts_by_the_modules_that_it_holds(
    path: str, counts: bool, tmp_path: Path
) -> None:
    lay_tree(tmp_path, {"demo/__init__.py": "", "demo/old/a.txt": ""})
    sight = Sight(str(tmp_path), os.environ)
    before = sight.names("demo", "modules", ())
    lay_tree(tmp_path, {path: ""})
    assert (sight.names("demo", "modules", ()) != before) is counts


def test_a_module_that_comes_to_a_folder_of_data_counts(tmp_path: Path) -> None:
    lay_tree(tmp_path, {"demo/__init__.py": "", "demo/old/deep/a.txt": ""})
    sight = Sight(str(tmp_path), os.environ)
    before = sight.names("demo", "modules", ())
    (tmp_path / "demo/old/deep/a.py").touch()
    assert sight.names("demo", "modules", ()) != before


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_folder_without_an_end_counts(tmp_path: Path) -> None:
    lay_tree(tmp_path, {"demo/__init__.py": ""})
    sight = Sight(str(tmp_path), os.environ)
    before = sight.names("demo", "modules", ())
    (tmp_path / "demo/assets").mkdir()
    (tmp_path / "demo/assets/again").symlink_to(tmp_path / "demo/assets")
    assert sight.names("demo", "modules", ()) != before


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("demo/module.py", True),
        ("demo/my-script.py", False),
        ("demo/data.txt", False),
        ("demo/types.pyi", False),
        ("LICENSE.py", False),
    ],
)
def test_a_module_is_one_by_a_name_that_can_be_imported(path: str, *, expected: bool) -> None:
    assert is_module_by_name(path) is expected
