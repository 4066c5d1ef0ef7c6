"""`setup.py develop` by an old setuptools: judged from outside, and held against doing it anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.accepted import accepted_reason
from support.builds import lay_tree
from support.edits import EDITS
from support.laboratory import find_uv
from support.matrix_book import CellBook
from support.mechanisms import MECHANISMS
from support.mirror import contents, mirror
from support.truth import Situation
from trueup.freshness.editables.judging import judge_installed
from trueup.freshness.editables.outside import environment_from_outside
from trueup.freshness.names import is_noise
from trueup.freshness.verdict import Fresh, Stale, Verdict

NAME = "setup.py-develop"
_METADATA = ("PKG-INFO", "entry_points.txt", "requires.txt", "top_level.txt")


class Developed:
    """A project without pyproject.toml, and the environment in which it was developed."""

    def __init__(self, root: Path) -> None:
        self.tree = lay_tree(root / "demo", MECHANISMS["setuptools-legacy"].files)
        self.environment = root / "environment"
        python = str(self.environment / "bin" / "python")
        uv = find_uv()
        make = [uv, "venv", "-q", "--python", sys.executable, str(self.environment)]
        subprocess.run(make, check=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", python, "setuptools==64.0.3"], check=True
        )
        self.bare = root / "bare"
        shutil.copytree(self.environment, self.bare, symlinks=True)
        assert self.develop()
        self.safe = root / "safe"
        shutil.copytree(self.tree, self.safe, symlinks=True)

    def develop(self) -> bool:
        """Develop the tree as it is; return whether it could be done."""
        command = [
            str(self.environment / "bin" / "python"),
            "setup.py",
            "-q",
            "develop",
            "--no-deps",
        ]
        if not self.tree.is_dir():
            return False
        return not subprocess.run(
            command, cwd=self.tree, capture_output=True, check=False
        ).returncode

    def verdict(self) -> Verdict:
        (judged,) = judge_installed(environment_from_outside(str(self.environment)))
        return judged.verdict

    def seen(self) -> dict[str, str]:
        """Return what the environment leads to: metadata, scripts, and the package itself."""
        found = {
            f"package/{path}": one
            for path, one in contents(self.tree / "src" / "demo").items()
            if not any(map(is_noise, path.split("/")))
        }
        for name in _METADATA:
            path = self.tree / "src" / "demo.egg-info" / name
            found[name] = path.read_text() if path.exists() else ""
        for path in (self.environment / "bin").iterdir():
            found[path.name] = path.read_text(errors="replace") if "demo" in path.name else ""
        return found

    def truth(self) -> bool:
        """Whether developing it from nothing gives what is there."""
        if not (self.tree / "src" / "demo").is_dir():
            return False
        now = self.seen()
        aside = {
            path: path.with_name(path.name + ".aside") for path in (self.tree, self.environment)
        }
        for path, there in aside.items():
            os.rename(path, there)
        try:
            ignore = shutil.ignore_patterns("*.egg-info", "build")
            shutil.copytree(aside[self.tree], self.tree, symlinks=True, ignore=ignore)
            shutil.copytree(self.bare, self.environment, symlinks=True)
            return self.develop() and self.seen() == now
        finally:
            for path, there in aside.items():
                shutil.rmtree(path, ignore_errors=True)
                os.rename(there, path)


@pytest.fixture(scope="module")
def developed(tmp_path_factory: pytest.TempPathFactory) -> Developed:
    if sys.version_info >= (3, 12):
        pytest.skip("setuptools 64 does not run here")
    return Developed(tmp_path_factory.mktemp("developed"))


@pytest.mark.slow
def test_what_setup_py_develop_left_is_never_fresh_wrongly(developed: Developed) -> None:
    assert developed.verdict() == Fresh()
    book, wrong = CellBook(NAME, editable=True), []
    for edit, change in EDITS.items():
        if change(developed.tree, MECHANISMS["setuptools-legacy"]) == Situation():
            verdict, truth = developed.verdict(), developed.truth()
            book.note(edit, verdict, truth=truth)
            false_stale = isinstance(verdict, Stale) and truth
            if isinstance(verdict, Fresh) and not truth:
                wrong.append(f"FALSE FRESH: {edit}")
            elif false_stale and not accepted_reason(NAME, "editable", edit):
                wrong.append(f"false stale: {edit}: {verdict}")
        developed.tree.mkdir(exist_ok=True)
        mirror(developed.safe, developed.tree)
    assert wrong == []
