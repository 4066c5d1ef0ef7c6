"""One small project for each way an editable can be made, each built by its real backend."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_MODULE = "def main():\n    pass\n"
_C = """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", 0, -1, 0};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
"""
_CMAKE = """\
cmake_minimum_required(VERSION 3.15)
project(${SKBUILD_PROJECT_NAME} LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_native MODULE src/native.c WITH_SOABI)
"""
_INPLACE = (
    "set_target_properties(_native PROPERTIES "
    "LIBRARY_OUTPUT_DIRECTORY ${CMAKE_SOURCE_DIR}/src/skin)\n"
)
_MESON = """\
project('mesonic', 'c', version: '1.0')
py = import('python').find_installation(pure: false)
py.install_sources('mesonic/__init__.py', 'mesonic/extra.py', subdir: 'mesonic')
py.extension_module('_native', 'mesonic/native.c', install: true, subdir: 'mesonic')
"""
_CARGO = """\
[package]
name = "rusty"
version = "1.0.0"
edition = "2021"
[lib]
name = "_native"
crate-type = ["cdylib"]
"""


@dataclass(frozen=True)
class Template:
    """What a project is made of, and how it is installed."""

    name: str
    requires: str
    backend: str
    package: str = "src"
    files: dict[str, str] = field(default_factory=dict)
    settings: str = ""
    options: tuple[str, ...] = ()
    dynamic: bool = False

    @property
    def native(self) -> bool:
        return any(path.endswith((".c", ".rs")) for path in self.files)

    def metadata(self) -> str:
        version = 'dynamic = ["version"]' if self.dynamic else 'version = "1.0"'
        return f"""\
[build-system]
requires = [{self.requires}]
build-backend = "{self.backend}"

[project]
name = "{self.name}"
{version}
description = "A small thing"
readme = "README.md"
requires-python = ">=3.8"
dependencies = ["iniconfig>=1"]
[project.optional-dependencies]
more = ["packaging; python_version >= '3.8'"]
[project.scripts]
{self.name}-run = "{self.name}:main"
{self.settings}"""

    def write(self, folder: Path) -> Path:
        content = {
            "pyproject.toml": self.metadata(),
            "README.md": "# A small thing\n\nIt does little.\n",
            "LICENSE": "Do as you please.\n",
            "tests/test_it.py": "",
            f"{self.package}/{self.name}/__init__.py": _MODULE,
            f"{self.package}/{self.name}/extra.py": "EXTRA = 1\n",
            **self.files,
        }
        for path, text in content.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        if self.dynamic:
            run_git(folder, "init", "-q")
            (folder / ".gitignore").write_text("*.egg-info\n_version.py\n__pycache__\n")
            run_git(folder, "add", "-A")
            run_git(folder, "commit", "-q", "-m", "all")
            run_git(folder, "tag", "v1.0")
        return folder


def run_git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, with no settings of the person who runs the tests."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    variables |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    done = subprocess.run(
        ["git", *who, "-C", str(folder), *arguments],
        capture_output=True, text=True, check=True, env=variables,
    )  # fmt: skip
    return done.stdout


_SETUPTOOLS = ('"setuptools>=77"', "setuptools.build_meta")
_STRICT = ("--config-settings", "editable_mode=strict")
_COMPAT = ("--config-settings", "editable_mode=compat")
_EXTENSION = (
    '[[tool.setuptools.ext-modules]]\nname = "extended._native"\nsources = ["extended/native.c"]\n'
)

PURE = {
    each.name: each
    for each in (
        Template("sourced", *_SETUPTOOLS),
        Template("flatly", *_SETUPTOOLS, package="."),
        Template("strictly", *_SETUPTOOLS, options=_STRICT),
        Template("compatibly", *_SETUPTOOLS, options=_COMPAT),
        Template("hatched", '"hatchling"', "hatchling.build"),
        Template(
            "exactly", '"hatchling"', "hatchling.build",
            settings="[tool.hatch.build]\ndev-mode-exact = true\n",
        ),
        Template("flitted", '"flit_core>=3.4"', "flit_core.buildapi"),
        Template("pathed", '"pdm-backend"', "pdm.backend"),
        Template(
            "hooked", '"pdm-backend"', "pdm.backend",
            settings='[tool.pdm.build]\neditable-backend = "editables"\n',
        ),
        Template("poetic", '"poetry-core>=2"', "poetry.core.masonry.api"),
        Template("ultra", '"uv_build"', "uv_build"),
    )
}  # fmt: skip
VERSIONED = {
    each.name: each
    for each in (
        Template(
            "scmed", '"setuptools", "setuptools-scm"', "setuptools.build_meta", dynamic=True,
            settings='[tool.setuptools_scm]\nversion_file = "src/scmed/_version.py"\n',
        ),
        Template(
            "tagged", '"hatchling", "hatch-vcs"', "hatchling.build", dynamic=True,
            settings='[tool.hatch.version]\nsource = "vcs"\n',
        ),
        Template(
            "stamped", '"pdm-backend"', "pdm.backend", dynamic=True,
            settings='[tool.pdm.version]\nsource = "scm"\n',
        ),
    )
}  # fmt: skip
NATIVE = {
    each.name: each
    for each in (
        Template(
            "extended", *_SETUPTOOLS, package=".", settings=_EXTENSION,
            files={"extended/native.c": _C},
        ),
        Template(
            "redirected", '"scikit-build-core"', "scikit_build_core.build",
            files={
                "src/native.c": _C,
                "CMakeLists.txt": _CMAKE + "install(TARGETS _native DESTINATION redirected)\n",
            },
        ),
        Template(
            "skin", '"scikit-build-core"', "scikit_build_core.build",
            settings='[tool.scikit-build]\neditable.mode = "inplace"\n',
            files={"src/native.c": _C, "CMakeLists.txt": _CMAKE + _INPLACE},
        ),
        Template(
            "mesonic", '"meson-python"', "mesonpy", package=".",
            files={"mesonic/native.c": _C, "meson.build": _MESON},
        ),
        Template(
            "rusty", '"maturin"', "maturin", package="python",
            settings="""[tool.maturin]
module-name = "rusty._native"
python-source = "python"
bindings = "cffi"
""",
            files={
                "Cargo.toml": _CARGO,
                "src/lib.rs": '#[no_mangle]\npub extern "C" fn one() -> i32 { 1 }\n',
            },
        ),
    )
}  # fmt: skip
ALL = {**PURE, **VERSIONED, **NATIVE}


def uv_program() -> str:
    """Return the path of uv."""
    beside = os.path.join(sysconfig.get_path("scripts"), "uv")
    found = beside if os.path.exists(beside) else shutil.which("uv")
    assert found, "these tests need uv"
    return found


def make_environment(folder: Path, python: str) -> Path:
    """Make an empty virtual environment."""
    subprocess.run([uv_program(), "venv", "-q", "--python", python, str(folder)], check=True)
    return folder


def copy_installed(original: Path, folder: Path) -> Path:
    """Copy a project with its editable in `.venv`; the editable of the copy leads to the copy."""
    shutil.copytree(original, folder, symlinks=True)
    (library,) = folder.glob(".venv/lib/python*/site-packages")
    for path in (*library.glob("*.pth"), *library.glob("*/direct_url.json")):
        path.write_text(path.read_text().replace(str(original), str(folder)))
    return folder


def install_editable(
    environment: Path, projects: Sequence[Path], options: Sequence[str] = (), *, by: str = "uv"
) -> None:
    """Install projects as editables, each with the same options."""
    python = environment / "bin" / "python"
    wanted = [part for project in projects for part in ("-e", str(project))]
    if by == "uv":
        command = [uv_program(), "pip", "install", "-q", "--python", str(python), *options, *wanted]
    else:
        command = [str(python), "-m", "pip", "install", "-q", *options, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
