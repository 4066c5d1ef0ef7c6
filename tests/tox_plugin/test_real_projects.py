"""Real build backends, and the same project with tox's own runner and with trueup."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest
from support.editable_projects import ALL, Template
from support.laboratory import fetch_wheelhouse, find_uv
from support.nox_reports import report_variables
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


_NATIVE_SOURCED = Template(
    "innate",
    '"setuptools>=77"',
    "setuptools.build_meta",
    settings='[[tool.setuptools.ext-modules]]\nname = "innate._native"\n'
    'sources = ["src/innate/native.c"]\n',
    files={"src/innate/native.c": ALL["extended"].files["extended/native.c"]},
)
_KINDS_OF_PROJECT = {
    each.name: each
    for each in (
        *(ALL[name] for name in ("hatched", "flatly", "scmed", "flitted", "pathed", "poetic")),
        *(ALL[name] for name in ("rusty", "extended")),
        _NATIVE_SOURCED,
    )
}
_NATIVE_CHECK = {"extended": "._native", "innate": "._native"}
_ASK = """
import importlib, importlib.metadata, json, subprocess, sys
module = importlib.import_module(sys.argv[1])
module.main()
importlib.import_module(sys.argv[1] + (sys.argv[2] if len(sys.argv) > 2 else ""))
subprocess.run([sys.argv[1] + "-run"], check=True)
found = {one.metadata["Name"].lower(): one.version for one in importlib.metadata.distributions()}
for seed in ("pip", "setuptools", "wheel"):
    found.pop(seed, None)
print("HOLDS", json.dumps(found, sort_keys=True))
sys.exit(3)
"""


def _outcome(
    tox: tuple[str, ...], root: Path, runner: str, package: str, *, name: str, deps: str = ""
) -> tuple[int, str]:
    """Return tox's exit code and what the environment held when its command ran."""
    (root.parent / "ask.py").write_text(_ASK)  # beside: a flat project would shadow itself
    (root / "tox.ini").write_text(
        f"[tox]\nenv_list = a\nwork_dir = {{tox_root}}/../.tox-{runner}-{package}\n"
        f"[testenv]\nrunner = {runner}\npackage = {package}\nextras = more\ndeps = {deps}\n"
        f"commands = python {{tox_root}}/../ask.py {name} {_NATIVE_CHECK.get(name, '')}\n"
    )
    variables = report_variables(root.parent / "caches", TOX_UV_PATH=find_uv())
    done = subprocess.run(
        [*tox, "run", "-e", "a"],
        cwd=root,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    held = [line for line in done.stdout.splitlines() if line.startswith("HOLDS ")]
    return done.returncode, held[-1] if held else done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("package", ["wheel", "editable"])
@pytest.mark.parametrize("name", sorted(_KINDS_OF_PROJECT))
def test_all_runners_give_the_same(
    name: str, package: str, tmp_path: Path, tox_beside_uv: tuple[str, ...]
) -> None:
    if name == "rusty" and shutil.which("cargo") is None:
        pytest.skip("there is no cargo on this machine")
    root = _KINDS_OF_PROJECT[name].write(tmp_path / "project")
    seen = {
        runner: _outcome(tox_beside_uv, root, runner, package, name=name)
        for runner in ("virtualenv", "uv-venv-runner", "trueup")
    }
    code, held = seen["trueup"]
    assert code == 3, held
    assert '"iniconfig"' in held
    assert seen == dict.fromkeys(seen, (code, held))


@pytest.mark.slow
@pytest.mark.parametrize("package", ["wheel", "editable"])
def test_all_runners_give_the_same_for_a_workspace(
    package: str, tmp_path: Path, tox_beside_uv: tuple[str, ...]
) -> None:
    root = ALL["hatched"].write(tmp_path / "project")
    ALL["flitted"].write(root / "packages" / "flitted")
    path = root / "pyproject.toml"
    text = path.read_text().replace('["iniconfig>=1"]', '["iniconfig>=1", "flitted"]')
    sources = "[tool.uv.sources]\nflitted = { workspace = true }\n"
    path.write_text(f'{text}\n[tool.uv.workspace]\nmembers = ["packages/*"]\n{sources}')
    deps = "-e ./packages/flitted"
    seen = {
        runner: _outcome(tox_beside_uv, root, runner, package, name="hatched", deps=deps)
        for runner in ("virtualenv", "uv-venv-runner", "trueup")
    }
    code, held = seen["trueup"]
    assert code == 3, held
    assert '"flitted"' in held
    assert seen == dict.fromkeys(seen, (code, held))
