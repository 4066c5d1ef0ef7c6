"""What compilers read outside of the project's own folder: a header, a crate beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.builds import lay_tree

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a C compiler that is just there")

_PROJECT = '[project]\nname = "demo"\nversion = "1"\n'
_C = """#include <Python.h>
#include "shared.h"
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo", 0, -1, 0};
PyMODINIT_FUNC PyInit_demo(void) {
    PyObject *made = PyModule_Create(&module);
    PyModule_AddIntConstant(made, "VALUE", VALUE);
    return made;
}
"""
_HEADER = "common/shared.h"
_SETUPTOOLS = {
    _HEADER: "#define VALUE 1\n",
    "project/src/demo.c": _C,
    "project/pyproject.toml": '[build-system]\nrequires = ["setuptools>=69"]\n'
    f'build-backend = "setuptools.build_meta"\n{_PROJECT}',
    "project/setup.py": "from setuptools import Extension, setup\nsetup(ext_modules=["
    'Extension("demo", ["src/demo.c"], include_dirs=["../common"])])\n',
}
_SCIKIT_BUILD = {
    _HEADER: "#define VALUE 1\n",
    "project/src/demo.c": _C,
    "project/pyproject.toml": '[build-system]\nrequires = ["scikit-build-core", "ninja"]\n'
    f'build-backend = "scikit_build_core.build"\n{_PROJECT}',
    "project/CMakeLists.txt": "cmake_minimum_required(VERSION 3.18)\nproject(demo LANGUAGES C)\n"
    "find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)\n"
    "Python_add_library(demo MODULE src/demo.c WITH_SOABI)\n"
    "target_include_directories(demo PRIVATE ../common)\n"
    "install(TARGETS demo DESTINATION .)\n",
}
_MESON = {
    _HEADER: "#define VALUE 1\n",
    "project/src/demo.c": _C,
    "project/pyproject.toml": '[build-system]\nrequires = ["meson-python", "ninja"]\n'
    f'build-backend = "mesonpy"\n{_PROJECT}',
    "project/meson.build": "project('demo', 'c', version: '1')\n"
    "py = import('python').find_installation(pure: false)\n"
    "root = meson.current_source_dir()\n"
    "py.extension_module('demo', 'src/demo.c', c_args: '-I' + root / '..' / 'common',\n"
    "  dependencies: py.dependency(), install: true)\n",
}
_CRATE = "[package]\nname = '{0}'\nversion = '1.0.0'\nedition = '2021'\n"
_MATURIN = {
    "common/Cargo.toml": _CRATE.format("common"),
    "common/src/lib.rs": "pub const VALUE: i64 = 1;\n",
    "project/pyproject.toml": '[build-system]\nrequires = ["maturin>=1.4"]\n'
    f'build-backend = "maturin"\n{_PROJECT}[tool.maturin]\nbindings = "cffi"\n',
    "project/Cargo.toml": f"{_CRATE.format('demo')}[lib]\ncrate-type = ['cdylib']\n"
    "[dependencies]\ncommon = { path = '../common' }\n",
    "project/src/lib.rs": '#[no_mangle]\npub extern "C" fn value() -> i64 { common::VALUE }\n',
}
_IMPORT = "import demo; print(demo.VALUE)"
_CALL = "from demo import lib; print(lib.value())"
CASES = [
    pytest.param(_SETUPTOOLS, _HEADER, _IMPORT, id="setuptools"),
    pytest.param(_SCIKIT_BUILD, _HEADER, _IMPORT, id="scikit-build", marks=pytest.mark.slow),
    pytest.param(_MESON, _HEADER, _IMPORT, id="meson-python", marks=pytest.mark.slow),
    pytest.param(_MATURIN, "common/src/lib.rs", _CALL, id="maturin", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("way", ["-e", "--no-editable"])
@pytest.mark.parametrize(("files", "outside", "code"), CASES)
def test_what_a_compiler_reads_beside_the_project_counts(
    files: dict[str, str], outside: str, code: str, way: str, tmp_path: Path
) -> None:
    if files is _MATURIN and shutil.which("cargo") is None:
        pytest.skip("there is no cargo")
    lay_tree(tmp_path, files)
    python = tmp_path / "venv/bin/python"

    def value_after_install() -> str:
        _trueup("install", "-q", "-p", str(python), way, str(tmp_path / "project"), *_cffi(files))
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    _trueup("venv", "-q", str(tmp_path / "venv"))
    assert value_after_install() == "1\n"
    assert _trueup("check", "-p", str(python), code=0).startswith("fresh")
    file = tmp_path / outside
    file.write_text(file.read_text().replace("1", "2"))
    assert os.path.basename(outside) in _trueup("check", "-p", str(python), code=1)
    assert value_after_install() == "2\n"
    assert _trueup("check", "-p", str(python), code=0).startswith("fresh")


def _cffi(files: dict[str, str]) -> tuple[str, ...]:
    return ("cffi",) if files is _MATURIN else ()


def _trueup(*arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "trueup", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_what_comes_to_a_folder_beside_the_project_that_a_wheel_takes_counts(
    tmp_path: Path,
) -> None:
    files = {
        "common/one.py": "ONE = 1\n",
        "project/demo/__init__.py": "",
        "project/pyproject.toml": '[build-system]\nrequires = ["hatchling"]\n'
        f'build-backend = "hatchling.build"\n{_PROJECT}'
        '[tool.hatch.build.targets.wheel.force-include]\n"../common" = "demo/common"\n',
    }
    lay_tree(tmp_path, files)
    python = tmp_path / "venv/bin/python"
    install = ["install", "-q", "-p", str(python), str(tmp_path / "project")]
    _trueup("venv", "-q", str(tmp_path / "venv"))
    _trueup(*install)
    assert _trueup("check", "-p", str(python), code=0).startswith("fresh")
    (tmp_path / "common/two.py").write_text("TWO = 2\n")
    assert str(tmp_path / "common") in _trueup("check", "-p", str(python), code=1)
    _trueup(*install)
    subprocess.run([python, "-c", "import demo.common.two"], check=True)
    assert _trueup("check", "-p", str(python), code=0).startswith("fresh")
