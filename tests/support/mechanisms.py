"""Small projects for each way in which a build backend lays down an editable or a wheel."""

from __future__ import annotations

from dataclasses import dataclass, field

_C = """#include <Python.h>
#include "value.h"
#ifndef MORE
#define MORE
#endif
static PyObject *value(PyObject *self, PyObject *args) { return PyLong_FromLong(VALUE MORE); }
static PyMethodDef methods[] = {{"value", value, METH_NOARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", 0, -1, methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
"""


@dataclass(frozen=True)
class Mechanism:
    """A project, and what its backend is told.

    `package` is the folder of its import package; `files` its files; `settings` config settings;
    `git` whether it is a repository; `tracked` whether its generated files are ignored by git.
    """

    files: dict[str, str]
    package: str = "src/demo"
    settings: tuple[tuple[str, str], ...] = ()
    git: bool = False
    needs: tuple[str, ...] = ()
    generated: str = ""
    native: str = ""
    extra: dict[str, str] = field(default_factory=dict)


def _project(requires: str, backend: str, more: str = "", *, dynamic: bool = False) -> str:
    version = 'dynamic = ["version"]' if dynamic else 'version = "1.0"'
    names = ", ".join(f'"{one}"' for one in requires.split())
    return (
        f'[build-system]\nrequires = [{names}]\nbuild-backend = "{backend}"\n'
        f'[project]\nname = "demo"\n{version}\ndescription = "A demo"\nreadme = "README.md"\n'
        'requires-python = ">=3.8"\ndependencies = []\n'
        "[project.optional-dependencies]\nmore = []\n"
        '[project.scripts]\ndemo = "demo:main"\n'
        f"[tool.ruff]\nline-length = 100\n{more}"
    )


_IGNORED = ["*.so", "__pycache__/", "build/", "*.egg-info/", "_generated.py", "_version.py"]
_IGNORED += ["target/", ".pdm-build/", "src/demo/_native.c", ""]


def _files(pyproject: str, package: str = "src/demo") -> dict[str, str]:
    return {
        "pyproject.toml": pyproject,
        "README.md": "# demo\n",
        "LICENSE": "Do as you like.\n",
        ".gitignore": "\n".join(_IGNORED),
        f"{package}/__init__.py": '"""A demo."""\n\ndef main():\n    return 1\n',
        f"{package}/module.py": "VALUE = 1\n",
        f"{package}/sub/__init__.py": "",
        f"{package}/sub/deep.py": "DEEP = 1\n",
        f"{package}/data.txt": "data\n",
        "tests/test_demo.py": "def test(): pass\n",
        "docs/index.md": "# docs\n",
    }


_SETUPTOOLS = _project("setuptools", "setuptools.build_meta")
_PACKAGE_DATA = '[tool.setuptools.package-data]\n"*" = ["*.txt"]\n'
_SETUP_C = (
    "from setuptools import Extension, setup\n"
    'setup(ext_modules=[Extension("demo._native", ["src/native/native.c"])])\n'
)
_SETUP_GENERATES = """import pathlib
from setuptools import setup
from setuptools.command.build_py import build_py
here = pathlib.Path(__file__).parent
template = "# made\\n" + (here / "template.in").read_text()
target = here / "src" / "demo" / "_generated.py"
if not target.exists() or target.read_text() != template:
    target.write_text(template)
setup()
"""
_HATCH_HOOK = """import os, pathlib
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        root = pathlib.Path(self.root)
        text = (root / "template.in").read_text() + f"MODE = {os.environ.get('DEMO_MODE')!r}\\n"
        (root / "src/demo/_generated.py").write_text(text)
        build_data["artifacts"].append("src/demo/_generated.py")
"""
_PDM_SCRIPT = """import os, pathlib
def pdm_build_update_files(context, files):
    root = pathlib.Path(context.root)
    target = root / "src/demo/_generated.py"
    mode = f"MODE = {os.environ.get('DEMO_MODE')!r}\\n"
    target.write_text((root / "template.in").read_text() + mode)
    name = "demo/_generated.py" if context.target != "editable" else "src/demo/_generated.py"
    files[name] = target
"""
_POETRY_SCRIPT = """import os, pathlib
here = pathlib.Path(__file__).parent
text = (here / "template.in").read_text() + f"MODE = {os.environ.get('DEMO_MODE')!r}\\n"
(here / "src/demo/_generated.py").write_text(text)
"""
_POETRY = """
[tool.poetry]
packages = [{ include = "demo", from = "src" }]
include = [{ path = "src/demo/_generated.py", format = ["wheel"] }]
[tool.poetry.build]
script = "build_demo.py"
generate-setup-file = false
"""
_CMAKE = """cmake_minimum_required(VERSION 3.15)
project(demo C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_native MODULE src/native/native.c WITH_SOABI)
install(TARGETS _native DESTINATION demo)
"""
_CMAKE_INPLACE = """set_target_properties(
  _native PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_SOURCE_DIR}/src/demo)
"""
_MESON = """project('demo', 'c', version: '1.0')
py = import('python').find_installation(pure: false)
py.extension_module('_native', 'src/native/native.c', subdir: 'demo', install: true)
py.install_sources(
  'src/demo/__init__.py', 'src/demo/module.py', 'src/demo/data.txt', subdir: 'demo')
py.install_sources('src/demo/sub/__init__.py', 'src/demo/sub/deep.py', subdir: 'demo/sub')
"""
_CARGO = """[package]
name = "demo"
version = "1.0.0"
edition = "2021"
[lib]
name = "_native"
crate-type = ["cdylib"]
"""
_CYTHON = """include "value.pxi"
def value():
    return _value()
"""
_SETUP_CYTHON = (
    "from Cython.Build import cythonize\n"
    "from setuptools import Extension, setup\n"
    'setup(ext_modules=cythonize([Extension("demo._native", ["src/demo/_native.pyx"])]))\n'
)
_SETUP_CFG = """[metadata]
name = demo
version = 1.0
description = A demo
long_description = file: README.md
[options]
packages = find:
package_dir =
    =src
python_requires = >=3.8
include_package_data = True
[options.packages.find]
where = src
[options.extras_require]
more = packaging
[options.entry_points]
console_scripts =
    demo = demo:main
"""
_RUST = """include!("value.rs");
#[no_mangle]
pub extern "C" fn demo_value() -> i64 { VALUE }
#[no_mangle]
pub extern "C" fn PyInit__native() -> *mut u8 { core::ptr::null_mut() }
"""
_NATIVE = {"src/native/native.c": _C, "src/native/value.h": "#define VALUE 1\n"}
_SETUPTOOLS_DATA = _files(_SETUPTOOLS + _PACKAGE_DATA)

MECHANISMS: dict[str, Mechanism] = {
    "setuptools-src": Mechanism(_SETUPTOOLS_DATA),
    "setuptools-flat": Mechanism(
        _files(
            _SETUPTOOLS + _PACKAGE_DATA + '[tool.setuptools]\npackages = ["demo", "demo.sub"]\n',
            "demo",
        ),
        "demo",
    ),
    "setuptools-auto": Mechanism(_files(_SETUPTOOLS, "demo"), "demo"),
    "setuptools-find": Mechanism(
        _files(
            _SETUPTOOLS + '[tool.setuptools.packages.find]\ninclude = ["demo*", "more*"]\n', "demo"
        ),
        "demo",
    ),
    "setuptools-compat": Mechanism(_SETUPTOOLS_DATA, settings=(("editable_mode", "compat"),)),
    "setuptools-strict": Mechanism(_SETUPTOOLS_DATA, settings=(("editable_mode", "strict"),)),
    "setuptools-attr": Mechanism(
        {
            **_files(
                _project("setuptools", "setuptools.build_meta", dynamic=True)
                + '[tool.setuptools.dynamic]\nversion = {attr = "demo.module.VERSION"}\n'
            ),
            "src/demo/module.py": 'VERSION = "1.0"\nVALUE = 1\n\ndef f():\n    return 1\n',
        }
    ),
    "setuptools-c": Mechanism(
        {**_SETUPTOOLS_DATA, "setup.py": _SETUP_C, **_NATIVE}, native="src/native/native.c"
    ),
    "setuptools-cython": Mechanism(
        {
            **_files(_project("setuptools Cython", "setuptools.build_meta") + _PACKAGE_DATA),
            "setup.py": _SETUP_CYTHON,
            "src/demo/_native.pyx": _CYTHON,
            "src/demo/value.pxi": "cdef int _value():\n    return 1\n",
        },
        native="src/demo/_native.pyx",
        needs=("gcc",),
    ),
    # No pyproject.toml: setuptools' legacy backend, and MANIFEST.in says which data goes along.
    "setuptools-legacy": Mechanism(
        {
            **{name: text for name, text in _SETUPTOOLS_DATA.items() if name != "pyproject.toml"},
            "setup.py": "from setuptools import setup\nsetup()\n",
            "setup.cfg": _SETUP_CFG,
            "MANIFEST.in": "include src/demo/data.txt\n",
        }
    ),
    # The oldest line that can make an editable (PEP 660); it heeds less of what it is told.
    "setuptools-64": Mechanism(
        _files(_project("setuptools==64.0.3 wheel", "setuptools.build_meta") + _PACKAGE_DATA)
    ),
    "setuptools-generates": Mechanism(
        {**_SETUPTOOLS_DATA, "setup.py": _SETUP_GENERATES, "template.in": "X = 1\n"},
        generated="src/demo/_generated.py",
    ),
    "setuptools-scm": Mechanism(
        _files(
            _project("setuptools setuptools-scm", "setuptools.build_meta", dynamic=True)
            + '[tool.setuptools_scm]\nversion_file = "src/demo/_version.py"\n'
        ),
        git=True,
        generated="src/demo/_version.py",
    ),
    "hatchling": Mechanism(_files(_project("hatchling", "hatchling.build"))),
    "hatchling-exact": Mechanism(
        _files(
            _project("hatchling", "hatchling.build") + "[tool.hatch.build]\ndev-mode-exact = true\n"
        )
    ),
    "hatchling-forced": Mechanism(
        {
            **_files(
                _project("hatchling", "hatchling.build")
                + '[tool.hatch.build.targets.wheel]\npackages = ["src/demo"]\n'
                "[tool.hatch.build.targets.wheel.force-include]\n"
                '"extra/forced.py" = "demo_forced.py"\n'
            ),
            "extra/forced.py": "FORCED = 1\n",
        }
    ),
    "hatchling-version": Mechanism(
        {
            **_files(
                _project("hatchling", "hatchling.build", dynamic=True)
                + '[tool.hatch.version]\npath = "src/demo/module.py"\n'
            ),
            "src/demo/module.py": '__version__ = "1.0"\nVALUE = 1\n\ndef f():\n    return 1\n',
        }
    ),
    "hatchling-hook": Mechanism(
        {
            **_files(
                _project("hatchling", "hatchling.build") + "[tool.hatch.build.hooks.custom]\n"
            ),
            "hatch_build.py": _HATCH_HOOK,
            "template.in": "X = 1\n",
        },
        generated="src/demo/_generated.py",
    ),
    "hatch-vcs": Mechanism(
        _files(
            _project("hatchling hatch-vcs", "hatchling.build", dynamic=True)
            + '[tool.hatch.version]\nsource = "vcs"\n'
            '[tool.hatch.build.hooks.vcs]\nversion-file = "src/demo/_version.py"\n'
        ),
        git=True,
        generated="src/demo/_version.py",
    ),
    "flit": Mechanism(_files(_project("flit_core", "flit_core.buildapi"))),
    "flit-dynamic": Mechanism(
        {
            **_files(_project("flit_core", "flit_core.buildapi", dynamic=True)),
            "src/demo/__init__.py": '"""A demo."""\n__version__ = "1.0"\n\n'
            "def main():\n    return 1\n",
        }
    ),
    "pdm": Mechanism(_files(_project("pdm-backend", "pdm.backend"))),
    "pdm-script": Mechanism(
        {
            **_files(_project("pdm-backend", "pdm.backend")),
            "pdm_build.py": _PDM_SCRIPT,
            "template.in": "X = 1\n",
        },
        generated="src/demo/_generated.py",
    ),
    "pdm-editables": Mechanism(
        _files(
            _project("pdm-backend", "pdm.backend")
            + '[tool.pdm.build]\neditable-backend = "editables"\n'
        )
    ),
    "poetry": Mechanism(_files(_project("poetry-core", "poetry.core.masonry.api"))),
    "poetry-script": Mechanism(
        {
            **_files(_project("poetry-core", "poetry.core.masonry.api") + _POETRY),
            "build_demo.py": _POETRY_SCRIPT,
            "template.in": "X = 1\n",
        },
        generated="src/demo/_generated.py",
    ),
    "uv-build": Mechanism(_files(_project("uv_build", "uv_build"))),
    "scikit-build": Mechanism(
        {
            **_files(_project("scikit-build-core", "scikit_build_core.build")),
            "CMakeLists.txt": _CMAKE,
            **_NATIVE,
        },
        native="src/native/native.c",
        needs=("cmake", "gcc"),
    ),
    "scikit-build-inplace": Mechanism(
        {
            **_files(
                _project("scikit-build-core", "scikit_build_core.build")
                + '[tool.scikit-build]\neditable.mode = "inplace"\n'
            ),
            "CMakeLists.txt": _CMAKE + _CMAKE_INPLACE,
            **_NATIVE,
        },
        native="src/native/native.c",
        needs=("cmake", "gcc"),
    ),
    "meson-python": Mechanism(
        {**_files(_project("meson-python", "mesonpy")), "meson.build": _MESON, **_NATIVE},
        native="src/native/native.c",
        needs=("gcc", "ninja"),
        git=True,
    ),
    "maturin": Mechanism(
        {
            **_files(
                _project("maturin", "maturin") + '[tool.maturin]\npython-source = "python"\n'
                'module-name = "demo._native"\nbindings = "cffi"\n',
                "python/demo",
            ),
            "Cargo.toml": _CARGO,
            "Cargo.lock": 'version = 3\n[[package]]\nname = "demo"\nversion = "1.0.0"\n',
            "src/lib.rs": _RUST,
            "src/value.rs": "const VALUE: i64 = 1;\n",
        },
        "python/demo",
        native="src/lib.rs",
        needs=("cargo",),
    ),
}

_OWN = """
import base64, hashlib, os, subprocess, zipfile

def _files():
    for folder, folders, names in os.walk("pkg"):
        folders[:] = sorted(one for one in folders if one != "__pycache__")
        for name in sorted(names):
            if name.endswith((".py", ".txt")):
                yield os.path.join(folder, name)

def _build(wheel_directory, editable):
    version = "1.0"
    if os.path.exists("version.txt"):
        version = "2.0+" + str(sum(open("version.txt", "rb").read()))
    tag = subprocess.run(["git", "tag", "--list"], capture_output=True, text=True).stdout
    if os.path.exists("describe.txt"):
        asked = ["git", "describe", "--tags", "--always", "--dirty"]
        tag += subprocess.run(asked, capture_output=True, text=True).stdout
    with open("pkg/generated.py", "w") as file:
        file.write("TAGS = %r\\nMODE = %r\\n" % (tag, os.environ.get("PKG_MODE")))
    name = f"pkg-{version}-py3-none-any.whl"
    info = f"pkg-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        if editable:
            wheel.writestr("pkg.pth", os.getcwd() + "\\n")
        else:
            for path in _files():
                wheel.write(path, path.replace(os.sep, "/"))
        head = "Metadata-Version: 2.1\\nName: pkg\\n"
        wheel.writestr(f"{info}/METADATA", f"{head}Version: {version}\\n")
        head = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n"
        wheel.writestr(f"{info}/WHEEL", f"{head}Tag: py3-none-any\\n")
        rows = ""
        for one in wheel.namelist():
            digest = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(one)).digest())
            rows += f"{one},sha256={digest.decode().rstrip('=')},{len(wheel.read(one))}\\n"
        wheel.writestr(f"{info}/RECORD", rows + f"{info}/RECORD,,\\n")
    return name

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _build(wheel_directory, False)

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _build(wheel_directory, True)
"""
OWN_BACKEND = Mechanism(
    {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n',
        "backend.py": _OWN,
        ".gitignore": "pkg/generated.py\n__pycache__/\n",
        "pkg/__init__.py": "",
        "pkg/a.py": "A = 1\n",
        "pkg/sub/b.py": "B = 1\n",
        "pkg/data.txt": "data",
        "notes.md": "notes",
    },
    "pkg",
    git=True,
)
