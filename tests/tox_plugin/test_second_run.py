"""A second run with nothing changed loads nothing and starts nothing; any change is still seen."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from support.tox_projects import ToxProject, workspace, write_lock

# What tox itself starts in a run: the commands, and Pythons that virtualenv asks about themselves.
_RECORDER = """
import sys
from tox.plugin import impl

def _note(event, arguments):
    if event == "subprocess.Popen":
        with open("../started.txt", "a") as file:
            file.write(f"{arguments[1]!r}\\n")

sys.addaudithook(_note)

@impl
def tox_env_teardown(tox_env):
    core = [name for name in sys.modules if name.startswith(("trueup.api.", "trueup.install"))]
    with open("../loaded.txt", "a") as file:
        file.write(" ".join(sorted(set(core) - {"trueup.api.build_wish"})) + "\\n")
"""


def _record(project: ToxProject) -> None:
    project.write("toxfile.py", _RECORDER)
    project.works("run")
    for name in ("started.txt", "loaded.txt"):
        (project.root.parent / name).unlink(missing_ok=True)


def _started(project: ToxProject) -> list[str]:
    lines = (project.root.parent / "started.txt").read_text().splitlines()
    return [line for line in lines if "'-c'" not in line]


def _loaded(project: ToxProject) -> set[str]:
    return {*(project.root.parent / "loaded.txt").read_text().split()}


@pytest.mark.parametrize("package", ["wheel", pytest.param("editable", marks=pytest.mark.slow)])
def test_nothing_is_started_and_the_core_is_not_loaded(both: ToxProject, package: str) -> None:
    both.python_project('requires = ["gamma<2"]')
    both.configure("import demo, alpha", package=package, deps="\nalpha\n./lib")
    both.write("lib/pyproject.toml", (both.root / "pyproject.toml").read_text())
    both.write("lib/backend.py", (both.root / "backend.py").read_text())
    backend = '[tool.backend]\nname = "lib"\n'
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    both.write("lib/pyproject.toml", system + backend)
    both.write("lib/src/lib/__init__.py", "VALUE = 1\n")
    _record(both)
    both.works("run")
    assert _started(both) == []
    assert _loaded(both) == set()


@pytest.mark.slow
def test_a_lock_costs_nothing_either(either: ToxProject) -> None:
    workspace(either)
    write_lock(either)
    either.configure("import demo, lib", runner="trueup-lock", package="wheel")
    _record(either)
    either.works("run")
    assert _started(either) == []
    assert _loaded(either) == set()
    either.write("packages/other/pyproject.toml", '[project]\nname = "other"\nversion = "1"\n')
    assert "needs to be updated" in either.run("run").out


def _edit_keeping_times(project: ToxProject) -> None:
    path = project.root / "src" / "demo" / "__init__.py"
    before = path.stat()
    path.write_text("VALUE = 2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _edit_installed(project: ToxProject) -> None:
    path = project.site() / "demo" / "__init__.py"
    before = path.stat()
    path.write_text("VALUE = 3\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _delete_installed(project: ToxProject) -> None:
    (project.site() / "demo" / "__init__.py").unlink()


def _replace_by_another(project: ToxProject) -> None:
    wheel = project.wheel("demo", "9.0", files={"demo/__init__.py": "VALUE = 9\n"})
    project.configure("import demo; print('value', demo.VALUE)", deps=str(wheel), package="wheel")


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (_edit_keeping_times, 2),
        (_edit_installed, 1),
        pytest.param(_delete_installed, 1, marks=pytest.mark.slow),
        pytest.param(_replace_by_another, 1, marks=pytest.mark.slow),
    ],
)
def test_a_change_is_seen_by_a_run_that_remembers(
    project: ToxProject, change: Callable[[ToxProject], None], value: int
) -> None:
    project.python_project()
    project.configure("import demo; print('value', demo.VALUE)", package="wheel")
    project.works("run")
    project.works("run")
    change(project)
    ran = project.works("run")
    assert f"value {value}" in ran.out
    assert f"value {value}" in project.works("run").out


@pytest.mark.slow
def test_what_the_commands_do_to_the_project_is_seen_by_the_next_run(project: ToxProject) -> None:
    project.python_project()
    code = "import demo, pathlib; print('value', demo.VALUE);"
    code += "pathlib.Path('src/demo/__init__.py').write_text(f'VALUE = {demo.VALUE + 1}')"
    project.configure(code, package="wheel")
    for value in (1, 2, 3):
        assert f"value {value}" in project.works("run").out


@pytest.mark.slow
def test_what_a_test_run_leaves_beside_the_project_changes_nothing(project: ToxProject) -> None:
    project.python_project()
    project.configure("import demo, os; os.mkdir('.pytest_cache')", package="wheel")
    _record(project)
    os.rmdir(project.root / ".pytest_cache")
    assert project.works("run").installs == []
    assert _loaded(project) == set()


@pytest.mark.slow
def test_a_variable_of_the_packaging_environment_counts(project: ToxProject) -> None:
    project.python_project()
    told = "[testenv:.pkg]\nset_env = MOOD="
    project.configure("import demo", package="wheel", more=f"{told}good\n")
    project.works("run")
    project.configure("import demo", package="wheel", more=f"{told}bad\n")
    project.works("run")
    assert project.calls == ["build_wheel", "build_wheel"]
