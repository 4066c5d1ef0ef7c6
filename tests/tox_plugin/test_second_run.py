"""A second run with nothing changed loads nothing and starts nothing; any change is still seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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
    core += [name for name in sys.modules if name == "trueup.freshness.verdict"]
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


def _judges(project: ToxProject) -> bool:
    """Whether the last run judged the project, and did not know it by looks."""
    lines = (project.root.parent / "loaded.txt").read_text().splitlines()
    return "trueup.freshness.verdict" in lines[-1]


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


@pytest.mark.parametrize("first", [(), ("-r",)], ids=["new", "made anew"])
def test_the_run_after_the_first_one_costs_nothing(
    project: ToxProject, first: tuple[str, ...]
) -> None:
    project.python_project('requires = ["gamma<2"]')
    project.configure("import demo, alpha", package="wheel", deps="alpha")
    _record(project)
    if first:
        project.works("run", *first)
    (project.root.parent / "loaded.txt").unlink(missing_ok=True)
    project.works("run")
    assert _loaded(project) == set()


def _git(project: ToxProject, *words: str) -> None:
    subprocess.run(["git", *words], cwd=project.root, env=project.environment, check=True)


def _runs_a_program(project: ToxProject) -> None:
    """Make a project whose backend starts a compiler."""
    project.python_project()
    backend = (project.root / "backend.py").read_text()
    said = 'import subprocess\nsubprocess.check_call(["gcc", "-fsyntax-only", "src/demo/a.c"])\n'
    hook = "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
    assert hook in backend
    called = "".join(f"    {line}\n" for line in said.splitlines())
    project.write("backend.py", backend.replace(hook, hook + called))
    project.write("src/demo/a.c", '#include "stddef.h"\n')
    _git(project, "init", "-q")
    _git(project, "add", "-A")


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="only Linux tells, and needs gcc"
)
def test_a_project_that_programs_build_is_known_by_looks_alone(project: ToxProject) -> None:
    _runs_a_program(project)
    project.configure("open('.coverage', 'w'); open('.coverage', 'a')", package="wheel")
    _record(project)
    (project.root / ".coverage").unlink()
    project.works("run")
    assert not _judges(project)
    assert _started(project) == []
    _git(project, "add", "-A")  # what git tracks now is what counts already, but has to be judged
    project.works("run")
    assert _judges(project)
    project.works("run")
    assert not _judges(project)
    before = len(project.calls)
    project.write("src/demo/stddef.h", "")
    project.works("run")
    assert len(project.calls) > before


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
    assert _loaded(project) <= {"trueup.freshness.verdict"}


@pytest.mark.slow
def test_a_variable_of_the_packaging_environment_counts(project: ToxProject) -> None:
    project.python_project()
    told = "[testenv:.pkg]\nset_env = MOOD="
    project.configure("import demo", package="wheel", more=f"{told}good\n")
    project.works("run")
    project.configure("import demo", package="wheel", more=f"{told}bad\n")
    project.works("run")
    assert project.calls == ["build_wheel", "build_wheel"]
