"""The three reports about stale local projects, replayed: 10946, 11390 and 11238."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
import trueup
from support.builds import lay_tree
from support.home import Home
from trueup.reporting import Event

_SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'


# --- 10946: the links of a strict editable are not renewed ---

_ROUTES = {
    "e": ("install", ("-e", "p1", "-e", "p2", "--config-settings", "editable_mode=strict")),
    "r": ("install", ("-r", "all.txt")),
    "sync": ("sync", ("-r", "all.txt")),
}


def _two_projects(root: Path) -> None:
    for name, needs in (("p1", ""), ("p2", '"repro-p1"')):
        lay_tree(
            root / name,
            {
                "pyproject.toml": f'{_SETUPTOOLS}[project]\nname = "repro-{name}"\n'
                f'version = "0.0.1"\ndependencies = [{needs}]\n',
                f"src/repro_{name}/__init__.py": "",
            },
        )
    (root / "p1/src/repro_p1/lib.py").write_text("def answer():\n    return 1\n")
    (root / "p2/src/repro_p2/use.py").write_text(
        "from repro_p1.lib import answer\n\ndef ask():\n    return answer()\n"
    )
    setting = '--config-settings "editable_mode=strict"'
    (root / "all.txt").write_text(f"-e ./p1 {setting}\n-e ./p2 {setting}\n")


@pytest.mark.parametrize("route", _ROUTES)
def test_report_10946_a_strict_editable_sees_files_that_come_and_go(route: str, home: Home) -> None:
    command, arguments = _ROUTES[route]
    _two_projects(home.root)
    home.install(*arguments, command=command)
    assert home.evaluate("repro_p2.use.ask()", "repro_p2.use") == "1"
    package = home.root / "p1/src/repro_p1"
    # Step 4 of the report: a new source file, and the other project imports it.
    (package / "new.py").write_text("def answer():\n    return 2\n")
    use = home.root / "p2/src/repro_p2/use.py"
    use.write_text(use.read_text().replace(".lib", ".new"))
    said = home.install(*arguments, command=command)
    assert "repro-p1 is built again" in said
    assert "repro-p2 is built again" not in said
    assert home.evaluate("repro_p2.use.ask()", "repro_p2.use") == "2"
    # Renamed, and then deleted.
    (package / "new.py").rename(package / "other.py")
    use.write_text(use.read_text().replace(".new", ".other"))
    home.install(*arguments, command=command)
    assert home.evaluate("repro_p2.use.ask()", "repro_p2.use") == "2"
    (package / "other.py").unlink()
    home.install(*arguments, command=command)
    assert "ModuleNotFoundError" in home.evaluate("1", "repro_p1.other")
    said = home.install(*arguments, command=command)
    assert "Nothing to do" in said


def test_report_10946_in_process(tmp_path: Path, home: Home) -> None:
    _two_projects(tmp_path)
    environment = trueup.open_environment(home.environment)

    def install() -> trueup.InstallReport:
        return trueup.install(requirement_files=[tmp_path / "all.txt"], environment=environment)

    install()
    assert not install().changed
    (tmp_path / "p1/src/repro_p1/new.py").write_text("N = 1\n")
    (judged, other) = trueup.check(environment)
    assert not judged.fresh
    assert other.fresh
    assert [one.name for one in install().added] == ["repro-p1"]
    assert home.evaluate("repro_p1.new.N", "repro_p1.new") == "1"


# --- 11390: what a build left in the tree is deleted, and not made again ---

_C = """#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", 0, -1, 0};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
"""
_SETUP = """import pathlib
from setuptools import Extension, setup
target = pathlib.Path(__file__).parent / "src" / "foo" / "made.py"
if not target.exists():
    target.write_text("MADE = 1\\n")
setup(ext_modules=[Extension("foo._native", ["src/foo/native.c"])])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a C compiler that is just there")
@pytest.mark.parametrize("again", ["same environment", "environment deleted"])
@pytest.mark.parametrize("route", ["e", "r", "sync"])
def test_report_11390_generated_files_come_back(route: str, again: str, home: Home) -> None:
    lay_tree(
        home.root / "foo",
        {
            "pyproject.toml": f'{_SETUPTOOLS}[project]\nname = "foo"\nversion = "1"\n',
            "setup.py": _SETUP,
            "src/foo/__init__.py": "from foo import _native, made\n",
            "src/foo/native.c": _C,
        },
    )
    (home.root / "all.txt").write_text("-e ./foo\n")
    command = "sync" if route == "sync" else "install"
    arguments = ("-e", "foo") if route == "e" else ("-r", "all.txt")
    home.install(*arguments, command=command)
    assert home.evaluate("foo.made.MADE", "foo") == "1"
    extension = next((home.root / "foo/src/foo").glob("_native*.so"))
    made = home.root / "foo/src/foo/made.py"
    extension.unlink()
    made.unlink()
    if again == "environment deleted":
        home.run("venv", "-q", "--clear", str(home.environment))
    home.install(*arguments, command=command)
    assert extension.exists()
    assert home.evaluate("foo.made.MADE", "foo") == "1"
    assert "Nothing to do" in home.install(*arguments, command=command)


# --- 11238: links that lead in circles ---


def _with_circles(root: Path, package: str) -> Path:
    return lay_tree(
        root / "project",
        {
            "pyproject.toml": f'{_SETUPTOOLS}[project]\nname = "repo_name"\nversion = "0.1.0"\n'
            'readme = "README.md"\n[tool.setuptools.packages.find]\nwhere = ["src"]\n'
            "namespaces = false\n",
            "README.md": "",
            f"src/{package}/__init__.py": "ONE = 1\n",
            f"src/{package}/test.py": "",
            f"src/{package}/sub1/__init__.py": "",
            f"src/{package}/sub2/__init__.py": "",
            f"src/{package}/sub1/{package}": "-> ..",
            f"src/{package}/sub2/{package}": "-> ..",
        },
    )


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
@pytest.mark.parametrize("editable", [True, False])
def test_report_11238_links_in_circles_end(editable: bool, home: Home) -> None:
    _with_circles(home.root, "repo_name")
    started = time.monotonic()
    said = home.install(*(["-e"] if editable else []), "./project")
    assert time.monotonic() - started < 200
    assert said.count("warning: the link ") == 2
    for link in ("sub1", "sub2"):
        assert os.path.join("src", "repo_name", link, "repo_name") in said
    assert home.evaluate("repo_name.ONE", "repo_name") == "1"
    assert "Nothing to do" in home.install(*(["-e"] if editable else []), "./project")


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_report_11238_in_process_with_a_changed_dependency(tmp_path: Path, home: Home) -> None:
    tree = _with_circles(tmp_path, "repo_name")
    events: list[Event] = []
    environment = trueup.open_environment(home.environment)
    trueup.install(editable=tree, environment=environment, reporter=events.append)
    assert sum(one.kind == "warning" and one.message.startswith("the link ") for one in events) == 2
    text = (tree / "pyproject.toml").read_text()
    (tree / "pyproject.toml").write_text(text.replace('"0.1.0"', '"0.2.0"'))
    report = trueup.refresh(environment=environment)
    assert [(one.previous, one.version) for one in report.added] == [("0.1.0", "0.2.0")]
    assert all(one.fresh for one in trueup.check(environment))
