"""An environment holds what its configuration asks for: no more, no less, and nothing damaged."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from support.tox_projects import ToxProject, expect


def test_a_removed_requirement_leaves_without_the_rest_made_anew(both: ToxProject) -> None:
    both.configure("print(1)", deps="\nalpha\ngamma<2")
    both.works("run")
    expect(both.installed(), alpha="1.0", beta="1.0", gamma="1.0")
    kept = both.site() / "kept.txt"
    kept.write_text("")
    both.configure("print(1)", deps="\nalpha")
    ran = both.works("run")
    expect(both.installed(), alpha="1.0", beta="1.0")
    assert kept.exists()
    assert "recreate" not in ran.out
    assert ran.lines("uninstall_leftovers")
    both.configure("print(1)", deps="\ngamma")
    both.works("run")
    expect(both.installed(), beta="1.0", gamma="2.0")
    assert kept.exists()


@pytest.mark.slow
def test_what_the_commands_installed_stays(project: ToxProject) -> None:
    wheel = project.wheel("delta")
    project.configure(
        "print(1)",
        deps="\nalpha\ngamma<2",
        commands_pre=f"python -m pip install -q {wheel}",
    )
    project.works("run")
    project.configure("print(1)", deps="\nalpha")
    project.works("run")
    expect(project.installed(), alpha="1.0", beta="1.0", delta="1.0")


def test_what_the_package_needs_stays_when_the_deps_drop_it(either: ToxProject) -> None:
    either.python_project('requires = ["gamma"]')
    either.configure("import gamma", package="wheel", deps="\nalpha\ngamma<2\nbeta")
    either.works("run")
    either.configure("import gamma", package="wheel", deps="\nbeta")
    either.works("run")
    expect(either.installed(), beta="1.0", demo="1.0", gamma="1.0")


def test_what_the_package_no_longer_needs_leaves(either: ToxProject) -> None:
    either.python_project('requires = ["gamma<2", "alpha"]')
    either.configure("import alpha", package="wheel")
    either.works("run")
    either.python_project('requires = ["alpha"]')
    ran = either.works("run")
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0")
    assert "recreate" not in ran.out


def test_what_an_extra_brought_leaves_with_the_extra(either: ToxProject) -> None:
    either.wheel("epsilon", requires=("gamma<2; extra == 'more'",))
    either.configure("print(1)", deps="epsilon[more]")
    either.works("run")
    expect(either.installed(), beta="1.0", epsilon="1.0", gamma="1.0")
    either.configure("print(1)", deps="epsilon")
    either.works("run")
    expect(either.installed(), epsilon="1.0")


def test_a_group_that_shrinks_takes_its_distributions_along(either: ToxProject) -> None:
    groups = '[dependency-groups]\ntest = ["gamma<2", "alpha"]\n'
    either.python_project(more=groups)
    either.configure("import demo", package="wheel", dependency_groups="test")
    either.works("run")
    either.python_project(more=groups.replace('"gamma<2", ', ""))
    either.works("run")
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0")


def test_another_pin_changes_that_one_distribution(either: ToxProject) -> None:
    either.configure("print(1)", deps="\nalpha\ngamma==1.0")
    either.works("run")
    either.configure("print(1)", deps="\nalpha\ngamma==2.0")
    ran = either.works("run")
    expect(either.installed(), alpha="1.0", beta="1.0", gamma="2.0")
    assert "recreate" not in ran.out


@pytest.mark.parametrize("path", ["./", pytest.param("-e .", marks=pytest.mark.slow)])
def test_a_path_that_is_dropped_leaves_with_what_it_needed(either: ToxProject, path: str) -> None:
    either.python_project('requires = ["gamma<2"]')
    either.configure("import demo", deps=f"\nalpha\n{path}")
    either.works("run")
    either.configure("import alpha", deps="\nalpha")
    assert "recreate" not in either.works("run").out
    expect(either.installed(), alpha="1.0", beta="1.0")


def test_what_a_path_no_longer_needs_leaves(either: ToxProject) -> None:
    either.python_project('requires = ["gamma<2", "alpha"]')
    either.configure("import demo", deps="./")
    either.works("run")
    either.python_project('requires = ["alpha"]')
    either.works("run")
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0")


@pytest.mark.slow
def test_what_an_extra_of_a_path_brought_stays_when_another_requirement_goes(
    either: ToxProject,
) -> None:
    either.python_project('extras = { more = ["gamma<2"] }')
    either.configure("import gamma", deps="\nalpha\n./[more]")
    either.works("run")
    either.configure("import gamma", deps="./[more]")
    either.works("run")
    expect(either.installed(), beta="1.0", demo="1.0", gamma="1.0")


def test_a_path_among_the_deps_is_looked_at_in_each_run(either: ToxProject) -> None:
    either.python_project('requires = ["alpha"]')
    either.configure("import demo; print('value', demo.VALUE)", deps="\nbeta\n./")
    assert "value 1" in either.works("run").out
    either.write("src/demo/__init__.py", "VALUE = 2\n")
    assert "value 2" in either.works("run").out
    assert either.works("run").installs == []
    assert either.calls == ["build_wheel", "build_wheel"]


def test_new_commands_of_an_editable_path_are_there_in_the_next_run(either: ToxProject) -> None:
    either.python_project()
    either.write("src/demo/__init__.py", "def main(): print('started')\n")
    either.configure("import demo", deps="-e .")
    either.works("run")
    either.python_project('scripts = { start-demo = "demo:main" }')
    either.write("src/demo/__init__.py", "def main(): print('started')\n")
    either.configure("import subprocess; subprocess.check_call(['start-demo'])", deps="-e .")
    assert "started" in either.works("run").out


def test_a_path_in_a_requirements_file_is_looked_at_in_each_run(either: ToxProject) -> None:
    either.python_project()
    either.write("requirements/test.txt", "../\n")
    either.configure("import demo; print('value', demo.VALUE)", deps="-r requirements/test.txt")
    assert "value 1" in either.works("run").out
    either.write("src/demo/__init__.py", "VALUE = 2\n")
    assert "value 2" in either.works("run").out


def test_deleted_and_altered_files_are_put_right(both: ToxProject) -> None:
    both.python_project('requires = ["gamma<2"]')
    code = "import alpha, gamma, demo; print('values', gamma.VERSION, demo.VALUE)"
    both.configure(code, package="wheel", deps="alpha")
    both.works("run")
    shutil.rmtree(both.site() / "alpha")
    (both.site() / "gamma" / "__init__.py").write_text("VERSION = 'edited'\n")
    (both.site() / "demo" / "__init__.py").unlink()
    ran = both.works("run")
    assert "values 1.0 1" in ran.out
    assert "alpha is damaged and will be put right" in ran.out
    assert both.works("run").installs == []
    both.configure("import gamma", package="wheel")
    both.works("run")
    expect(both.installed(), beta="1.0", demo="1.0", gamma="1.0")


def test_a_python_that_is_gone_makes_the_environment_anew(either: ToxProject) -> None:
    either.configure("import alpha", deps="alpha")
    either.works("run")
    python = either.python()
    python.unlink()
    python.symlink_to("/nowhere/python")
    ran = either.works("run")
    assert "recreate env because" in ran.out
    assert "is a link to nothing" in ran.out


def test_seeing_the_packages_of_the_system_is_a_trait(either: ToxProject) -> None:
    either.configure("import alpha", deps="alpha")
    either.works("run")
    either.configure("import alpha", deps="alpha", system_site_packages="true")
    assert "recreate env because python added system_site_packages" in either.works("run").out


def test_other_settings_have_everything_looked_at_again(either: ToxProject) -> None:
    either.wheel("gamma", "3.0rc1")
    either.configure("import gamma", deps="gamma")
    either.works("run")
    assert either.installed()["gamma"] == "2.0"
    ran = either.works("run", PIP_PRE="1", PIP_UPGRADE="1")
    assert "install_deps" in ran.installs
    assert either.installed()["gamma"] == "3.0rc1"


def test_a_run_after_a_failed_one_installs_what_is_missing(either: ToxProject) -> None:
    either.configure("import alpha, delta", deps="\nalpha\ndelta")
    assert either.run("run").code == 1
    either.wheel("delta")
    either.works("run")
    expect(either.installed(), alpha="1.0", beta="1.0", delta="1.0")


def test_recreation_takes_back_what_is_right_and_nothing_else(either: ToxProject) -> None:
    either.python_project('requires = ["gamma<2"]')
    either.configure("import alpha, gamma; print(gamma.VERSION)", package="wheel", deps="alpha")
    either.works("run")
    alpha, gamma = (either.site() / name / "__init__.py" for name in ("alpha", "gamma"))
    before = alpha.stat()
    gamma.write_text("VERSION = 'edited'\n")
    stranger = either.site() / "alpha" / "stranger.py"
    stranger.write_text("")
    (either.root / ".tox" / "a" / "stranger").mkdir()
    ran = either.works("run", "-r")
    assert "edited" not in ran.out
    after = alpha.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert not stranger.exists()
    expect(either.installed(), alpha="1.0", beta="1.0", demo="1.0", gamma="1.0")
    left = {path.name for path in (either.root / ".tox").rglob("*") if "shelf" in path.name}
    assert left == set()
    assert not list((either.root / ".tox").glob(".*.trueup"))
    assert not (either.root / ".tox" / "a" / "stranger").exists()
    assert either.works("run").installs == []


@pytest.mark.parametrize("damaged", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_recreation_takes_pip_back_where_it_is_what_virtualenv_wrote(
    either: ToxProject, *, damaged: bool
) -> None:
    either.configure("print(1)", deps="alpha")
    either.works("run")
    entry = either.site() / "pip" / "__init__.py"
    program = either.python().with_name("pip")
    before, content = entry.stat(), entry.read_text()
    if damaged:
        entry.write_text(content.replace("e", "a"))
    for _ in range(2):
        either.works("run", "-r")
        same = entry.stat().st_ino == before.st_ino
        assert same is not damaged
        assert entry.read_text() == content
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        assert str(either.site()) in done.stdout
        if damaged:
            break
    stranger = either.site() / "pip" / "stranger.py"
    stranger.write_text("")
    either.works("run", "-r")
    assert not stranger.exists()


@pytest.mark.slow
def test_other_constraints_make_the_environment_anew_by_taking_back(either: ToxProject) -> None:
    either.write("limits.txt", "gamma<2\n")
    either.configure("print(1)", deps="\nalpha\ngamma\n-c limits.txt")
    either.works("run")
    before = (either.site() / "alpha" / "__init__.py").stat()
    either.write("limits.txt", "")
    either.works("run")
    expect(either.installed(), alpha="1.0", beta="1.0", gamma="2.0")
    assert (either.site() / "alpha" / "__init__.py").stat().st_ino == before.st_ino
