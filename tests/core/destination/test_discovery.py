"""Interpreters are found by version, by name and by path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.interpreters import TARGETS, need_python
from trueup.destination.creation import create_environment
from trueup.destination.discovery import find_interpreter
from trueup.destination.facts import interpreter_facts
from trueup.errors import InterpreterNotFound


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide every interpreter but the running one, and give a directory that is on PATH."""
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def other() -> tuple[str, str]:
    """Return version and path of an interpreter that is not the running one."""
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    version = next(version for version in ("3.12", "3.13") if version != running)
    return version, need_python(version)


def version_of(path: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2], sys.prefix == sys.base_prefix)"
    return subprocess.run(
        [path, "-I", "-c", code], capture_output=True, check=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize("version", TARGETS)
def test_a_version_finds_a_base_interpreter_of_that_version(version: str, memory: str) -> None:
    need_python(version)
    assert version_of(find_interpreter(version, memory=memory)) == f"{version} True"


@pytest.mark.parametrize(
    "request_text", ["python3.12", "py312", "cpython3.12", ">=3.12,<3.13", "==3.12.*", "~=3.12.0"]
)
def test_a_name_or_a_specifier_finds_what_it_says(request_text: str, memory: str) -> None:
    need_python("3.12")
    assert version_of(find_interpreter(request_text, memory=memory)) == "3.12 True"


def test_the_running_interpreter_comes_first(nothing: Path, memory: str) -> None:
    found = find_interpreter(">=3", memory=memory)
    assert found == os.path.realpath(sys.executable)
    assert find_interpreter("python", memory=memory) == found


def test_a_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "python").write_text("")
    monkeypatch.chdir(tmp_path)
    assert find_interpreter("./python") == str(tmp_path / "python")
    with pytest.raises(InterpreterNotFound, match="absent does not exist"):
        find_interpreter("./absent")
    with pytest.raises(InterpreterNotFound, match="is a directory"):
        find_interpreter(str(tmp_path))


def test_one_on_path_is_found_past_names_that_do_not_work(nothing: Path, memory: str) -> None:
    version, python = other()
    broken = nothing / f"python{version}"
    broken.write_text("#!/bin/sh\necho 'version manager: not installed' >&2\nexit 127\n")
    broken.chmod(0o755)
    with pytest.raises(InterpreterNotFound, match=f"no Python fits '{version}'") as caught:
        find_interpreter(version, memory=memory)
    assert str(broken) in caught.value.detail
    (nothing / "python3").symlink_to(python)
    assert os.path.samefile(find_interpreter(version, memory=memory), python)


def test_a_virtual_environment_on_path_stands_for_its_base(
    nothing: Path, tmp_path: Path, memory: str
) -> None:
    version, python = other()
    made = create_environment(tmp_path / "env", interpreter_facts(python, memory=memory))
    (nothing / "python3").symlink_to(made.interpreter.executable)
    os.environ["PATH"] = made.scheme.scripts
    assert find_interpreter(version, memory=memory) == os.path.realpath(python)


@pytest.mark.parametrize(
    ("variable", "below", "name"),
    [
        ("PYENV_ROOT", "versions", "{}.1"),
        ("UV_PYTHON_INSTALL_DIR", "", "cpython-{}.1-linux-x86_64-gnu"),
    ],
)
def test_one_of_a_version_manager_is_found(
    variable: str, below: str, name: str, nothing: Path, tmp_path: Path, memory: str
) -> None:
    version, python = other()
    installed = tmp_path / variable / below / name.format(version)
    installed.parent.mkdir(parents=True)
    installed.symlink_to(Path(python).parent.parent)
    assert os.path.samefile(find_interpreter(version, memory=memory), python)


def test_names_of_version_managers_save_asking_what_cannot_fit(
    nothing: Path, tmp_path: Path, memory: str
) -> None:
    version, _python = other()
    program = tmp_path / "PYENV_ROOT" / "versions" / "3.9.1" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\n: > "{tmp_path}/asked"\n')
    program.chmod(0o755)
    with pytest.raises(InterpreterNotFound):
        find_interpreter(version, memory=memory)
    assert not (tmp_path / "asked").exists()
    with pytest.raises(InterpreterNotFound):
        find_interpreter("3.9", memory=memory)
    assert (tmp_path / "asked").exists()


def test_a_relative_entry_of_path_starts_nothing(
    nothing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: str
) -> None:
    version, python = other()
    (tmp_path / f"python{version}").symlink_to(python)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([".", str(nothing)]))
    with pytest.raises(InterpreterNotFound):
        find_interpreter(version, memory=memory)


@pytest.mark.parametrize("request_text", ["no-such-program", ">=", "pypy3.10", "3.99", "3.12.999"])
def test_what_is_not_there_is_named(request_text: str, nothing: Path, memory: str) -> None:
    with pytest.raises(InterpreterNotFound, match=request_text) as caught:
        find_interpreter(request_text, memory=memory)
    assert caught.value.hint
