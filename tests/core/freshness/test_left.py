"""What a build makes, and takes as it is where somebody has edited it, counts for a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest
import trueup
from support.builds import lay_tree
from support.home import Home
from trueup.freshness.verdict import Fresh, Stale, Verdict

_PYPROJECT = (
    '[build-system]\nrequires = ["setuptools>=69"]\nbuild-backend = "setuptools.build_meta"\n'
)
_SETUP = """import os, pathlib
from setuptools import setup
made = pathlib.Path("demo/made.py")
{}
setup(name="demo", version="1", packages=["demo"])
"""
_WRITE = 'made.write_text("VALUE = 1\\n")'
MISSING = [
    f"if not made.exists(): {_WRITE}",
    f'if not os.path.isfile("demo/made.py"): {_WRITE}',
    f"try: made.read_text()\nexcept FileNotFoundError: {_WRITE}",
    f'if "made.py" not in os.listdir("demo"): {_WRITE}',
    'try: made.open("x").write("VALUE = 1\\n")\nexcept FileExistsError: pass',
]


def _judged(home: Home) -> Verdict:
    (judged,) = trueup.check(trueup.open_environment(home.environment))
    return judged.verdict


def _install(tree: Path, home: Home) -> str:
    """Return what is installed then."""
    environment = trueup.open_environment(home.environment)
    trueup.install(str(tree), environment=environment)
    return (Path(environment.scheme.purelib) / "demo/made.py").read_text()


def _project(tmp_path: Path, setup: str) -> Path:
    files = {
        "pyproject.toml": _PYPROJECT,
        "setup.py": _SETUP.format(setup),
        "demo/__init__.py": "",
    }
    return lay_tree(tmp_path / "demo", files)


@pytest.mark.parametrize("setup", MISSING)
def test_an_edit_of_what_is_made_where_there_is_none_is_installed(
    setup: str, tmp_path: Path, home: Home
) -> None:
    tree = _project(tmp_path, setup)
    assert _install(tree, home) == "VALUE = 1\n"
    assert _judged(home) == Fresh()
    for value in (2, 3):
        (tree / "demo/made.py").write_text(f"VALUE = {value}\n")
        assert isinstance(_judged(home), Stale)
        assert _install(tree, home) == f"VALUE = {value}\n"
        assert _judged(home) == Fresh()


@pytest.mark.parametrize("setup", [MISSING[0], _WRITE])
def test_without_it_a_wheel_is_fresh(setup: str, tmp_path: Path, home: Home) -> None:
    tree = _project(tmp_path, setup)
    _install(tree, home)
    (tree / "demo/made.py").unlink()
    assert _judged(home) == Fresh()


def test_an_edit_of_what_each_build_writes_anew_is_none(tmp_path: Path, home: Home) -> None:
    tree = _project(tmp_path, _WRITE)
    _install(tree, home)
    (tree / "demo/made.py").write_text("VALUE = 2\n")
    assert _judged(home) == Fresh()
