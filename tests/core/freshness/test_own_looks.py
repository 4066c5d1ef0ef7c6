"""What a project's own build code looks at in less usual ways; and what only machine code reads."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import trueup
from support.builds import lay_tree
from support.home import Home
from trueup.acquisition.onlooker import reads_by_itself
from trueup.freshness.variables import digest_variables, names_that_matter
from trueup.freshness.verdict import Fresh, Stale, Verdict

_SETUP = """import glob, os, pathlib
from setuptools import setup
here = pathlib.Path(__file__).parent
{}
setup(name="demo", version="1", py_modules=[], description=repr(found))
"""
_BESIDE = {
    "beside/a.json": "{}",
    "beside/deep/b.json": "{}",
    "project/link": "",
    "project/pyproject.toml": '[build-system]\nrequires = ["setuptools>=69"]\n'
    'build-backend = "setuptools.build_meta"\n',
}


def _judged(home: Home) -> Verdict:
    (judged,) = trueup.check(trueup.open_environment(home.environment))
    return judged.verdict


def _installed(tree: Path, home: Home, setup: str) -> None:
    lay_tree(tree, {**_BESIDE, "project/setup.py": _SETUP.format(setup)})
    (tree / "project/link").unlink()
    (tree / "project/link").symlink_to("one")
    environment = trueup.open_environment(home.environment)
    trueup.install(editable=tree / "project", environment=environment)


def _write(name: str, text: str = "1") -> Callable[[Path], object]:
    def edit(tree: Path) -> None:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(text)

    return edit


def _relink(tree: Path) -> None:
    (tree / "project/link").unlink()
    (tree / "project/link").symlink_to("two")


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege there")
@pytest.mark.parametrize(
    ("setup", "edit"),
    [
        ('found = [one.name for one in (here.parent / "beside").rglob("*.json")]', "new"),
        ('found = glob.glob(str(here.parent / "beside" / "*.json"))', "new"),
        ('found = glob.glob("../beside/*.json")', "new"),
        ('found = os.path.exists("../beside/a.json")', "gone"),
        ('found = os.path.getsize("../beside/a.json")', "longer"),
        ('found = os.readlink("link")', "relinked"),
        ('found = (here / "link").resolve().name', "relinked"),
    ],
)
def test_what_own_code_asks_about_beside_the_project_counts(
    setup: str, edit: str, tmp_path: Path, home: Home
) -> None:
    edits: dict[str, Callable[[Path], object]] = {
        "new": _write("beside/c.json"),
        "gone": lambda tree: (tree / "beside/a.json").unlink(),
        "longer": _write("beside/a.json", "{1: 2}"),
        "relinked": _relink,
    }
    _installed(tmp_path, home, setup)
    assert _judged(home) == Fresh()
    edits[edit](tmp_path)
    assert isinstance(_judged(home), Stale)


@pytest.mark.skipif(os.name == "nt", reason="a link is laid")
@pytest.mark.parametrize(
    "setup",
    [
        'found = os.environ.get("CI")',
        'found = "CI" in os.environ',
        'found = {key: os.environ[key] for key in os.environ if key == "CI"}',
        'found = sorted(key for key, _ in os.environ.items() if key[0] == "S")',
    ],
)
def test_a_variable_counts_where_own_code_asks_for_it(
    setup: str, tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    _installed(tmp_path, home, setup)
    assert _judged(home) == Fresh()
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert isinstance(_judged(home), Stale)


def test_one_variable_that_was_asked_for_after_all_were_gone_through_counts(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETUPTOOLS_SCM_PRETEND_VERSION", "9.9")
    lay_tree(
        tmp_path / "demo",
        {
            "pyproject.toml": '[build-system]\nrequires = ["setuptools>=69", "setuptools-scm>=8"]\n'
            'build-backend = "setuptools.build_meta"\n'
            '[project]\nname = "demo"\ndynamic = ["version"]\n'
            '[tool.setuptools_scm]\nfallback_version = "1.0"\n[tool.setuptools]\npy-modules = []\n'
        },
    )
    environment = trueup.open_environment(home.environment)
    trueup.install(editable=tmp_path / "demo", environment=environment)
    assert _judged(home) == Fresh()
    monkeypatch.delenv("SETUPTOOLS_SCM_PRETEND_VERSION")
    assert isinstance(_judged(home), Stale)


def test_of_all_variables_those_that_say_where_things_are_do_not_count() -> None:
    names = names_that_matter(["*"], ["*"], compiled=False)
    before = digest_variables(names, {"PATH": "/a", "CFLAGS": "-O1"}, "salt")
    assert digest_variables(before, {"PATH": "/b", "CFLAGS": "-O1"}, "salt") == before
    assert digest_variables(before, {"PATH": "/a", "CFLAGS": "-O2"}, "salt") != before
    assert digest_variables(before, {"CFLAGS": "-O1", "NEW": "1"}, "salt") != before


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("grpc_tools._protoc_compiler", f"{sys.prefix}/lib/x-packages/grpc_tools/_p.so", True),
        ("Cython.Compiler.Scanning", f"{sys.prefix}/lib/x-packages/Cython/S.so", False),
        ("81d243bd2c585b0f4821__mypyc", f"{sys.prefix}/lib/x-packages/81__mypyc.so", False),
        ("demo._native", "/src/demo/_native.so", False),
        ("_sqlite3", f"{os.path.dirname(os.__file__)}/lib-dynload/_sqlite3.so", False),
        ("", f"{sys.prefix}/lib/libclang.so", True),
        ("", "libc.so.6", False),
    ],
)
def test_machine_code_reads_by_itself_unless_it_is_known_not_to(
    name: str, path: str, expected: bool
) -> None:
    assert reads_by_itself(name, path, ("/src/demo/",)) is expected


_PEEK = r"""#include <Python.h>
static PyObject *peek(PyObject *self, PyObject *name) {
    FILE *file = fopen(PyUnicode_AsUTF8(name), "r");
    int first = file ? fgetc(file) : 0;
    if (file) fclose(file);
    return PyLong_FromLong(first);
}
static PyMethodDef methods[] = {{"peek", peek, METH_O, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "peek", 0, -1, methods};
PyMODINIT_FUNC PyInit_peek(void) { return PyModule_Create(&module); }
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_what_only_machine_code_in_the_backends_process_reads_counts(
    tmp_path: Path, home: Home
) -> None:
    tools, include = tmp_path / "tools", sysconfig.get_path("include")
    lay_tree(tools, {"peek.c": _PEEK})
    built = tools / f"peek{sysconfig.get_config_var('EXT_SUFFIX')}"
    command = ["gcc", "-shared", "-fPIC", f"-I{include}", "-o", str(built), str(tools / "peek.c")]
    subprocess.run(command, check=True)
    setup = (
        f'import sys\nsys.path.append({str(tools)!r})\nimport peek\nfound = peek.peek("x.proto")'
    )
    lay_tree(tmp_path, {"project/x.proto": "a"})
    _installed(tmp_path, home, setup)
    assert _judged(home) == Fresh()
    (tmp_path / "project/x.proto").write_text("b")
    assert isinstance(_judged(home), Stale)


@pytest.mark.parametrize("place", ["", "../"])
def test_a_database_that_own_code_asks_counts(place: str, tmp_path: Path, home: Home) -> None:
    def fill(value: int) -> None:
        with closing(sqlite3.connect(tmp_path / "project" / f"{place}facts.db")) as base, base:
            base.execute("create table if not exists fact (value)")
            base.execute("insert into fact values (?)", (value,))

    (tmp_path / "project").mkdir()
    fill(1)
    setup = f"import sqlite3\nbase = sqlite3.connect('{place}facts.db')\n"
    asked = "found = base.execute('select sum(value) from fact').fetchone()\nbase.close()"
    _installed(tmp_path, home, setup + asked)
    assert _judged(home) == Fresh()
    fill(2)
    assert isinstance(_judged(home), Stale)


@pytest.mark.parametrize("name", ["patch.orig", "old~", ".vscode/x.json", "node_modules/m/x.js"])
def test_a_file_in_a_wheel_counts_whatever_its_name_is(
    name: str, tmp_path: Path, home: Home
) -> None:
    tree = lay_tree(
        tmp_path / "demo",
        {
            "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\n'
            'build-backend = "hatchling.build"\n[project]\nname = "demo"\nversion = "1"\n',
            "demo/__init__.py": "",
            f"demo/data/{name}": "1",
            "demo/data/x.txt": "1",
        },
    )
    install = trueup.open_environment(home.environment)
    trueup.install(str(tree), environment=install)
    assert _judged(home) == Fresh()
    (tree / f"demo/data/{name}").write_text("2")
    assert isinstance(_judged(home), Stale)
    trueup.install(str(tree), environment=install)
    assert _judged(home) == Fresh()
    another = (tree / f"demo/data/{name}").with_name(f"another{Path(name).name}")
    another.write_text("new")
    assert isinstance(_judged(home), Stale)


_HATCH = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "demo"
version = "1"
[tool.hatch.build.targets.wheel.force-include]
"../beside" = "demo/beside"
[tool.hatch.build.targets.wheel.shared-data]
"man" = "share/man"
"""
_PDM = """[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "demo"
version = "1"
[tool.pdm.build]
includes = ["demo", "man/**/*.1"]
"""
_UV = """[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
[project]
name = "demo"
version = "1"
[tool.uv.build-backend]
module-root = ""
data = { data = "man" }
"""


@pytest.mark.parametrize("editable", [True, False])
@pytest.mark.parametrize(
    ("pyproject", "new"),
    [
        (_HATCH, "beside/deep/new"),
        (_HATCH, "project/man/new.1"),
        (_PDM, "project/man/other/new.1"),
        (_UV, "project/man/other/new.1"),
    ],
    ids=["hatchling-beside", "hatchling", "pdm", "uv"],
)
def test_what_comes_to_folders_of_which_data_is_copied_counts(
    pyproject: str, new: str, editable: bool, tmp_path: Path, home: Home
) -> None:
    lay_tree(
        tmp_path,
        {
            "project/pyproject.toml": pyproject,
            "project/demo/__init__.py": "",
            "project/man/one/a.1": "of man",
            "beside/a": "of beside",
        },
    )
    place = str(tmp_path / "project")
    environment = trueup.open_environment(home.environment)
    if editable:
        trueup.install(editable=place, environment=environment)
    else:
        trueup.install(place, environment=environment)
    assert _judged(home) == Fresh()
    (tmp_path / new).parent.mkdir(exist_ok=True)
    (tmp_path / new).write_text("new")
    assert isinstance(_judged(home), Stale)


_ONCE = """import os
from setuptools import setup
if not os.path.exists("settings.py"):
    open("settings.py", "w").write("VALUE = 1")
setup(name="demo", version="1", py_modules=["settings"])
"""


@pytest.mark.parametrize("editable", [True, False])
def test_what_somebody_made_of_a_file_that_a_build_wrote_is_never_deleted(
    editable: bool, tmp_path: Path, home: Home
) -> None:
    tree = lay_tree(tmp_path / "demo", {"setup.py": _ONCE})
    environment = trueup.open_environment(home.environment)

    def install(text: str) -> None:
        (tree / "setup.py").write_text(_ONCE + text)
        place = str(tree)
        trueup.install(*([] if editable else [place]), editable=[place] * editable,
                       environment=environment)  # fmt: skip

    install("")
    (tree / "settings.py").write_text("VALUE = 'mine'")
    for text in ("# one\n", "# two\n", "# three\n"):
        install(text)
        assert (tree / "settings.py").read_text() == "VALUE = 'mine'"
        assert _judged(home) == Fresh()
    (tree / "settings.py").write_text("VALUE = 'again'")
    assert isinstance(_judged(home), Stale)
