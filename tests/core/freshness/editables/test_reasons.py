"""Each reason: the edit that makes it true, what is said, and that the command named mends it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.editable_edits import REPOSITORY, TOP, Edit
from support.editable_projects import ALL, uv_program
from trueup.freshness.verdict import Fresh, Stale, Unknown

from .conftest import Laboratory

Enter = Callable[[str], Laboratory]
Deed = Callable[[Laboratory, str], None]


@dataclass(frozen=True)
class Case:
    """A reason.

    `mended` is what the check says after the command: "fresh", "unknown" for what is compiled (no
    disk shows the flags), or "" where only the user can put it right, for no backend builds it.
    """

    name: str
    deed: Deed
    message: str
    mended: str = "fresh"


def _edit(edit: Edit) -> Deed:
    return lambda found, name: edit(found.project(name), ALL[name])


def _settings(old: str, new: str) -> Deed:
    def deed(found: Laboratory, name: str) -> None:
        path = found.project(name) / "pyproject.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    return deed


def _more(line: str) -> Deed:
    return _settings('description = "A small thing"', f'description = "A small thing"\n{line}')


def _write(path: str, text: str) -> Deed:
    def deed(found: Laboratory, name: str) -> None:
        file = found.project(name) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return deed


def _delete(path: str) -> Deed:
    def deed(found: Laboratory, name: str) -> None:
        (file,) = found.project(name).glob(path)
        shutil.rmtree(file) if file.is_dir() else file.unlink()

    return deed


def _lose(pattern: str) -> Deed:
    def deed(found: Laboratory, name: str) -> None:
        (file,) = found.library.glob(pattern)
        file.unlink()

    return deed


def _lead_to_nothing(found: Laboratory, name: str) -> None:
    for record in found.library.glob(f"{name}-*.dist-info/RECORD"):
        lines = [one for one in record.read_text().splitlines() if ".pth," not in one]
        record.write_text("\n".join(lines) + "\n")


def _move(found: Laboratory, name: str) -> None:
    found.project(name).rename(found.root / f"{name}-moved")


def _to_flat(found: Laboratory, name: str) -> None:
    folder = found.project(name)
    (folder / "src" / name).rename(folder / name)
    (folder / "src" / "kept.py").write_text("")


def _foreign(found: Laboratory, name: str) -> None:
    (path,) = found.project(name).glob(f"{name}/_native.*.so")
    path.rename(path.with_name(path.name.replace("cpython-3", "cpython-4")))


def _lose_program(found: Laboratory, name: str) -> None:
    """Let the hook build with a program that went with the environment of the build."""
    (hook,) = found.library.glob(f"_{name}_editable_loader.py")
    text = hook.read_text()
    (program,) = set(re.findall(r"'(/[^']*/ninja)'", text))
    hook.write_text(text.replace(program, f"{program}-gone"))


def _rename(found: Laboratory, name: str) -> None:
    _settings(f'name = "{name}"', 'name = "renamed"')(found, name)


CASES = {
    "name": Case("hatched", _rename, "the name is renamed in pyproject.toml, and hatched", ""),
    "version": Case(
        "flitted",
        _settings('"1.0"', '"1.1"'),
        "the version is 1.1 in pyproject.toml, and 1.0 in what is installed",
    ),
    "requires-python": Case(
        "sourced", _settings('">=3.8"', '">=3.9"'), "requires-python is >=3.9 in pyproject.toml"
    ),
    "dependency added": Case(
        "poetic",
        _settings('["iniconfig>=1"]', '["iniconfig>=1", "packaging"]'),
        "the dependency 'packaging' is new in pyproject.toml",
    ),
    "dependency removed": Case(
        "ultra",
        _settings('["iniconfig>=1"]', "[]"),
        "the dependency 'iniconfig>=1' is gone from pyproject.toml",
    ),
    "extra": Case(
        "pathed",
        _settings("more = [", "none = []\nmore = ["),
        "the list of extras is more, none in pyproject.toml, and more in what is installed",
    ),
    "entry point": Case(
        "exactly",
        _settings(":main", ":other"),
        "the entry point console_scripts/exactly-run is exactly:other in pyproject.toml",
    ),
    "description": Case(
        "hooked",
        _settings("A small", "A large"),
        "the description is A large thing in pyproject.toml, and A small thing",
    ),
    "keywords": Case("hatched", _more('keywords = ["one"]'), "the list of keywords is one"),
    "classifiers": Case(
        "flitted",
        _more('classifiers = ["Programming Language :: Python"]'),
        "the list of classifiers is with 'Programming Language :: Python'",
    ),
    "addresses": Case(
        "pathed", _more('urls = {Home = "https://example.org"}'), "the list of addresses is 1"
    ),
    "authors": Case(
        "sourced", _more('authors = [{name = "Somebody"}]'), "the list of authors is Somebody"
    ),
    "maintainers": Case(
        "hatched", _more('maintainers = [{name = "Else"}]'), "the list of maintainers is Else"
    ),
    "license": Case(
        "hatched", _more('license = "MIT"'), "the license is MIT in pyproject.toml, and empty"
    ),
    "readme changed": Case(
        "ultra", _write("README.md", "# Other\n"), "README.md, which is its description, changed"
    ),
    "readme missing": Case(
        "hatched", _delete("README.md"), "README.md, which is its description, is missing", ""
    ),
    "setup.cfg": Case(
        "sourced",
        _write("setup.cfg", "[metadata]\nurl = https://example.org\n"),
        "url is https://example.org in setup.cfg, and empty in what is installed",
    ),
    "build requirement": Case(
        "sourced",
        _settings('"setuptools>=77"', '"setuptools>=77,<80"'),
        "the build requirement 'setuptools>=77,<80' excludes setuptools",
    ),
    "folder of a namespace": Case(
        "flatly",
        _write("flatly/assets/one.txt", "1\n"),
        "flatly/assets is new, and the import hook",
    ),
    "folder beside": Case(
        "sourced",
        _write("src/beside/one.txt", "1\n"),
        "the package beside is new, and top_level.txt",
    ),
    "package that is named": Case(
        "sourced",
        _settings(
            "[project.scripts]",
            '[tool.setuptools]\npackages = ["sourced", "sourced.gone"]\n'
            'package-dir = {"" = "src"}\n[project.scripts]',
        ),
        "gone is gone, and the project still names the package sourced.gone",
        "",
    ),
    "build folder": Case(
        "mesonic", _delete("build"), "which an import builds in, is missing", "unknown"
    ),
    "build program": Case(
        "mesonic", _lose_program, "ninja-gone, which an import builds with, is missing", "unknown"
    ),
    "source that meson names": Case(
        "mesonic", _delete("mesonic/native.c"), "native.c, which is compiled, is gone", ""
    ),
    "build in place": Case(
        "skin", _delete("CMakeCache.txt"), "the files of the build are missing", "unknown"
    ),
    "package no longer named": Case(
        "flatly",
        _settings(
            "[project.scripts]", '[tool.setuptools]\npackages = ["tests"]\n[project.scripts]'
        ),
        "flatly is not among the packages of the project any more",
        "",
    ),
    "licence changed": Case(
        "hatched", _write("LICENSE", "Do not.\n"), "the licence file LICENSE changed"
    ),
    "licence new": Case(
        "flitted",
        _write("COPYING", "Do.\n"),
        "the licence file COPYING is new, and a copy of it would be installed",
    ),
    "licence gone": Case("pathed", _delete("LICENSE"), "the licence file LICENSE is gone"),
    "path file": Case(
        "hatched", _lose("_editable_impl_hatched.pth"), "is missing, which leads to the project"
    ),
    "import hook": Case(
        "flatly", _lose("__editable___flatly_*_finder.py"), "is missing, which leads to the project"
    ),
    "nothing leads": Case(
        "pathed", _lead_to_nothing, "nothing in the environment leads to the project"
    ),
    "other layout": Case("sourced", _to_flat, "sourced, which is installed, is not where"),
    "target gone": Case(
        "flatly", _delete("flatly"), "flatly, which the install leads to, does not exist", ""
    ),
    "target empty": Case(
        "hatched", _delete("src/hatched"), "src, which the install leads to, holds no module", ""
    ),
    "module gone": Case(
        "flitted",
        lambda found, name: (
            (found.project(name) / "src" / name).rename(found.project(name) / "src" / "other"),
            None,
        )[1],
        "the module flitted is gone, without which flit builds nothing",
        "",
    ),
    "new package, hook": Case(
        "flatly",
        _edit(TOP["new package"]),
        "the package another is new, and the import hook",
        "",  # with two of them setuptools does not guess any more
    ),
    "new package, pdm": Case(
        "hooked", _edit(TOP["new package"]), "the package another is new, and the import hook"
    ),
    "new package, metadata": Case(
        "compatibly", _edit(TOP["new package"]), "is new, and top_level.txt of the install does not"
    ),
    "link tree": Case(
        "strictly", _delete("build"), "the tree of links that is imported from, is missing"
    ),
    "link dead": Case(
        "strictly", _delete("src/strictly/extra.py"), "is gone, and the tree of links still has it"
    ),
    "link missing": Case(
        "strictly",
        _write("src/strictly/fresh.py", ""),
        "src/strictly/fresh.py is new, and the tree of links does not have it",
    ),
    "link missing, package": Case(
        "strictly",
        _write("src/strictly/sub/__init__.py", ""),
        "is new, and the tree of links does not have it",
    ),
    "version file missing": Case(
        "scmed",
        _delete("src/scmed/_version.py"),
        "src/scmed/_version.py is missing, which a build makes",
    ),
    "version file altered": Case(
        "scmed",
        _write("src/scmed/_version.py", "version = '3'\n"),
        "src/scmed/_version.py, which a build makes, does not say 1.0",
    ),
    "version file altered in part": Case(
        "scmed",
        _write("src/scmed/_version.py", "version = '1.0'\nversion_tuple = (1, 1)\n"),
        "src/scmed/_version.py, which a build makes, does not say 1.0",
    ),
    "commit": Case(
        "tagged",
        _edit(REPOSITORY["commit"]),
        "the repository says version 1.1.dev1\\+g[0-9a-f]+, and 1.0 is installed",
    ),
    "tag": Case(
        "stamped", _edit(REPOSITORY["tag"]), "the repository says version 2.0, and 1.0 is installed"
    ),
    "not committed": Case(
        "scmed", _edit(REPOSITORY["not committed"]), "there are changes that are not committed"
    ),
    "extension missing": Case(
        "extended",
        _delete("extended/_native*.so"),
        "the extension module extended._native is missing, which a build makes",
        "unknown",
    ),
    "extension foreign": Case(
        "extended", _foreign, "was built for another Python than 3", "unknown"
    ),
    "extension old": Case(
        "extended",
        lambda found, name: (found.project(name) / "extended" / "native.c").touch(),
        "extended/native.c is younger than the extension module that is built from it",
        "unknown",
    ),
    "moved": Case("hatched", _move, "hatched, the project, was moved or deleted"),
    "no project": Case("ultra", _delete("pyproject.toml"), "holds no project any more", ""),
    "spoilt": Case("poetic", _write("pyproject.toml", "[["), "pyproject.toml cannot be read: ", ""),
}


@pytest.mark.parametrize("title", CASES)
def test_each_reason_says_what_it_is_and_names_a_command(laboratory: Enter, title: str) -> None:
    case = CASES[title]
    found = laboratory(case.name)
    case.deed(found, case.name)
    judged = found.judge(case.name)
    assert isinstance(judged.verdict, Stale)
    messages = [reason.message for reason in judged.verdict.reasons]
    assert any(re.search(case.message, one) for one in messages), messages
    assert not any(one.endswith(".") for one in messages)
    assert judged.command.startswith("uv pip install --python ")


@pytest.mark.slow
@pytest.mark.parametrize("title", [title for title, case in CASES.items() if case.mended])
def test_the_command_mends_what_it_was_named_for(
    laboratory: Enter, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[title]
    found = laboratory(case.name)
    case.deed(found, case.name)
    command = found.judge(case.name).command
    moved = str(found.root / f"{case.name}-moved")
    command = command.replace("PATH-OF-THE-PROJECT", moved)
    monkeypatch.setenv("PATH", str(Path(uv_program()).parent), prepend=":")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    verdict = found.judge(case.name).verdict
    assert verdict == Fresh() if case.mended == "fresh" else isinstance(verdict, Unknown), verdict
