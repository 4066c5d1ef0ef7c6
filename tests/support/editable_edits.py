"""What people do to a project, and what it means for an editable of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from support.editable_projects import Template, run_git

Edit = Callable[[Path, Template], None]


def _replace(old: str, new: str, file: str = "pyproject.toml") -> Edit:
    def edit(folder: Path, template: Template) -> None:
        path = folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return edit


def _add(path: str, text: str = "") -> Edit:
    def edit(folder: Path, template: Template) -> None:
        name = path.format(name=template.name, package=template.package)
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return edit


def _append(path: str, text: str) -> Edit:
    def edit(folder: Path, template: Template) -> None:
        file = folder / path.format(name=template.name, package=template.package)
        file.write_text(file.read_text() + text)

    return edit


def _delete(path: str) -> Edit:
    def edit(folder: Path, template: Template) -> None:
        (folder / path.format(name=template.name, package=template.package)).unlink()

    return edit


def _rename_project(folder: Path, template: Template) -> None:
    folder.rename(folder.with_name(folder.name + "-moved"))


def _delete_project(folder: Path, template: Template) -> None:
    shutil.rmtree(folder)


def _touch_all(folder: Path, template: Template) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and ".git" not in path.parts:
            os.utime(path)


def _away_and_back(folder: Path, template: Template) -> None:
    for name in ("pyproject.toml", "README.md"):
        path = folder / name
        content = path.read_bytes()
        path.write_bytes(b"other")
        path.write_bytes(content)


def _bytecode(folder: Path, template: Template) -> None:
    cache = folder / template.package / template.name / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "extra.cpython-311.pyc").write_bytes(b"")


def _delete_native(folder: Path, template: Template) -> None:
    found = [path for path in folder.rglob("*.so") if "target" not in path.parts]
    assert found
    for path in found:
        path.unlink()


def _foreign_native(folder: Path, template: Template) -> None:
    (found,) = (path for path in folder.rglob("*.so") if "build" not in path.parts)
    found.rename(found.with_name(found.name.replace("cpython-3", "cpython-4")))


def _edit_native(folder: Path, template: Template) -> None:
    (source,) = [path for path in folder.rglob("*") if path.name in {"native.c", "lib.rs"}]
    source.write_text(source.read_text() + "\n/* more */\n")


# All of these change the metadata that a build writes.
METADATA: dict[str, Edit] = {
    "version": _replace('version = "1.0"', 'version = "1.1"'),
    "dependency added": _replace('"iniconfig>=1"', '"iniconfig>=1", "packaging"'),
    "dependency bound": _replace('"iniconfig>=1"', '"iniconfig>=2"'),
    "dependency removed": _replace('"iniconfig>=1"', ""),
    "extra added": _replace("more = [", 'new = ["iniconfig"]\nmore = ['),
    "extra's marker": _replace(">= '3.8'", ">= '3.9'"),
    "entry point target": _replace(":main", ":other"),
    "entry point added": _replace("-run = ", '-go = "os:getcwd"\nname-run = '),
    "requires-python": _replace(">=3.8", ">=3.9"),
    "description": _replace("A small thing", "A large thing"),
    "readme": _append("README.md", "And more.\n"),
    "readme gone": _delete("README.md"),
}
PLACES: dict[str, Edit] = {
    "moved": _rename_project,
    "deleted": _delete_project,
    "pyproject gone": _delete("pyproject.toml"),
    "pyproject spoilt": _append("pyproject.toml", "\n[["),
    "package gone": lambda folder, template: shutil.rmtree(
        folder / template.package / template.name
    ),
}
LICENCES: dict[str, Edit] = {
    "licence edited": _append("LICENSE", "More.\n"),
    "licence added": _add("COPYING", "Even more.\n"),
}
# A build after these gives the same as before.
NOTHING: dict[str, Edit] = {
    "nothing": lambda folder, template: None,
    "all touched": _touch_all,
    "away and back": _away_and_back,
    "bytecode": _bytecode,
    "new test": _add("tests/test_more.py", "def test(): pass\n"),
    "new doc": _add("docs/index.md", "# More\n"),
    "root file": _add("Makefile", "all:\n"),
    "module content": _append("{package}/{name}/extra.py", "MORE = 2\n"),
    "tool setting": _append("pyproject.toml", "\n[tool.other]\nsetting = 1\n"),
    "comment": _append("pyproject.toml", "\n# a comment\n"),
}
MODULES: dict[str, Edit] = {
    "new module": _add("{package}/{name}/fresh.py", "NEW = 1\n"),
    "deleted module": _delete("{package}/{name}/extra.py"),
    "new subpackage": _add("{package}/{name}/sub/__init__.py", ""),
}
TOP: dict[str, Edit] = {"new package": _add("{package}/another/__init__.py", "")}
SOURCES: dict[str, Edit] = {"native edited": _edit_native}
OUTPUTS: dict[str, Edit] = {"native deleted": _delete_native}
FOREIGN: dict[str, Edit] = {"native of another Python": _foreign_native}


def _commit(folder: Path, template: Template) -> None:
    run_git(folder, "commit", "-q", "--allow-empty", "-m", "more")


def _tag(folder: Path, template: Template) -> None:
    _commit(folder, template)
    run_git(folder, "tag", "v2.0")


REPOSITORY: dict[str, Edit] = {
    "commit": _commit,
    "tag": _tag,
    "not committed": _append("{package}/{name}/extra.py", "MORE = 2\n"),
}
