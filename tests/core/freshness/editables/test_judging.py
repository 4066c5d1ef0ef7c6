"""Installs of other kinds: copies, `setup.py develop`, links; and what is said to mend them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.editable_projects import PURE, install_editable, make_environment, uv_program
from support.interpreters import need_python
from trueup.errors import EnvironmentProblem
from trueup.freshness.editables.judging import Judgement, judge_installed
from trueup.freshness.editables.outputs import fits
from trueup.freshness.editables.outside import environment_from_outside
from trueup.freshness.verdict import Fresh, Reason, Stale, Unknown


def _judge(environment: Path) -> Judgement:
    (judged,) = judge_installed(environment_from_outside(str(environment)))
    return judged


def _reasons(environment: Path) -> tuple[Reason, ...]:
    verdict = _judge(environment).verdict
    assert isinstance(verdict, Stale)
    return verdict.reasons


@pytest.fixture
def copied(tmp_path: Path) -> tuple[Path, Path]:
    """Give an environment with a copy of a project, and the project."""
    environment = make_environment(tmp_path / "environment", sys.executable)
    project = PURE["hatched"].write(tmp_path / "hatched")
    program = [uv_program(), "pip", "install", "-q", "--no-deps", "--python"]
    subprocess.run([*program, str(environment / "bin" / "python"), str(project)], check=True)
    return environment, project


def test_a_copy_is_stale_when_a_module_is_changed_new_or_gone(copied: tuple[Path, Path]) -> None:
    environment, project = copied
    package = project / "src" / "hatched"
    assert _judge(environment).verdict == Fresh()
    assert not _judge(environment).editable
    extra = (package / "extra.py").read_text()
    (package / "extra.py").write_text("EXTRA = 2\n")
    assert [reason.kind for reason in _reasons(environment)] == ["input changed"]
    (package / "extra.py").write_text(extra)
    assert _judge(environment).verdict == Fresh()
    (package / "new.py").write_text("")
    assert [reason.kind for reason in _reasons(environment)] == ["appeared"]
    (package / "new.py").unlink()
    (package / "extra.py").unlink()
    assert [reason.kind for reason in _reasons(environment)] == ["input missing"]
    assert " -e " not in _judge(environment).command


def test_data_that_a_copy_may_or_may_not_have_is_unknown(copied: tuple[Path, Path]) -> None:
    environment, project = copied
    (project / "src" / "hatched" / "table.csv").write_text("1\n")
    assert isinstance(_judge(environment).verdict, Unknown)


def test_nothing_local_is_nothing_to_judge(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "environment", sys.executable)
    assert judge_installed(environment_from_outside(str(environment))) == []


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.8", "3.9"])
def test_setup_py_develop_leaves_an_egg_link_that_is_judged(version: str, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([need_python(version), "-m", "venv", str(environment)], check=True)
    project = tmp_path / "developed"
    (project / "src" / "developed").mkdir(parents=True)
    (project / "src" / "developed" / "__init__.py").write_text("")
    text = """\
from setuptools import find_packages, setup
setup(name="developed", version="1.0", packages=find_packages("src"), package_dir={"": "src"},
      install_requires=["iniconfig>=1"], extras_require={"more": ["packaging"]},
      entry_points={"console_scripts": ["go = developed:main"]})
"""
    setup = project / "setup.py"
    setup.write_text(text)
    command = [str(environment / "bin" / "python"), "setup.py", "-q", "develop", "--no-deps"]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    judged = _judge(environment)
    assert (judged.verdict, judged.mechanism) == (Fresh(), "egg-link")
    for old, new in (("1.0", "1.1"), (">=1", ">=2"), ("go =", "went ="), ("packaging", "pluggy")):
        setup.write_text(text.replace(old, new))
        assert isinstance(_judge(environment).verdict, Stale), old
    setup.write_text(text)
    (environment / f"lib/python{version}/site-packages/easy-install.pth").write_text("")
    assert isinstance(_judge(environment).verdict, Stale)
    setup.write_text(text + "print(1)\n")
    assert "-m pip install -e" in _judge(environment).command


def test_each_installer_is_named_its_own_command(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "environment", sys.executable)
    project = PURE["poetic"].write(tmp_path / "poetic")
    install_editable(environment, [project], ("--no-deps",))
    (installer,) = environment.glob("lib/python*/site-packages/poetic-*/INSTALLER")
    for name, words in (
        ("pip", f"-m pip install -e {project}"),
        ("uv", "uv pip install --python"),
        ("pdm", "pdm install"),
        ("Poetry 2.1.3", "poetry install"),
        ("trueup", "trueup refresh"),
        ("", "-m pip install -e"),
    ):
        installer.write_text(name)
        assert words in _judge(environment).command, name
    project.rename(tmp_path / "moved")
    assert "PATH-OF-THE-PROJECT" in _judge(environment).command


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_c.so", True),
        ("_c.abi3.so", True),
        ("_c.cpython-{own}-x86_64-linux-gnu.so", True),
        ("_c.cpython-38-x86_64-linux-gnu.so", False),
        ("_c.cpython-{own}t-x86_64-linux-gnu.so", False),
        ("_c.cp38-win_amd64.pyd", False),
        ("_c.cp{own}-win_amd64.pyd", True),
    ],
)
def test_a_file_name_tells_which_python_an_extension_is_for(
    name: str, expected: bool, tmp_path: Path
) -> None:
    environment = environment_from_outside(
        str(make_environment(tmp_path / "environment", sys.executable))
    )
    own = f"{sys.version_info[0]}{sys.version_info[1]}"
    assert fits(name.format(own=own), environment) is expected


def test_an_environment_is_known_without_a_start(tmp_path: Path) -> None:
    folder = make_environment(tmp_path / "environment", sys.executable)
    python = folder / "bin" / "python"
    python.unlink()
    python.symlink_to("/bin/false")  # whoever started it would get no answer
    (tmp_path / ".venv").write_text("environment\n")
    for place in (folder, python, tmp_path / ".venv"):
        found = environment_from_outside(str(place))
        assert found.root == str(folder)
        assert found.interpreter.version[:2] == sys.version_info[:2]
    with pytest.raises(EnvironmentProblem):
        environment_from_outside(str(tmp_path))
    (tmp_path / ".venv").write_text("")
    with pytest.raises(EnvironmentProblem):
        environment_from_outside(str(tmp_path / ".venv"))
