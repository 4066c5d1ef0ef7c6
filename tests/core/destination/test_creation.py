"""Virtual environments work as those of the standard library do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.interpreters import TARGETS, need_python
from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.locate import open_environment
from trueup.errors import EnvironmentProblem


def tell(python: str | Path, code: str) -> str:
    """Return what a Python prints."""
    command = [str(python), "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def bash(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script],
        capture_output=True,
        check=False,
        text=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
    )


@pytest.mark.parametrize("version", TARGETS)
def test_an_environment_works_and_is_what_it_says(
    version: str, tmp_path: Path, memory: str
) -> None:
    python = need_python(version)
    made = create_environment(
        tmp_path / "env", interpreter_facts(python, memory=memory), memory=memory
    )
    code = (
        "import sys, sysconfig, os; p = sysconfig.get_paths(); "
        "print(sys.prefix, sys.base_prefix != sys.prefix, p['purelib'], p['purelib'] in sys.path,"
        " '%d.%d' % sys.version_info[:2])"
    )
    folder = str(tmp_path / "env")
    site = f"{folder}/lib/python{version}/site-packages"
    for name in ("python", "python3", f"python{version}"):
        told = tell(tmp_path / "env" / "bin" / name, code)
        assert told == f"{folder} True {site} True {version}"
    assert made.scheme.purelib == site
    assert made.interpreter == interpreter_facts(made.interpreter.executable)
    assert os.path.realpath(f"{folder}/lib64") == f"{folder}/lib"
    assert Path(folder, ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("version", TARGETS)
def test_an_environment_holds_what_the_standard_library_would_put_there(
    version: str, tmp_path: Path, stdlib_venv: Callable[..., Path], memory: str
) -> None:
    python = need_python(version)
    theirs = stdlib_venv(python)
    create_environment(tmp_path / "env", interpreter_facts(python, memory=memory))

    def names(folder: Path) -> set[str]:
        return {str(path.relative_to(folder)) for path in folder.rglob("*")}

    added = {
        ".gitignore",
        ".trueup",
        ".trueup/skeleton",
        f"bin/python{version}",
        f"include/python{version}",
    }
    assert names(tmp_path / "env") - names(theirs) <= added
    assert names(theirs) - names(tmp_path / "env") <= added


def test_a_module_put_there_is_imported_and_the_base_has_none_of_it(tmp_path: Path) -> None:
    made = create_environment(tmp_path / "env", interpreter_facts())
    Path(made.scheme.purelib, "only_here.py").write_text("answer = 42\n")
    assert tell(made.interpreter.executable, "import only_here; print(only_here.answer)") == "42"
    gone = subprocess.run(
        [made.interpreter.base_executable, "-c", "import only_here"],
        capture_output=True,
        check=False,
    )
    assert gone.returncode == 1


def test_an_environment_whose_base_is_remembered_is_opened_without_starting_it(
    tmp_path: Path,
) -> None:
    python = Path(need_python("3.12")).parent / "python"  # a name that is a link to python3.12
    if not python.is_symlink():
        pytest.skip(f"{python} is no link")
    memory = str(tmp_path / "memory")
    base = interpreter_facts(str(python), memory=memory)
    before = sorted(os.listdir(memory))
    made = create_environment(tmp_path / "env", base, memory=memory)
    assert open_environment(made.root, memory=memory) == made
    assert sorted(os.listdir(memory)) == before  # what is started is remembered


def test_an_environment_of_an_environment_has_the_same_base(tmp_path: Path, memory: str) -> None:
    python = need_python("3.12")
    first = create_environment(tmp_path / "one", interpreter_facts(python, memory=memory))
    second = create_environment(tmp_path / "two", first.interpreter)
    assert second.interpreter.base_executable == os.path.realpath(python)
    assert tell(second.interpreter.executable, "import sys; print(sys.prefix)") == str(
        tmp_path / "two"
    )
    assert str(tmp_path / "one") not in (tmp_path / "two" / "pyvenv.cfg").read_text()


@pytest.mark.parametrize("wanted", [True, False])
def test_system_site_packages_are_seen_when_asked_for(wanted: bool, tmp_path: Path) -> None:
    made = create_environment(tmp_path / "env", interpreter_facts(), system_site_packages=wanted)
    base = tell(
        made.interpreter.base_executable, "import sysconfig; print(sysconfig.get_path('purelib'))"
    )
    assert tell(made.interpreter.executable, f"import sys; print({base!r} in sys.path)") == str(
        wanted
    )


def test_pip_and_uv_take_it_for_an_environment(tmp_path: Path) -> None:
    made = create_environment(tmp_path / "env", interpreter_facts())
    python = made.interpreter.executable
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "list"],
        capture_output=True,
        check=False,
        text=True,
    )
    if "No module named pip" in listed.stderr:
        pytest.skip("no pip beside the tests")
    assert listed.returncode == 0, listed.stderr
    uv = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "list", "--python", python],
        capture_output=True,
        check=False,
    )
    if b"No module named uv" in uv.stderr:
        pytest.skip("no uv beside the tests")
    assert uv.returncode == 0, uv.stderr


ODD_NAMES = [
    "plain",
    "with space",
    "quo'te",
    'dou"ble',
    "$HOME",
    "$(touch ran)",
    "`touch ran`",
    "back\\slash",
    "semi;touch ran",
    "exclam!ation",
    "üñí",
    "-dash",
    "'; touch ran; '",
    '"; touch ran; "',
    "*",
    "#",
    "&& touch ran",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_activation_in_bash_does_what_it_should_and_nothing_else(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    create_environment(folder, interpreter_facts())
    work = tmp_path / "work dir"
    work.mkdir()
    script = (
        'PS1="$ "; before=$PATH; . "$0/bin/activate" && printf "%s\\n" "$VIRTUAL_ENV"'
        " && command -v python"
        ' && python -c "import sys; print(sys.prefix)" && : "${PS1@P}" && deactivate'
        ' && [ "$PATH" = "$before" ] && [ -z "$VIRTUAL_ENV" ] && echo restored'
    )
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script, str(folder)],
        capture_output=True,
        check=False,
        text=True,
        cwd=work,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.stdout.splitlines() == [
        str(folder),
        f"{folder}/bin/python",
        str(folder),
        "restored",
    ], done.stderr
    assert list(work.iterdir()) == []


def test_activation_works_in_a_plain_posix_shell(tmp_path: Path) -> None:
    create_environment(tmp_path / "an env", interpreter_facts())
    done = subprocess.run(
        ["dash", "-c", '. "$0/bin/activate"; command -v python', str(tmp_path / "an env")],
        capture_output=True,
        check=False,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.stdout.strip() == str(tmp_path / "an env" / "bin" / "python")


@pytest.mark.parametrize(
    ("prompt", "shown"), [(None, "env"), ("my prompt", "my prompt"), (".", "work")]
)
def test_the_prompt_is_what_was_asked_for(
    prompt: str | None, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    create_environment(tmp_path / "env", interpreter_facts(), prompt=prompt)
    done = bash(f'PS1="$ "; . "{tmp_path}/env/bin/activate"; echo "$PS1"', tmp_path)
    assert done.stdout.strip() == f"({shown}) $"
    config = (tmp_path / "env" / "pyvenv.cfg").read_text()
    assert ("prompt = " in config) is (prompt is not None)


def test_a_prompt_cannot_add_lines_to_the_configuration(tmp_path: Path) -> None:
    create_environment(tmp_path / "env", interpreter_facts(), prompt="x\nhome = /tmp\n")
    config = (tmp_path / "env" / "pyvenv.cfg").read_text()
    assert [line for line in config.splitlines() if line.startswith("home")] == config.splitlines()[
        :1
    ]


@pytest.mark.parametrize(
    ("name", "reason"), [("a:b", "separates the directories of PATH"), ("a\nb", "a line break")]
)
def test_a_name_that_no_environment_can_have_is_refused(
    name: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentProblem, match=reason):
        create_environment(tmp_path / name, interpreter_facts())
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "thesis.txt").write_text("years of work")
    with pytest.raises(
        EnvironmentProblem, match=r"env is not empty and no virtual environment"
    ) as caught:
        create_environment(tmp_path / "env", interpreter_facts())
    assert "--clear" in caught.value.hint
    assert [path.name for path in (tmp_path / "env").iterdir()] == ["thesis.txt"]


def test_a_directory_with_something_in_it_is_taken_when_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "log.txt").write_text("kept")
    made = create_environment(tmp_path / "env", interpreter_facts(), allow_existing=True)
    assert tell(made.interpreter.executable, "print(1)") == "1"
    assert (tmp_path / "env" / "log.txt").read_text() == "kept"


def test_clear_takes_everything_away_and_leaves_nothing_beside(tmp_path: Path) -> None:
    made = create_environment(tmp_path / "env", interpreter_facts())
    Path(made.scheme.purelib, "old.py").write_text("")
    locked = Path(made.scheme.purelib, "locked")
    locked.mkdir()
    (locked / "file").write_text("")
    locked.chmod(0o500)
    made = create_environment(tmp_path / "env", interpreter_facts(), clear=True)
    assert os.listdir(made.scheme.purelib) == []
    assert [path.name for path in tmp_path.iterdir()] == ["env"]
    assert tell(made.interpreter.executable, "print(1)") == "1"


def test_clear_follows_a_link_and_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "old").write_text("")
    (tmp_path / "env").symlink_to("real")
    create_environment(tmp_path / "env", interpreter_facts(), clear=True)
    assert (tmp_path / "env").is_symlink()
    assert not (tmp_path / "real" / "old").exists()
    assert (tmp_path / "real" / "pyvenv.cfg").is_file()


def test_clear_never_takes_a_home_or_a_running_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "file").write_text("")
    monkeypatch.setenv("HOME", str(home))
    for target in (home, tmp_path, Path(sys.prefix), Path("/")):
        with pytest.raises(EnvironmentProblem, match="will not be cleared"):
            create_environment(target, interpreter_facts(), clear=True)
    assert (home / "file").exists()


def test_an_environment_is_renewed_for_another_interpreter(tmp_path: Path, memory: str) -> None:
    for version in ("3.9", "3.12"):
        python = interpreter_facts(need_python(version), memory=memory)
        made = create_environment(tmp_path / "env", python)
        assert (
            tell(made.interpreter.executable, "import sys; print('%d.%d' % sys.version_info[:2])")
            == version
        )
    assert not os.path.lexists(tmp_path / "env" / "bin" / "python3.9")


def test_an_interpreter_that_is_gone_makes_no_environment(tmp_path: Path) -> None:
    gone = replace(
        interpreter_facts(), base_executable=str(tmp_path / "gone"), base_prefix=str(tmp_path)
    )
    with pytest.raises(
        EnvironmentProblem, match="gone, which the virtual environment is to be made from"
    ):
        create_environment(tmp_path / "env", gone)
    assert not (tmp_path / "env" / "pyvenv.cfg").exists()


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="file is no directory"):
        create_environment(tmp_path / "file", interpreter_facts())
    with pytest.raises(EnvironmentProblem, match="no virtual environment can be made at"):
        create_environment(tmp_path / "file" / "env", interpreter_facts())
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(EnvironmentProblem, match="link is a link to nothing"):
        create_environment(tmp_path / "link", interpreter_facts())


# Stops the creation before each of its changes in turn, as a kill would.
KILLED = """
import os, signal, sys
from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.locate import open_environment
interpreter, left = interpreter_facts(), int(sys.argv[2])
changes = {"os.mkdir", "os.rename", "os.symlink", "os.remove"}
def hook(event, arguments):
    global left
    if event in changes or (event == "open" and arguments[1] == "w"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
create_environment(sys.argv[1], interpreter)
"""


def test_a_kill_leaves_nothing_that_works_by_half(tmp_path: Path) -> None:
    completed = False
    for step in range(60):
        folder = tmp_path / f"env{step}"
        done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(step)], check=False)
        python = folder / "bin" / "python"
        if done.returncode == 0:
            completed = True
            break
        assert done.returncode == -signal.SIGKILL
        # whatever can be started must be the environment's, whole, and never the base interpreter's
        if python.exists():
            assert tell(python, "import sys; print(sys.prefix)") == str(folder)
            assert (folder / "bin" / "activate").is_file()
    assert completed
    assert step > 10
    # and what was left can be made whole
    made = create_environment(tmp_path / f"env{step - 1}", interpreter_facts(), clear=True)
    assert tell(made.interpreter.executable, "import sys; print(sys.prefix)") == made.root
