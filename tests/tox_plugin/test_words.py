"""Words of tox that leave most to tox, and still have to mean with trueup what they mean there."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from support.interpreters import need_python
from support.tox_projects import ToxProject, expect

_USE = "import demo, alpha; print('value', demo.VALUE)"
pytestmark = pytest.mark.slow


def test_a_legacy_editable_shows_edits(either: ToxProject) -> None:
    either.python_project('requires = ["gamma<2"]')
    either.configure(_USE, package="editable-legacy", deps="alpha")
    assert "value 1" in either.works("run").out
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0", gamma="1.0")
    either.write("src/demo/__init__.py", "VALUE = 2\n")
    again = either.works("run")
    assert "value 2" in again.out
    assert again.installs == []
    assert either.calls.count("build_editable") == 1
    either.write("pyproject.toml", (either.root / "pyproject.toml").read_text() + "# edited\n")
    assert either.works("run").installs == ["install_package"]


def test_extra_setup_commands_run_after_the_install(project: ToxProject) -> None:
    project.python_project()
    command = "python -c \"import demo, alpha; print('set up')\""
    project.configure(_USE, package="wheel", deps="alpha", extra_setup_commands=command)
    told = project.works("run", "--notest").out
    assert "set up" in told
    assert "value 1" not in told


def test_a_command_of_ones_own_lists_what_is_installed(either: ToxProject) -> None:
    command = "python -c \"print('listed==1.0')\""
    either.configure("import alpha", deps="alpha", list_dependencies_command=command)
    assert "a: listed==1.0" in either.works("run", CI="1").out


def test_virtualenv_is_told_to_download_what_it_puts_into_an_environment(
    project: ToxProject,
) -> None:
    project.configure("import alpha", deps="alpha", download="true")
    # Nothing can be had in a test; that it is tried is what counts.
    assert "download=True" in project.run("run", "-vv").out


def test_a_development_environment_has_the_project_editable(either: ToxProject) -> None:
    either.python_project()
    either.configure(_USE, package="wheel", deps="alpha")
    either.works("devenv", "-e", "a", "beside")
    (site,) = (either.root / "beside").glob("[Ll]ib*/**/site-packages")
    assert (site / "demo.pth").exists()
    assert (site / "alpha").is_dir()
    again = either.works("devenv", "-e", "a", "beside")
    assert again.installs == []
    assert either.calls == ["build_editable"]


def test_environments_are_listed(either: ToxProject) -> None:
    either.python_project()
    more = "[testenv:b]\ndescription = the other one\n"
    either.configure("print(1)", envs="a, b", package="wheel", more=more)
    told = either.works("list").out
    assert "a -> [no description]" in told
    assert "b -> the other one" in told
    assert not (either.root / ".tox" / "a").exists()


def test_the_packaging_environment_can_be_spared_when_others_are_made_anew(
    project: ToxProject,
) -> None:
    # The oldest tox empties `.pkg` whatever this option says, with its own runner as well.
    project.python_project()
    project.configure("import demo", package="sdist")
    project.works("run")
    stranger = project.site(".pkg") / "stranger.py"
    stranger.write_text("")
    project.works("run", "-r", "--no-recreate-pkg")
    assert stranger.exists()
    project.works("run", "-r")
    assert not stranger.exists()


def test_only_the_package_is_made_where_that_is_asked_for(either: ToxProject) -> None:
    either.python_project()
    either.configure(_USE, package="wheel", deps="alpha")
    ran = either.works("run", "--pkg-only")
    assert either.calls == ["build_wheel"]
    assert "value 1" not in ran.out


def test_nothing_is_installed_where_that_is_asked_for(project: ToxProject) -> None:
    project.python_project()
    project.configure("print('ran')", package="wheel", deps="alpha")
    ran = project.works("run", "--skip-env-install")
    assert "ran" in ran.out
    assert ran.installs == []
    project.works("run")
    expect(project.installed(), alpha="1.0", beta="1.0", demo="1.0")


def test_another_interpreter_makes_the_environment_anew(either: ToxProject) -> None:
    short = "3.12" if sys.version_info[:2] != (3, 12) else "3.13"
    other = need_python(short)
    either.settings["PATH"] = os.pathsep.join((os.path.dirname(other), os.environ["PATH"]))
    either.python_project()
    either.configure(_USE, package="wheel", deps="alpha")
    either.works("run")
    code = "import alpha, demo, sys; print('runs', sys.version_info[:2])"
    either.configure(code, package="wheel", deps="alpha", base_python=other)
    ran = either.works("run")
    assert "recreate env because python changed" in ran.out
    assert f"runs ({short.replace('.', ', ')})" in ran.out
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0")
    assert either.works("run").installs == []


@pytest.mark.skipif(os.name == "nt", reason="a signal of this kind is POSIX's")
def test_a_run_after_one_that_was_killed_has_everything(either: ToxProject) -> None:
    either.python_project("sleeps = true")
    either.configure(_USE, package="wheel", deps="alpha")
    running = either.start("run")
    try:
        pid = either.wait_for("started")
    finally:
        running.kill()
        running.communicate()
    os.kill(int(pid), signal.SIGKILL)
    either.python_project()
    assert "value 1" in either.works("run").out
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0")
    assert either.works("run").installs == []


def test_environments_wait_for_those_that_they_depend_on(either: ToxProject) -> None:
    either.python_project()
    code = "import demo, os; print('ran', os.environ['TOX_ENV_NAME'])"
    more = "[testenv:a]\ndepends = b\n"
    either.configure(code, envs="a, b", package="wheel", more=more)
    told = either.works("run-parallel", "--parallel-no-spinner", "-o").out
    assert told.index("ran b") < told.index("ran a")
    assert either.calls == ["build_wheel"]


def test_commands_before_an_environment_is_made_anew_run_in_what_it_was(
    project: ToxProject,
) -> None:
    command = "python -c \"import alpha; print('farewell', alpha.VERSION)\""
    project.configure("import alpha; print('ran')", deps="alpha", recreate_commands=command)
    assert "farewell" not in project.works("run").out
    ran = project.works("run", "-r")
    assert "farewell 1.0" in ran.out
    assert "ran" in ran.out.splitlines()


def test_a_platform_that_packages_are_not_built_on_is_skipped(either: ToxProject) -> None:
    either.python_project()
    either.configure("print(1)", package="wheel", more="[testenv:.pkg]\nplatform = nowhere\n")
    ran = either.run("run")
    assert "does not match nowhere for package environment .pkg" in ran.out
    assert "a: SKIP" in ran.out
    assert either.calls == []


def test_a_folder_that_is_no_project_is_left_to_tox(either: ToxProject) -> None:
    either.configure("print(1)", package="wheel")
    assert "trueup build_project" not in either.run("run").out


@pytest.mark.parametrize("runner", ["trueup", "virtualenv"])
def test_a_tox_that_cannot_be_provisioned_fails_without_a_traceback(
    either: ToxProject, runner: str
) -> None:
    either.configure("print(1)", runner="", top="requires = delta\n")
    ran = either.run("run", "--runner", runner)
    assert ran.code != 0
    assert "delta" in ran.out + ran.err
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.skipif(os.name == "nt", reason="a signal of this kind is POSIX's")
def test_a_run_after_a_recreation_that_was_killed_has_everything(either: ToxProject) -> None:
    either.python_project()
    either.configure(_USE, package="wheel", deps="alpha")
    either.works("run")
    either.python_project("sleeps = true")
    running = either.start("run", "-r")
    try:
        pid = either.wait_for("started")
    finally:
        running.kill()
        running.communicate()
    os.kill(int(pid), signal.SIGKILL)
    either.python_project()
    assert "value 1" in either.works("run").out
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0")
    left = [path for path in (either.root / ".tox").rglob("*") if "shelf" in path.name]
    assert left == []
    either.works("exec", "-e", "a", "--", "python", "-m", "pip", "check")
