"""Real build backends, and the same project with tox's own runner and with trueup."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from support.laboratory import fetch_wheelhouse
from support.tox_projects import ToxProject

_HATCHLING = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "demo"
version = "1.0"
dependencies = ["iniconfig"]
[project.optional-dependencies]
more = ["packaging"]
[project.scripts]
demo-script = "demo:main"
[tool.hatch.build.targets.wheel]
packages = ["src/demo"]
"""

_SETUPTOOLS = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "demo"
version = "1.0"
dynamic = ["dependencies", "optional-dependencies"]
[project.scripts]
demo-script = "demo:main"
[tool.setuptools]
package-dir = { "" = "src" }
[tool.setuptools.dynamic]
dependencies = { file = ["needs.txt"] }
optional-dependencies = { more = { file = ["more.txt"] } }
"""

_EXTENSION = """
from setuptools import Extension, setup
setup(ext_modules=[Extension("demo._speed", ["src/demo/_speed.c"])])
"""

_C = """
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_speed", NULL, -1, NULL};
PyMODINIT_FUNC PyInit__speed(void) {
    PyObject *made = PyModule_Create(&module);
    PyModule_AddIntConstant(made, "VALUE", NUMBER);
    return made;
}
"""

_CHECK = """
import demo, iniconfig, packaging, subprocess
assert subprocess.check_output(['demo-script'], text=True).strip() == 'main 1'
"""


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give wheels of real backends and what they need."""
    backends = ("hatchling", "editables", "pathspec", "pluggy", "trove-classifiers", "setuptools")
    needed = ("packaging", "iniconfig", "tomlkit")
    return fetch_wheelhouse(tmp_path_factory.mktemp("wheelhouse"), *backends, *needed)


@pytest.fixture
def real(project: ToxProject, wheelhouse: Path) -> ToxProject:
    """Give a project `demo` without a pyproject.toml, and real distributions to install."""
    project.wheels = wheelhouse
    project.write("src/demo/__init__.py", "VALUE = 1\ndef main(): print('main', VALUE)\n")
    project.write("needs.txt", "iniconfig\n")
    project.write("more.txt", "packaging\n")
    return project


_KINDS = [
    "wheel",
    pytest.param("editable", marks=pytest.mark.slow),
    pytest.param("sdist", marks=pytest.mark.slow),
    pytest.param("sdist-wheel", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("package", _KINDS)
@pytest.mark.parametrize("pyproject", [_HATCHLING, _SETUPTOOLS], ids=["hatchling", "setuptools"])
def test_a_project_is_installed_with_all_it_asks_for(
    real: ToxProject, pyproject: str, package: str
) -> None:
    real.write("pyproject.toml", pyproject)
    code = "; ".join(_CHECK.strip().splitlines())
    real.configure(code, package=package, extras="more")
    real.works("run")
    assert set(real.installed()) == {"demo", "iniconfig", "packaging"}
    second = real.works("run")
    if package in {"wheel", "editable"}:
        assert second.installs == []


@pytest.mark.parametrize("package", [pytest.param("wheel", marks=pytest.mark.slow), "editable"])
def test_a_c_extension_is_built_again_when_its_source_changes(
    real: ToxProject, package: str
) -> None:
    real.write("pyproject.toml", _SETUPTOOLS)
    real.write("setup.py", _EXTENSION)
    real.write("src/demo/_speed.c", _C.replace("NUMBER", "1"))
    real.configure("import demo._speed as s; print('value', s.VALUE)", package=package)
    assert "value 1" in real.works("run").out
    assert real.works("run").lines(f"build_{package}") == []
    real.write("src/demo/_speed.c", _C.replace("NUMBER", "2"))
    second = real.works("run")
    assert "value 2" in second.out
    assert "src/demo/_speed.c" in next(
        line for line in second.out.splitlines() if "demo is built again" in line
    )


@pytest.mark.slow
def test_a_c_extension_that_was_deleted_from_the_tree_is_built_again(real: ToxProject) -> None:
    real.write("pyproject.toml", _SETUPTOOLS)
    real.write("setup.py", _EXTENSION)
    real.write("src/demo/_speed.c", _C.replace("NUMBER", "1"))
    real.configure("import demo._speed as s; print('value', s.VALUE)", package="editable")
    real.works("run")
    for library in (real.root / "src" / "demo").glob("_speed*.so"):
        library.unlink()
    assert "value 1" in real.works("run").out


@pytest.mark.slow
@pytest.mark.parametrize("package", ["wheel", "editable", "sdist", "sdist-wheel"])
@pytest.mark.parametrize("pyproject", [_HATCHLING, _SETUPTOOLS], ids=["hatchling", "setuptools"])
def test_the_runner_of_tox_itself_gives_the_same(
    real: ToxProject, tmp_path: Path, pyproject: str, package: str
) -> None:
    real.write("pyproject.toml", pyproject)
    other = dataclasses.replace(real, root=tmp_path / "other")
    for name in ("pyproject.toml", "src/demo/__init__.py", "needs.txt", "more.txt"):
        other.write(name, (real.root / name).read_text())
    code = "; ".join(_CHECK.strip().splitlines())
    for each, runner in ((real, "trueup"), (other, "virtualenv")):
        each.configure(code, package=package, extras="more", runner=runner)
        each.works("run")
    assert real.installed() == other.installed()
