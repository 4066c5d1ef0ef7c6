"""Real projects, of every backend: installed editable they are fresh, and stay so.

Each is taken from the index as an sdist, made a repository of its own, and installed with
`trueup install -e`. Then its files are touched, the tree is copied, a branch is checked out and
left again, and changes are stashed: a build would give the same, and the verdict has to say so.

    pytest -m slow tests/core/freshness/test_real_projects.py

It takes about ten minutes, needs the index, a C and a C++ compiler, and writes the table of
docs/freshness.md to the file that TRUEUP_REAL_PROJECTS_TABLE names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.home import Home
from support.truth import git
from trueup.acquisition.git import Mirrors
from trueup.acquisition.source import Workspace, open_source
from trueup.api.workshop import open_workshop
from trueup.resolution.artifact import Sdist

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs compilers that are just there"),
]


@dataclass(frozen=True)
class _Project:
    """A release on the index: what it is built with, and what to import of it."""

    version: str
    backend: str
    module: str


PROJECTS = {
    "six": _Project("1.17.0", "setuptools, setup.py", "six"),
    "requests": _Project("2.34.2", "setuptools", "requests"),
    "resolvelib": _Project("1.2.1", "setuptools", "resolvelib"),
    "markupsafe": _Project("3.0.4", "setuptools, C", "markupsafe._speedups"),
    "simplejson": _Project("4.3.0", "setuptools, C", "simplejson._speedups"),
    "psutil": _Project("7.2.2", "setuptools, C", "psutil"),
    "wrapt": _Project("2.5.2", "setuptools, C", "wrapt"),
    "zope-interface": _Project("8.7", "setuptools, C, namespace", "zope.interface"),
    "pyyaml": _Project("6.0.3", "setuptools, in-tree backend, Cython", "yaml"),
    "iniconfig": _Project("2.3.1", "setuptools, setuptools-scm", "iniconfig"),
    "pluggy": _Project("1.7.0", "setuptools, setuptools-scm", "pluggy"),
    "pytest": _Project("9.2.0", "setuptools, setuptools-scm", "pytest"),
    "typing-inspection": _Project("0.4.5", "hatchling", "typing_inspection"),
    "hatchling": _Project("1.33.0", "hatchling, itself", "hatchling"),
    "attrs": _Project("26.1.0", "hatchling, hatch-vcs", "attrs"),
    "urllib3": _Project("2.8.0", "hatchling, hatch-vcs", "urllib3"),
    "humanize": _Project("4.17.0", "hatchling, hatch-vcs", "humanize"),
    "idna": _Project("3.20", "flit", "idna"),
    "click": _Project("8.5.1", "flit", "click"),
    "findpython": _Project("0.9.0", "pdm-backend", "findpython"),
    "typer": _Project("0.29.2", "pdm-backend", "typer"),
    "rich": _Project("15.0.0", "poetry-core", "rich"),
    "poetry-core": _Project("2.5.0", "poetry-core, itself", "poetry.core"),
    "pybind11": _Project("3.1.0", "scikit-build-core", "pybind11"),
    "phik": _Project("0.12.5", "scikit-build-core, C++", "phik"),
    "cysignals": _Project("1.12.5", "meson-python, Cython", "cysignals.signals"),
    "meson-python": _Project("0.22.1", "meson-python, itself", "mesonpy"),
    "django-htmx": _Project("1.29.0", "uv_build", "django_htmx"),
}
_KEPT_OUT = "*.egg-info/\nPKG-INFO\nbuild/\n*.so\n__pycache__/\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def sdists(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sdist]:
    """Ask the index, through uv, where the sdists lie, and what they hash to."""
    folder = tmp_path_factory.mktemp("lock")
    asked = folder / "asked.txt"
    asked.write_text("".join(f"{name}=={one.version}\n" for name, one in PROJECTS.items()))
    beside = os.path.join(sysconfig.get_path("scripts"), "uv")
    uv = beside if os.path.exists(beside) else "uv"
    lock = folder / "pylock.toml"
    command = [uv, "pip", "compile", "-q", "--no-deps", "--format", "pylock.toml"]
    subprocess.run([*command, "--python", sys.executable, asked, "-o", lock], check=True)
    packages = tomllib.loads(lock.read_text())["packages"]
    return {one["name"]: _sdist(one["sdist"], folder) for one in packages}


def _sdist(told: dict[str, Any], folder: Path) -> Sdist:
    url = told.get("url") or (folder / told["path"]).resolve().as_uri()
    return Sdist(url, url.rpartition("/")[2], tuple(told["hashes"].items()))


@pytest.fixture
def home(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TRUEUP_CACHE_DIR", str(store))
    return Home(tmp_path)


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    rows: list[str] = []
    yield rows
    path = os.environ.get("TRUEUP_REAL_PROJECTS_TABLE")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(rows)


def _unpack(sdist: Sdist, folder: Path) -> Path:
    """Lay down the tree of an sdist as its repository would have it."""
    with open_workshop() as workshop:
        mirrors = Mirrors(workshop.store.folder("repositories"), workshop.credentials)
        place = Workspace(str(folder), workshop.store.folder("downloads"), mirrors)
        tree = Path(open_source(sdist, fetcher=workshop.fetcher, workspace=place).path)
    moved = folder / "tree"
    tree.rename(moved)
    # What an sdist adds to the repository: a build there makes these itself.
    (moved / "PKG-INFO").unlink(missing_ok=True)
    for made in moved.rglob("*.egg-info"):
        shutil.rmtree(made)
    return moved


def _make_repository(tree: Path, version: str) -> None:
    git(tree, "init", "-q", "-b", "main", ".")
    (tree / ".git/info/exclude").write_text(_KEPT_OUT)
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "as released")
    git(tree, "tag", f"v{version}")


def _touch(tree: Path) -> None:
    for path in tree.rglob("*"):
        if ".git" not in path.parts and path.is_file():
            os.utime(path)


def _modules(tree: Path) -> list[str]:
    return git(tree, "ls-files", "-z", "*.py", "*.pyx").split("\0")[:-1]


def _away_and_back(tree: Path) -> None:
    """Check out a branch on which much is otherwise, and return."""
    git(tree, "checkout", "-q", "-b", "away")
    modules = _modules(tree)
    for name in modules[:3]:
        (tree / name).write_text("# otherwise\n")
    git(tree, "rm", "-q", "--", *modules[3:5])
    (tree / "something_new.py").write_text("")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "away")
    git(tree, "checkout", "-q", "main")


def _stash(tree: Path) -> None:
    for name in _modules(tree)[-3:]:
        with open(tree / name, "a", encoding="utf-8") as file:
            file.write("\n# on its way\n")
    git(tree, "stash", "-q")


@pytest.mark.parametrize("name", PROJECTS)
def test_a_real_project_is_fresh_and_stays_so(
    name: str, home: Home, sdists: dict[str, Sdist], table: list[str]
) -> None:
    project = PROJECTS[name]
    tree = _unpack(sdists[name], home.root)
    _make_repository(tree, project.version)
    found: dict[str, str] = {}

    def look(step: str, where: Home = home) -> None:
        found[step] = {0: "fresh"}.get(where.check(name), where.told.strip())

    home.install("-e", str(tree))
    look("at once")
    assert home.evaluate("'in'", project.module) == "in"
    look("imported")
    said = home.install("-e", str(tree))
    found["installed again"] = "fresh" if "Nothing to do" in said else said
    _touch(tree)
    look("touched")
    copy = home.root / "copy"
    shutil.copytree(tree, copy, symlinks=True, copy_function=shutil.copy)
    other = Home(home.root, "other")
    other.install("-e", str(copy))
    look("a copy installed elsewhere", other)
    _touch(copy)
    look("its copy touched", other)
    look("copied")
    _away_and_back(tree)
    look("checkout there and back")
    _stash(tree)
    look("stash")
    said = home.install("-e", str(tree))
    found["installed at last"] = "fresh" if "Nothing to do" in said else said
    bad = [step for step, told in found.items() if told != "fresh"]
    table.append(
        f"| {name} {project.version} | {project.backend} | {', '.join(bad) or 'fresh'} |\n"
    )
    assert not bad, "\n".join(f"{step}: {found[step]}" for step in bad)
