"""The environment that is found is the one that was meant."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.interpreters import need_python
from trueup.destination.creation import create_environment
from trueup.destination.environment import Environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.locate import ensure_changeable, open_environment
from trueup.errors import EnvironmentProblem, InterpreterNotFound, RequestError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a directory to work in, deep in a project."""
    folder = tmp_path / "project" / "src" / "deep"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return tmp_path / "project"


def test_the_running_environment_is_that_of_this_process() -> None:
    found = open_environment(running=True)
    assert found.running
    assert found.root == sys.prefix
    assert found.interpreter == interpreter_facts()
    assert found.scheme.purelib in sys.path


@pytest.mark.parametrize("named", ["sys.executable", "sys.prefix"])
def test_the_running_environment_is_recognised_by_any_name(named: str) -> None:
    assert open_environment(eval(named)).running


def test_another_environment_of_the_same_base_is_not_the_running_one(
    environment: Environment,
) -> None:
    found = open_environment(environment.root)
    assert not found.running
    assert found == environment


def test_an_environment_is_found_by_its_directory_and_by_its_python(
    stdlib_venv: Callable[..., Path], memory: str
) -> None:
    folder = stdlib_venv(need_python("3.9"))
    by_directory = open_environment(folder, memory=memory)
    assert by_directory.root == str(folder)
    assert by_directory.scheme.purelib == str(folder / "lib" / "python3.9" / "site-packages")
    assert open_environment(str(folder / "bin" / "python"), memory=memory) == by_directory
    assert open_environment(python=str(folder / "bin" / "python"), memory=memory) == by_directory


def test_a_version_means_the_interpreter_itself(memory: str) -> None:
    need_python("3.12")
    found = open_environment("3.12", memory=memory)
    assert found.interpreter.version[:2] == (3, 12)
    assert not found.interpreter.virtual


def test_an_active_environment_goes_before_that_of_the_project(
    project: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = create_environment(project / ".venv", interpreter_facts())
    assert open_environment() == inside
    monkeypatch.setenv("VIRTUAL_ENV", environment.root)
    assert open_environment() == environment


def test_an_active_environment_that_is_gone_is_named(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "gone"))
    with pytest.raises(EnvironmentProblem, match=r"VIRTUAL_ENV is .*gone"):
        open_environment()


def test_the_environment_of_the_project_is_found_from_deep_inside(project: Path) -> None:
    made = create_environment(project / ".venv", interpreter_facts())
    (project / "src" / ".venv").mkdir()  # an empty directory of that name is no environment
    assert open_environment() == made


@pytest.mark.parametrize("text", ["../elsewhere/env\n", "../elsewhere/env", "{absolute}\n"])
def test_a_redirect_file_leads_to_the_environment(text: str, project: Path, tmp_path: Path) -> None:
    made = create_environment(tmp_path / "elsewhere" / "env", interpreter_facts())
    (project / ".venv").write_text(text.format(absolute=made.root))
    assert open_environment() == made
    assert open_environment(project / ".venv") == made


@pytest.mark.parametrize(
    ("text", "reason"), [("", "on one line"), ("a\nb\n", "on one line"), ("gone", "not exist")]
)
def test_a_redirect_file_that_leads_nowhere_is_named(text: str, reason: str, project: Path) -> None:
    (project / ".venv").write_text(text)
    with pytest.raises(EnvironmentProblem, match=reason) as caught:
        open_environment()
    assert str(project / ".venv") in caught.value.problem


def test_where_nothing_is_said_and_nothing_there_it_is_the_running_one(project: Path) -> None:
    assert open_environment() == open_environment(running=True)


def test_an_environment_without_its_python_is_called_broken(environment: Environment) -> None:
    python = Path(environment.interpreter.executable)
    python.unlink()
    python.symlink_to("/gone/bin/python3.12")
    with pytest.raises(
        EnvironmentProblem, match=r"broken: its Python was /gone/bin/python3\.12"
    ) as caught:
        open_environment(environment.root)
    assert "--repair" in caught.value.hint
    Path(environment.state, "skeleton").unlink()
    with pytest.raises(EnvironmentProblem) as caught:
        open_environment(environment.root)
    assert "--clear" in caught.value.hint
    for program in Path(environment.scheme.scripts).glob("python*"):
        program.unlink()
    with pytest.raises(EnvironmentProblem, match="broken: it has no Python program"):
        open_environment(environment.root)


def test_a_directory_that_is_no_environment_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="is no Python environment") as caught:
        open_environment(tmp_path)
    assert "trueup venv" in caught.value.hint


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="absent does not exist"):
        open_environment(tmp_path / "absent")
    with pytest.raises(InterpreterNotFound, match=r"3\.99"):
        open_environment("3.99")


def test_more_than_one_choice_is_refused(environment: Environment) -> None:
    with pytest.raises(RequestError):
        open_environment(environment.root, python="3.12")
    with pytest.raises(RequestError):
        open_environment(environment.root, running=True)
    with pytest.raises(RequestError):
        open_environment(environment.root, prefix="a", target_directory="b")


def test_a_target_directory_takes_everything_flat(environment: Environment, tmp_path: Path) -> None:
    found = open_environment(environment.root, target_directory=tmp_path / "flat")
    flat = str(tmp_path / "flat")
    assert (found.scheme.purelib, found.scheme.platlib, found.scheme.data) == (flat, flat, flat)
    assert found.scheme.scripts == f"{flat}/bin"
    assert found.interpreter.scheme == environment.scheme
    assert found.root == flat
    assert found.state == f"{flat}/.trueup"
    assert not found.running


def test_a_prefix_takes_what_the_interpreter_lays_below_its_own(
    tmp_path: Path, memory: str
) -> None:
    python = need_python("3.9")
    found = open_environment(python, prefix=tmp_path / "opt", memory=memory)
    root = str(tmp_path / "opt")
    assert found.scheme.purelib == f"{root}/lib/python3.9/site-packages"
    assert found.scheme.scripts == f"{root}/bin"
    assert found.scheme.data == root
    assert found.scheme.headers == f"{root}/include/python3.9"


def test_an_externally_managed_python_is_not_changed_unless_told_to(
    environment: Environment,
) -> None:
    managed = replace(environment.interpreter, externally_managed="Ask your system.")
    system = replace(environment, interpreter=managed)
    with pytest.raises(EnvironmentProblem, match="PEP 668") as caught:
        ensure_changeable(system)
    assert caught.value.detail == "Ask your system."
    ensure_changeable(system, break_system_packages=True)


def test_a_target_directory_is_changed_whoever_manages_the_python(
    environment: Environment, tmp_path: Path
) -> None:
    managed = replace(environment.interpreter, externally_managed="Ask your system.")
    flat = replace(environment.scheme, purelib=str(tmp_path / "flat"))
    ensure_changeable(replace(environment, interpreter=managed, scheme=flat))


def test_a_directory_that_does_not_exist_yet_is_judged_by_the_one_above(
    environment: Environment, tmp_path: Path
) -> None:
    ensure_changeable(
        open_environment(environment.root, target_directory=tmp_path / "a" / "b" / "c")
    )
    (tmp_path / "file").write_text("")
    inside = open_environment(environment.root, target_directory=tmp_path / "file" / "b")
    with pytest.raises(EnvironmentProblem, match="file is no directory"):
        ensure_changeable(inside)


def problem_of_a_stranger(environment: Environment) -> str:
    """Return what `ensure_changeable` says to a user who owns nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            ensure_changeable(environment)
        except EnvironmentProblem as error:
            os.write(writing, error.problem.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.parametrize("name", ["purelib", "scripts"])
def test_a_directory_that_is_not_writable_is_named(name: str, environment: Environment) -> None:
    for folder in (environment.root, environment.scheme.purelib, environment.scheme.scripts):
        Path(folder).chmod(0o777)
    for above in Path(environment.root).parents:
        if above.stat().st_uid == os.getuid() and above.stat().st_mode & 0o001 == 0:
            above.chmod(0o711)
    assert problem_of_a_stranger(environment) == ""
    Path(environment.scheme.directory(name)).chmod(0o555)
    said = problem_of_a_stranger(environment)
    assert said.startswith(f"{environment.scheme.directory(name)} is not writable for you")
