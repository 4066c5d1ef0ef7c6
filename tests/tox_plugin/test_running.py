"""tox's own words mean with trueup what tox's documentation says that they mean."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable

import pytest
from support.interpreters import need_python
from support.tox_projects import ToxProject, expect

_USE = "import demo, alpha, os; print('value', demo.VALUE, os.environ.get('TOX_PACKAGE'))"
_STATIC = '[project]\nname = "demo"\nversion = "1.0"\ndependencies = ["gamma<2"]\n'


def test_what_is_asked_for_is_installed_once(both: ToxProject) -> None:
    both.python_project('requires = ["gamma<2"]')
    both.configure(_USE, package="wheel", deps="alpha")
    first = both.works("run")
    assert first.installs == ["install_deps", "install_package_deps", "install_package"]
    told = next(line for line in first.out.splitlines() if line.startswith("value "))
    assert told.split()[1] == "1"
    assert told.split()[2].endswith(".whl")
    expect(both.installed(), alpha="1.0", beta="1.0", demo="1.0", gamma="1.0")
    second = both.works("run")
    assert second.installs == []
    assert second.lines("build_wheel") == []
    assert "value 1" in second.out
    assert both.calls == ["build_wheel"]


def test_an_edit_of_the_project_is_in_the_wheel_of_the_next_run(either: ToxProject) -> None:
    either.python_project()
    either.configure(_USE, package="wheel", deps="alpha")
    assert "value 1" in either.works("run").out
    either.write("src/demo/__init__.py", "VALUE = 2\n")
    second = either.works("run")
    assert "value 2" in second.out
    assert second.installs == ["install_package"]
    assert ".pkg: demo is built again: src/demo/__init__.py changed" in second.out


def test_an_editable_shows_edits_and_its_package_is_a_file(both: ToxProject) -> None:
    both.python_project()
    both.configure(_USE, package="editable", deps="alpha")
    first = both.works("run")
    told = next(line for line in first.out.splitlines() if line.startswith("value "))
    assert told.split()[1] == "1"
    assert os.path.isfile(told.split()[2])
    both.write(
        "src/demo/__init__.py", "VALUE = 2  # of another size: Python tells by seconds and size\n"
    )
    assert "value 2" in both.works("run", "--skip-pkg-install").out
    assert "value 2" in both.works("run").out
    assert both.calls == ["build_editable"]


@pytest.mark.parametrize("words", ["--develop", "-x testenv.use_develop=true"])
def test_develop_means_editable(project: ToxProject, words: str) -> None:
    project.python_project()
    project.configure("import demo", package="wheel")
    project.works("run", *words.split())
    assert project.calls == ["build_editable"]


def test_an_sdist_is_built_by_tox_and_installed(either: ToxProject) -> None:
    either.python_project(more=_STATIC)
    either.configure(_USE, package="sdist", deps="alpha")
    assert "demo-1.0.tar.gz" in either.works("run").out
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0", gamma="1.0")
    assert either.calls == ["build_sdist"]


def test_a_wheel_by_way_of_an_sdist_is_installed(project: ToxProject) -> None:
    project.python_project(more=_STATIC)
    project.configure(_USE, package="sdist-wheel", deps="alpha")
    assert "value 1" in project.works("run").out
    assert project.calls == ["build_sdist"]  # the wheel is built where the sdist is unpacked


def test_only_the_dependencies_of_the_package_can_be_asked_for(project: ToxProject) -> None:
    project.python_project(more=_STATIC)
    project.configure("import gamma", package="deps-only")
    project.works("run")
    expect(project.installed(), beta="1.0", gamma="1.0")


def test_extras_are_installed_also_where_only_a_build_can_tell_them(either: ToxProject) -> None:
    either.python_project('requires = ["beta"]\nextras = { more = ["gamma<2"] }')
    either.configure("import demo, gamma", package="wheel", extras="more")
    either.works("run")
    expect(either.installed(), beta="1.0", demo="1.0", gamma="1.0")


def test_dependency_groups_are_installed(either: ToxProject) -> None:
    either.python_project(more='[dependency-groups]\ntest = ["gamma<2"]\n')
    either.configure("import demo, gamma", package="wheel", dependency_groups="test")
    assert "install_dependency-groups" in either.works("run").installs
    expect(either.installed(), beta="1.0", demo="1.0", gamma="1.0")


def test_files_of_requirements_and_constraints_are_followed(either: ToxProject) -> None:
    either.write("requirements/test.txt", "gamma\n-c limits.txt\n")
    either.write("requirements/limits.txt", "gamma<2\n")
    either.configure("import gamma", deps="-r requirements/test.txt")
    either.works("run")
    expect(either.installed(), beta="1.0", gamma="1.0")
    either.write("requirements/limits.txt", "")
    assert "recreate env because changed constraint" in either.works("run").out
    expect(either.installed(), beta="1.0", gamma="2.0")


def test_constraints_hold_for_what_the_package_needs(project: ToxProject) -> None:
    project.python_project('requires = ["gamma"]')
    project.write("limits.txt", "gamma<2\n")
    project.configure("import gamma", package="wheel", constraints="limits.txt")
    project.works("run")
    assert project.installed()["gamma"] == "1.0"


@pytest.mark.parametrize("frozen", ["true", pytest.param("false", marks=pytest.mark.slow)])
def test_package_dependencies_keep_what_the_deps_chose(either: ToxProject, frozen: str) -> None:
    either.python_project('requires = ["gamma"]')
    either.configure(
        "import gamma",
        package="wheel",
        deps="\nalpha\ngamma<2",
        constrain_package_deps="true",
        use_frozen_constraints=frozen,
    )
    either.works("run")
    assert either.installed()["gamma"] == "1.0"


def test_a_lock_is_installed(either: ToxProject) -> None:
    wheel = either.wheel("beta")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    either.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "tests"\n'
        '[[packages]]\nname = "beta"\nversion = "1.0"\n'
        f'[[packages.wheels]]\nurl = "{wheel.as_uri()}"\nhashes = {{ sha256 = "{digest}" }}\n',
    )
    # Before tox 4.50 tox itself has no such key, and the runner of locks is the one that has it.
    keys = {} if either.tox_version >= (4, 50) else {"runner": "trueup-lock", "package": "skip"}
    either.configure("import beta", pylock="pylock.toml", **keys)
    either.works("run")
    expect(either.installed(), beta="1.0")


def test_a_script_runs_with_what_its_own_metadata_asks_for(project: ToxProject) -> None:
    metadata = '# /// script\n# dependencies = ["beta"]\n# ///\n'
    project.write("script.py", f"{metadata}import beta\nprint('ran', beta.VERSION)\n")
    project.write("tox.ini", "[testenv:a]\nrunner=trueup-pep-723\nscript=script.py\n")
    assert "ran 1.0" in project.works("run", "-e", "a").out


def test_several_environments_at_once_get_one_build(both: ToxProject) -> None:
    both.python_project('requires = ["gamma<2"]')
    both.configure(_USE, envs="a, b, c", package="wheel", deps="alpha")
    ran = both.works("run-parallel", "-p", "all", "--parallel-no-spinner")
    assert both.calls == ["build_wheel"]
    for env in ("a", "b", "c"):
        expect(both.installed(env), alpha="1.0", beta="1.0", demo="1.0", gamma="1.0")
        assert f"{env}: OK" in ran.out
    # tox holds back the words of environments that run side by side, and so must we.
    assert "install_deps>" not in ran.out


def test_one_wheel_can_be_for_several_interpreters(either: ToxProject) -> None:
    other = need_python("3.12" if sys.version_info[:2] != (3, 12) else "3.13")
    either.python_project()
    either.configure(
        "import demo",
        envs="a, b",
        package="wheel",
        wheel_build_env=".pkg",
        more=f"[testenv:b]\nbase_python = {other}\n",
    )
    either.works("run")
    assert either.calls == ["build_wheel"]
    expect(either.installed("a"), demo="1.0")
    expect(either.installed("b"), demo="1.0")
    assert either.works("run").installs == []


def test_each_interpreter_has_a_wheel_of_its_own_where_nothing_else_is_said(
    either: ToxProject,
) -> None:
    other = need_python("3.12" if sys.version_info[:2] != (3, 12) else "3.13")
    either.settings["PATH"] = os.pathsep.join((os.path.dirname(other), os.environ["PATH"]))
    either.python_project()
    more = f"[testenv:b]\nbase_python = {other}\n"
    either.configure("import demo", envs="a, b", package="wheel", more=more)
    either.works("run")
    assert either.calls == ["build_wheel", "build_wheel"]
    assert either.works("run").installs == []


def test_notest_installs_and_runs_nothing(either: ToxProject) -> None:
    either.python_project()
    either.configure(_USE, package="wheel", deps="alpha")
    assert "value" not in either.works("run", "--notest").out
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0")


def test_skip_pkg_install_leaves_the_package_out(either: ToxProject) -> None:
    either.python_project()
    either.configure("import alpha", package="wheel", deps="alpha")
    either.works("run", "--skip-pkg-install")
    expect(either.installed(), alpha="1.0", beta="1.0")
    assert either.calls == []


def test_exec_runs_a_command_without_the_package(either: ToxProject) -> None:
    either.python_project()
    either.configure(_USE, package="wheel", deps="alpha")
    ran = either.works("exec", "-e", "a", "--", "python", "-c", "import alpha; print('done')")
    assert "done" in ran.out
    expect(either.installed(), alpha="1.0", beta="1.0")


def test_recreate_makes_the_environment_anew(either: ToxProject) -> None:
    either.python_project()
    either.configure(_USE, package="wheel", deps="alpha")
    either.works("run")
    stranger = either.site() / "stranger.py"
    stranger.write_text("")
    ran = either.works("run", "-r")
    assert not stranger.exists()
    assert ran.installs == ["install_deps", "install_package"]


def test_a_wheel_that_is_handed_over_is_installed_once(either: ToxProject) -> None:
    either.python_project()
    either.configure("import other", package="wheel", deps="alpha")
    wheel = either.wheel("other", "3.0", requires=("gamma<2",))
    either.works("run", "--installpkg", str(wheel))
    expect(either.installed(), alpha="1.0", beta="1.0", gamma="1.0", other="3.0")
    assert either.calls == []
    assert either.works("run", "--installpkg", str(wheel)).installs == []


def test_another_wheel_of_the_same_version_takes_the_place_of_the_first(
    either: ToxProject,
) -> None:
    either.python_project()
    either.configure("import other; print('value', other.VERSION)", package="wheel")
    wheel = either.wheel("other", "3.0")
    assert "value 3.0" in either.works("run", "--installpkg", str(wheel)).out
    files = {"other/__init__.py": "VERSION = 'another'\n"}
    either.wheel("other", "3.0", files=files)
    assert "value another" in either.works("run", "--installpkg", str(wheel)).out


def test_an_sdist_that_is_handed_over_is_built_and_installed(either: ToxProject) -> None:
    either.python_project('requires = ["gamma<2"]')
    either.configure(_USE, package="sdist", deps="alpha")
    sdist = either.sdist()
    either.works("run", "--installpkg", str(sdist))
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0", gamma="1.0")


def test_commands_of_a_packaging_environment_can_make_the_package(project: ToxProject) -> None:
    project.python_project()
    wheel = project.wheel("other", "3.0")
    project.configure(
        "import other",
        package="external",
        package_env="build",
        more=f"[testenv:build]\ndeps = beta\npackage_glob = {wheel}\n"
        'commands = python -c "import beta"\n',
    )
    ran = project.works("run")
    assert "build: install_requires> trueup install beta" in ran.out
    expect(project.installed(), other="3.0")


def test_config_settings_reach_the_backend(either: ToxProject) -> None:
    either.python_project()
    settings = "[testenv:.pkg]\nconfig_settings_build_wheel = speed=high\n"
    either.configure("import demo", package="wheel", more=settings)
    either.works("run")
    assert "build_wheel [('speed', 'high')]" in (either.root / "calls.txt").read_text()


def test_settings_that_differ_from_hook_to_hook_are_left_to_tox(project: ToxProject) -> None:
    project.python_project()
    settings = (
        "[testenv:.pkg]\nconfig_settings_build_wheel = speed=high\n"
        "config_settings_get_requires_for_build_wheel = speed=low\n"
    )
    project.configure("import demo", package="wheel", more=settings)
    assert "_backend.py" in project.works("run").out
    assert "build_wheel [('speed', 'high')]" in (project.root / "calls.txt").read_text()


def test_variables_of_the_packaging_environment_reach_the_backend(either: ToxProject) -> None:
    either.python_project()
    more = "[testenv:.pkg]\nset_env = MOOD=good\n"
    either.configure("import demo", package="wheel", more=more)
    assert "the mood is good" in either.works("run", "-vv").out


def test_a_backend_without_editables_is_left_to_tox(project: ToxProject) -> None:
    project.python_project()
    text = (project.root / "backend.py").read_text()
    project.write("backend.py", text.replace("def build_editable", "def no_editable"))
    project.configure("import demo", package="editable")
    assert "does not support PEP-660" in project.run("run").out


def test_an_install_command_of_ones_own_is_run_as_it_is(either: ToxProject) -> None:
    command = "python -I -m pip install -v {packages}"
    either.configure("import alpha", deps="alpha", install_command=command)
    ran = either.works("run")
    assert "install_deps> python -I -m pip install -v alpha" in ran.out
    installer = next(either.site().glob("alpha-*.dist-info")) / "INSTALLER"
    assert installer.read_text().strip() == "pip"


def test_prereleases_are_taken_where_pip_pre_says_so(either: ToxProject) -> None:
    either.wheel("gamma", "3.0rc1")
    either.configure("import gamma", deps="gamma", pip_pre="true")
    either.works("run")
    assert either.installed()["gamma"] == "3.0rc1"


def test_the_lowest_versions_are_taken_where_resolution_says_so(project: ToxProject) -> None:
    project.configure("import gamma", deps="gamma", uv_resolution="lowest")
    project.works("run")
    assert project.installed()["gamma"] == "1.0"
    project.configure("import gamma", deps="gamma", resolution="sideways")
    ran = project.run("run")
    assert ran.code != 0
    assert "it can be one of highest, lowest, lowest-direct" in ran.out


def test_an_environment_can_do_without_pip(either: ToxProject) -> None:
    either.configure("import alpha", deps="alpha", seed="false")
    either.works("run")
    assert not list(either.site().glob("pip-*"))


def test_the_result_file_tells_of_installs(either: ToxProject) -> None:
    either.python_project()
    either.configure("import demo", package="wheel", deps="alpha")
    either.works("run", "--result-json", "result.json")
    told = json.loads((either.root / "result.json").read_text())["testenvs"]["a"]
    steps = {each["run_id"]: each for each in told["setup"]}
    assert steps["install_deps"]["command"][:2] == ["trueup", "install"]
    assert steps["install_deps"]["retcode"] == 0
    assert "+ alpha 1.0" in steps["install_deps"]["output"]
    assert told["installpkg"]["basename"] == "demo-1.0-py3-none-any.whl"
    assert {"alpha==1.0", "beta==1.0"} <= set(told["installed_packages"])
    assert any(each.startswith("demo @ file:") for each in told["installed_packages"])


def test_logs_lie_where_tox_puts_them(either: ToxProject, logs: Callable[[str], str]) -> None:
    either.python_project()
    either.configure("import demo", package="wheel", deps="alpha")
    either.works("run")
    assert "run_id: install_deps" in logs("a")
    assert "+ alpha 1.0" in logs("a")
    assert "run_id: build_wheel" in logs(".pkg")
    assert "the backend says hello" in logs(".pkg")


def test_more_is_told_with_v_and_the_output_of_tools_with_vv(project: ToxProject) -> None:
    project.python_project()
    project.configure("import demo", package="wheel", deps="alpha")
    assert "+ alpha 1.0" not in project.works("run").out
    told = project.works("run", "-r", "-v").out
    assert "+ alpha 1.0" in told
    assert "the backend says hello" not in told
    project.write("src/demo/__init__.py", "VALUE = 2\n")
    assert "the backend says hello" in project.works("run", "-vv").out


def test_nothing_is_written_behind_the_back_of_tox(either: ToxProject) -> None:
    either.python_project('requires = ["gamma<2"]')
    either.configure("import demo; print('value', demo.VALUE)", package="wheel", deps="alpha")
    ran = either.works("run", "-qqq")
    assert ran.out == "value 1\n"
    assert ran.err == ""


def test_a_missing_requirement_fails_the_environment_with_the_reason(both: ToxProject) -> None:
    both.configure("print(1)", deps="\nalpha\ndelta")
    ran = both.run("run")
    assert ran.code == 1
    assert "a: failed with " in ran.out
    assert "delta" in ran.out.split("failed with ")[1]
    assert "Traceback" not in ran.out + ran.err
    assert "a: FAIL" in ran.out


def test_a_build_that_fails_shows_what_the_backend_said(
    either: ToxProject, logs: Callable[[str], str]
) -> None:
    either.python_project("fails = true")
    either.configure("print(1)", package="wheel")
    ran = either.run("run")
    assert ran.code == 1
    assert "failed with the build of" in ran.out
    assert "this project never builds" in ran.out
    assert "this project never builds" in logs(".pkg")
    assert "internal error" not in ran.out


def test_a_missing_interpreter_fails_or_skips_as_tox_has_it(either: ToxProject) -> None:
    either.python_project()
    either.configure("print(1)", package="wheel", base_python="python3.3")
    failed = either.run("run")
    assert failed.code != 0
    assert "could not find python interpreter" in failed.out
    skipped = either.run("run", "--skip-missing-interpreters", "true")
    assert "SKIP" in skipped.out


def test_passwords_of_an_index_are_not_shown(
    either: ToxProject, logs: Callable[[str], str]
) -> None:
    index = "--extra-index-url=https://me:hunter2@127.0.0.1:9/simple"
    either.configure("print(1)", deps=f"\n{index}\nalpha")
    ran = either.run("run")
    assert "install_deps>" in ran.out
    assert "hunter2" not in ran.out + ran.err + logs("a")


@pytest.mark.skipif(os.name == "nt", reason="a signal of this kind is POSIX's")
def test_an_interrupt_ends_a_build_and_leaves_nothing_running(either: ToxProject) -> None:
    either.python_project("sleeps = true")
    either.configure("print(1)", package="wheel")
    running = either.start("run")
    try:
        pid = either.wait_for("started")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    finally:
        running.kill()
    # tox calls "SKIP" what had no result yet when it made its report.
    assert "a: FAIL" in out or "a: SKIP" in out
    assert running.returncode != 0
    assert "internal error" not in out
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
