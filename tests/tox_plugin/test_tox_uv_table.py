"""What tox-uv can do, row by row, and what it cannot: docs/tox.md has the table.

Rows that other files of this folder test are named in the table; here are the rest, and the check
that every test which the table names is there.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from support.interpreters import need_python
from support.laboratory import find_uv
from support.tox_projects import ToxProject, expect

_HERE = Path(__file__).resolve().parent
_TABLE = _HERE.parents[1] / "docs" / "tox.md"
_SCRIPT = (
    '# /// script\n# dependencies = ["beta"]\n# ///\nimport beta\nprint("ran", beta.VERSION)\n'
)


def test_every_row_of_the_table_has_its_test() -> None:
    rows = re.findall(
        r"^\| (\S+) \| .* \| (\S+\.py)::(test_\w+) \|$", _TABLE.read_text(), re.MULTILINE
    )
    assert [number for number, _, _ in rows if number != "-"] == [str(n) for n in range(1, 25)]
    assert len(rows) >= 24 + 9
    for _, file, test in rows:
        tree = ast.parse((_HERE / file).read_text())
        functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))
        (found,) = (one for one in functions if one.name == test)
        # Fixtures that give the newest and the oldest tox.
        assert {"both", "either", "locked"} & {each.arg for each in found.args.args}, test


@pytest.mark.slow
def test_uv_is_found_where_a_variable_says(either: ToxProject, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "uv").symlink_to(find_uv())
    either.settings["TOX_UV_PATH"] = str(folder / "uv")
    either.configure("import shutil; print('uv is', shutil.which('uv'))", deps="alpha")
    ran = either.works("run")
    assert f"uv is {folder / 'uv'}" in ran.out or "uv is /" in ran.out
    expect(either.installed(), alpha="1.0", beta="1.0")


@pytest.mark.slow
def test_uv_itself_can_be_a_command_and_takes_the_environment(either: ToxProject) -> None:
    text = "[testenv:a]\nrunner = trueup\nskip_install = true\ndeps = beta\n"
    either.write("tox.ini", f"{text}commands = uv pip list --format=freeze\n")
    either.settings["UV_PYTHON"] = sys.executable
    assert "beta==1.0" in either.works("run", "-e", "a").out


@pytest.mark.slow
def test_the_runner_of_scripts_is_taken_over_where_a_project_asks(either: ToxProject) -> None:
    either.write("script.py", _SCRIPT)
    asked = "[tox]\nrequires = trueup[tox]\n"
    text = "[testenv:a]\nrunner = virtualenv-pep-723\nscript = script.py\n"
    either.write("tox.ini", asked + text)
    if either.tox_version < (4, 51):  # there is nothing to take over
        assert "KeyError: 'virtualenv-pep-723'" in either.run("run", "-e", "a").err
        return
    ran = either.works("run", "-e", "a")
    assert "trueup install" in ran.out
    assert "ran 1.0" in ran.out
    assert "pip install" in either.works("run", "-e", "a", "-r", TOX_UV_NO_PEP723="1").out
    either.write("tox.ini", text)
    assert "pip install" in either.works("run", "-e", "a", "-r").out


@pytest.mark.slow
def test_a_managed_python_is_taken_where_it_is_preferred(
    either: ToxProject, tmp_path: Path
) -> None:
    other = need_python("3.12" if sys.version_info[:2] != (3, 12) else "3.13")
    home = Path(os.path.realpath(other)).parents[1]
    short = "3.12" if sys.version_info[:2] != (3, 12) else "3.13"
    told = _full_version(other)
    managed = tmp_path / "managed"
    machine = os.uname().machine
    shutil.copytree(
        home / "bin", managed / f"cpython-{told}-linux-{machine}-gnu" / "bin", symlinks=True
    )
    (managed / f"cpython-{told}-linux-{machine}-gnu" / "lib").symlink_to(home / "lib")
    either.settings |= {"UV_PYTHON_INSTALL_DIR": str(managed), "UV_OFFLINE": "1"}
    code = "import sys; print('runs', sys.version_info[:2], sys.base_prefix)"
    either.configure(code, base_python=f"python{short}", uv_python_preference="only-managed")
    assert str(managed) in either.works("run").out
    either.configure(code, base_python="python3.9", uv_python_preference="only-managed")
    assert "could not find python interpreter" in either.run("run").out


def _full_version(python: str) -> str:
    import subprocess

    code = "import platform; print(platform.python_version())"
    return subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.slow
def test_deps_and_groups_are_resolved_together_for_the_lowest_versions(
    either: ToxProject,
) -> None:
    either.wheel("zeta", "1.0", requires=("gamma<2",))
    either.wheel("zeta", "2.0")
    either.python_project(more='[dependency-groups]\ntest = ["gamma>=2"]\n')
    either.write("deps.txt", "zeta\n")
    either.configure(
        "import zeta", deps="-r deps.txt", dependency_groups="test", uv_resolution="lowest"
    )
    ran = either.works("run")
    # By itself, the lowest zeta would have been taken, and it fits no gamma of the group.
    expect(either.installed(), beta="1.0", gamma="2.0", zeta="2.0")
    assert ran.installs == ["install_deps"]
    assert either.works("run").installs == []


@pytest.mark.slow
def test_settings_of_pip_reach_the_resolver(either: ToxProject) -> None:
    either.write("limits.txt", "gamma<2\n")
    either.configure("import gamma", deps="gamma")
    ran = either.works("run", PIP_CONSTRAINT=str(either.root / "limits.txt"))
    expect(either.installed(), beta="1.0", gamma="1.0")
    assert "UV_CONSTRAINT" not in ran.out


@pytest.mark.slow
def test_the_prompt_names_the_environment(either: ToxProject) -> None:
    either.configure("print(1)", deps="alpha")
    either.works("run")
    config = (either.root / ".tox" / "a" / "pyvenv.cfg").read_text()
    assert "project[a]" in next(line for line in config.splitlines() if line.startswith("prompt"))


@pytest.mark.slow
def test_interpreters_are_discovered_by_virtualenv(either: ToxProject) -> None:
    other = need_python("3.12" if sys.version_info[:2] != (3, 12) else "3.13")
    short = "3.12" if sys.version_info[:2] != (3, 12) else "3.13"
    either.settings["PATH"] = "/usr/bin:/bin"
    either.configure("import sys; print('runs', sys.version_info[:2])", base_python=short)
    ran = either.works("run", "--discover", other)
    assert f"runs ({short.replace('.', ', ')})" in ran.out


@pytest.mark.slow
def test_what_is_installed_is_listed_without_a_program(either: ToxProject) -> None:
    either.configure("import alpha", deps="alpha")
    ran = either.works("run", CI="1")
    assert "a: alpha==1.0,beta==1.0" in ran.out
    assert "freeze" not in ran.out


@pytest.mark.slow
def test_always_copy_is_heeded(either: ToxProject) -> None:
    either.configure("print(1)", always_copy="true", deps="alpha")
    either.works("run")
    assert not either.python().is_symlink()


@pytest.mark.slow
def test_config_settings_reach_an_sdist(either: ToxProject) -> None:
    either.python_project()
    settings = "[testenv:.pkg]\nconfig_settings_build_sdist = speed=high\n"
    either.configure("import demo", package="sdist", more=settings)
    either.works("run")
    assert "build_sdist [('speed', 'high')]" in (either.root / "calls.txt").read_text()


@pytest.mark.parametrize("runner", ["trueup", pytest.param("trueup-lock", marks=pytest.mark.slow)])
def test_a_missing_interpreter_of_one_environment_can_be_skipped(
    either: ToxProject, runner: str
) -> None:
    absent = f"runner = {runner}\nbase_python = python3.3\n"
    more = f"[testenv:b]\n{absent}skip_missing_interpreters = true\n[testenv:c]\n{absent}"
    top = "skip_missing_interpreters = false\n"
    either.configure("print(1)", envs="a, b, c", top=top, more=more)
    ran = either.run("run")
    assert ran.code != 0
    assert "a: OK" in ran.out
    assert "b: SKIP" in ran.out
    assert "c: FAIL" in ran.out
    assert "Traceback" not in ran.out + ran.err
    assert "c: SKIP" in either.works("run", "--skip-missing-interpreters", "true").out
