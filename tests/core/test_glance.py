"""A glance answers "nothing to do" as long as everything that decided it looks the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from platformdirs import user_cache_dir
from support.command import LATELY, Shell
from trueup import glance

Break = Callable[[Shell], None]


def _command(shell: Shell) -> tuple[str, ...]:
    return ("install", "--no-index", "-f", str(shell.house), "-r", "wanted.txt")


def _sees(shell: Shell, *more: str, **variables: str) -> bool:
    """Whether the glance of a new process knows that there is nothing to do."""
    return shell.glances(*_command(shell), *more, **variables)


@pytest.fixture
def seen(shell: Shell) -> Shell:
    """A project whose environment a glance knows to be right."""
    (shell.root / "wanted.txt").write_text("alpha\n")
    assert shell(*_command(shell)).code == 0
    time.sleep(LATELY)
    assert shell(*_command(shell)).out.startswith("Nothing to do: 2")
    assert _sees(shell)
    return shell


def test_a_glance_says_what_was_said_before(seen: Shell) -> None:
    (Path(seen.variables["TRUEUP_CACHE_DIR"]) / "v1" / "interpreters").rename(seen.root / "away")
    done = seen(*_command(seen), TRUEUP_X="")
    assert done.out == f"Nothing to do: 2 distributions in {seen.environment.root}\n"


def _dist_info(shell: Shell) -> None:
    (shell.site / "beta-2.0.dist-info").rename(shell.root / "away")


def _stranger(shell: Shell) -> None:
    (shell.site / "stranger.py").touch()


def _entry_of_a_package(shell: Shell) -> None:
    (shell.site / "beta" / "only_2.py").unlink()


def _entry_of_metadata(shell: Shell) -> None:
    (shell.site / "beta-2.0.dist-info" / "RECORD").unlink()


def _edited_at_top_level(shell: Shell) -> None:
    os.utime(shell.site / "alpha", ns=(1, 1))


def _requirements(shell: Shell) -> None:
    (shell.root / "wanted.txt").write_text("alpha\ngamma\n")


def _requirements_gone(shell: Shell) -> None:
    (shell.root / "wanted.txt").unlink()


def _python(shell: Shell) -> None:
    program = Path(shell.environment.interpreter.executable)
    target = program.resolve()
    copy = shell.root / "copy"
    copy.write_bytes(target.read_bytes())
    program.unlink()
    program.symlink_to(copy)


def _configuration(shell: Shell) -> None:
    path = Path(shell.environment.root) / "pyvenv.cfg"
    path.write_text(path.read_text() + "x = 1\n")


def _program(shell: Shell) -> None:
    (Path(shell.environment.scheme.scripts) / "beta-run").unlink()


def _journal(shell: Shell) -> None:
    (Path(shell.environment.state) / "journal").touch()


def _environment_gone(shell: Shell) -> None:
    Path(shell.environment.root).rename(shell.root / "away")


def _another_environment(shell: Shell) -> None:
    """Somebody makes an environment that is found first."""
    Path(shell.environment.root).rename(shell.root / "away")
    (shell.root / ".venv").write_text("away\n")


@pytest.mark.parametrize(
    "break_it",
    [
        _dist_info, _stranger, _entry_of_a_package, _entry_of_metadata, _edited_at_top_level,
        _requirements, _requirements_gone, _python, _configuration, _program, _journal,
        _environment_gone, _another_environment,
    ],
)  # fmt: skip
def test_a_glance_does_not_answer_when_something_has_changed(seen: Shell, break_it: Break) -> None:
    break_it(seen)
    assert not _sees(seen)


def test_a_new_configuration_of_pip_breaks_it(seen: Shell) -> None:
    # The quiet surroundings of these tests name no file of pip at all: one that does is another.
    file = seen.root / "pip.conf"
    assert seen(*_command(seen), PIP_CONFIG_FILE=str(file)).code == 0
    assert _sees(seen, PIP_CONFIG_FILE=str(file))
    file.write_text("[install]\nupgrade = true\n")
    assert not _sees(seen, PIP_CONFIG_FILE=str(file))


def test_an_edit_of_a_configuration_of_pip_breaks_it(seen: Shell) -> None:
    file = seen.root / "pip.conf"
    file.write_text("[install]\nupgrade = false\n")
    time.sleep(LATELY)
    assert seen(*_command(seen), PIP_CONFIG_FILE=str(file)).code == 0
    assert _sees(seen, PIP_CONFIG_FILE=str(file))
    file.write_text("[install]\nno-deps = true\n")
    assert not _sees(seen, PIP_CONFIG_FILE=str(file))


def test_what_a_link_to_nothing_may_lead_to_is_beyond_a_glance(seen: Shell) -> None:
    file = seen.root / "pip.conf"
    file.symlink_to(seen.root / "missing")
    assert seen(*_command(seen), PIP_CONFIG_FILE=str(file)).code == 0
    assert not _sees(seen, PIP_CONFIG_FILE=str(file))


@pytest.mark.parametrize(
    "variables",
    [
        {"VIRTUAL_ENV": "/somewhere"},
        {"PATH": "/somewhere"},
        {"HOME": "/somewhere"},
        {"APPDATA": "/somewhere"},
        {"PIP_UPGRADE": "1"},
        {"UV_PYTHON": "3.12"},
        {"TRUEUP_RESOLVER": "pip"},
        {"TRUEUP_CACHE_DIR": "/somewhere"},
        {"XDG_CONFIG_HOME": "/somewhere"},
    ],
)
def test_a_glance_does_not_answer_under_other_variables(
    seen: Shell, variables: dict[str, str]
) -> None:
    assert not _sees(seen, **variables)


def test_a_glance_does_not_answer_elsewhere_or_to_other_words(seen: Shell) -> None:
    below = seen.at(seen.root / "below")
    (seen.root / "below" / "wanted.txt").write_text("alpha\n")
    assert not _sees(below)
    assert not _sees(seen, "--json")


def test_an_environment_that_is_made_nearer_breaks_it(seen: Shell) -> None:
    below = seen.at(seen.root / "below")
    (seen.root / "below" / "wanted.txt").write_text("alpha\n")
    time.sleep(LATELY)
    assert below(*_command(below)).out.startswith("Nothing to do")
    assert _sees(below)
    assert below("venv").code == 0
    assert not _sees(below)


def test_variables_in_a_requirement_file_are_beyond_a_glance(shell: Shell) -> None:
    (shell.root / "wanted.txt").write_text("beta==${WANTED}\n")
    assert shell(*_command(shell), WANTED="2.0").code == 0
    time.sleep(LATELY)
    assert shell(*_command(shell), WANTED="2.0").out.startswith("Nothing to do")
    assert not _sees(shell, WANTED="2.0")
    assert shell(*_command(shell), WANTED="1.0").code == 0
    assert shell.installed == {"beta": "1.0"}


@pytest.mark.parametrize("more", [("--no-cache",), ("--force-reinstall",), ("-U",), ("--exact",)])
def test_what_has_to_be_done_each_time_is_never_answered_by_a_glance(
    seen: Shell, more: tuple[str, ...]
) -> None:
    for _ in range(2):
        assert seen(*_command(seen), *more).code == 0
        time.sleep(LATELY)
    assert not _sees(seen, *more)


def test_what_warned_is_done_again_so_that_it_warns_again(shell: Shell) -> None:
    (shell.root / "wanted.txt").write_text("alpha\n")
    shell.works("--no-deps", "alpha", "clash")
    command = (*_command(shell), "--strict", "--no-deps")
    time.sleep(LATELY)
    for _ in range(3):
        done = shell(*command)
        assert done.code == 1
        assert "warning: alpha 1.0 needs beta>=1" in done.err


def test_a_spoilt_note_is_no_answer(seen: Shell) -> None:
    notes = (Path(seen.variables["TRUEUP_CACHE_DIR"]) / "v1" / "glances").iterdir()
    # The other one is of the install itself, for the next empty environment.
    (note,) = (one for one in notes if b"Nothing to do" in one.read_bytes())
    whole = note.read_bytes()
    for content in (b"", b"nonsense", whole[:-3], whole[1:]):
        note.write_bytes(content)
        assert not _sees(seen)
    note.write_bytes(whole)
    assert _sees(seen)


def test_a_glance_imports_next_to_nothing(seen: Shell) -> None:
    done, names = seen.imports(*_command(seen))
    assert done.code == 0
    assert done.out.startswith("Nothing to do")
    assert names <= {"__future__", "trueup", "trueup.__main__", "trueup.glance", "_blake2"}


def test_what_is_too_young_is_not_remembered(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    os.utime(place)
    assert glance.remember(["x"], "done", places=[str(place)]) is False
    assert glance.look(["x"]) is None


@pytest.mark.parametrize(("nanoseconds", "trusted"), [(0, False), (1, True)])
def test_where_a_clock_counts_in_seconds_more_is_too_young(nanoseconds: int, trusted: bool) -> None:
    now = time.time_ns()
    lately = now - now % 1_000_000_000 - 1_000_000_000 + nanoseconds
    marks = [("/somewhere", (lately, lately, 1, 1))]
    assert glance.remember(["x"], "done", places=[], marks=marks) is trusted


@pytest.mark.skipif(os.name == "nt", reason="nobody can delete the working directory there")
@pytest.mark.parametrize("words", [("install", "alpha"), ("sync", "alpha"), ("check",)])
def test_where_the_working_directory_is_gone_that_is_what_is_told(
    seen: Shell, words: tuple[str, ...]
) -> None:
    gone = seen.at(seen.root / "gone")
    code = (
        "import os, sys; os.rmdir(os.getcwd()); from trueup.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [gone.python, "-c", code, *words],
        cwd=gone.place,
        env=gone.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the working directory is not there any more\nhint: ")


def test_what_another_trueup_in_its_place_remembered_counts_for_nothing(seen: Shell) -> None:
    folder = seen.root / "copy" / "trueup"
    shutil.copytree(Path(glance.__file__).parent, folder, ignore=shutil.ignore_patterns("_*__"))
    seen.variables["PYTHONPATH"] = str(folder.parent)
    assert seen(*_command(seen)).code == 0
    assert _sees(seen)
    os.utime(folder / "glance.py")
    assert not _sees(seen)


def test_what_changed_while_the_answer_was_sought_is_not_remembered(tmp_path: Path) -> None:
    place = tmp_path / "place"
    began = time.time_ns()
    time.sleep(LATELY)
    place.mkdir()
    time.sleep(LATELY)
    assert glance.remember(["x"], "done", places=[str(place)], since=began) is False
    assert glance.remember(["x"], "done", places=[str(place)], since=time.time_ns()) is True


def test_what_was_seen_to_look_in_two_ways_is_not_remembered(tmp_path: Path) -> None:
    place = tmp_path / "place"
    before = glance.looks([str(tmp_path)])
    place.mkdir()
    time.sleep(LATELY)
    assert glance.remember(["x"], "done", places=[str(tmp_path)], marks=before) is False
    assert glance.remember(["x"], "done", places=[], marks=glance.looks([str(tmp_path)])) is True


@pytest.mark.parametrize("number", [1, 3, 4, 30])
def test_each_of_few_or_many_files_counts(tmp_path: Path, number: int) -> None:
    paths = [tmp_path / f"file {each} ä" for each in range(number)]
    for path in paths:
        path.write_text("1")
    time.sleep(LATELY)
    marks = glance.looks(map(str, paths))
    for path in paths:
        assert glance.remember(["x"], "done", places=[], marks=marks) is True
        assert glance.look(["x"]) == "done"
        times = path.stat()
        path.write_text("2")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert glance.look(["x"]) is None
        time.sleep(LATELY)
        marks = glance.looks(map(str, paths))


def test_an_answer_ends_with_its_time(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    time.sleep(LATELY)
    assert glance.remember(["x"], "done", places=[str(place)], seconds=60) is True
    assert glance.look(["x"]) == "done"
    assert glance.remember(["x"], "done", places=[str(place)], seconds=1e-9) is True
    assert glance.look(["x"]) is None
    for until, answer in ((time.time() + 60, "done"), (time.time() - 60, None)):
        assert glance.remember(["x"], "done", places=[str(place)], until=until) is True
        assert glance.look(["x"]) == answer


def test_two_commands_of_one_checksum_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    time.sleep(LATELY)
    assert glance.remember(["x"], "done", places=[str(place)])
    notes = Path(os.environ["TRUEUP_CACHE_DIR"]) / "v1" / "glances"
    (first,) = notes.iterdir()
    assert glance.remember(["y"], "else", places=[str(place)])
    (second,) = set(notes.iterdir()) - {first}
    second.write_bytes(first.read_bytes())
    assert glance.look(["y"]) is None


def test_passwords_among_the_words_and_variables_are_written_nowhere(shell: Shell) -> None:
    secrets = {"PIP_EXTRA_INDEX_URL": "http://user:hidden1@127.0.0.1:9/simple"}
    words = ("install", "--index-url", "http://user:hidden2@127.0.0.1:9/simple", "alpha")
    shell.works("alpha")
    time.sleep(LATELY)
    assert shell(*words, **secrets).out.startswith("Nothing to do")
    notes = list((Path(shell.variables["TRUEUP_CACHE_DIR"]) / "v1" / "glances").iterdir())
    assert any(b"Nothing to do" in note.read_bytes() for note in notes)
    assert not any(b"hidden" in note.read_bytes() for note in notes)


def test_a_store_that_cannot_be_written_to_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRUEUP_CACHE_DIR", str(tmp_path / "file"))
    time.sleep(LATELY)
    assert glance.remember(["x"], "done", places=[str(tmp_path)]) is False
    assert glance.look(["x"]) is None


@pytest.mark.parametrize("value", ["/somewhere/else", "", "  "])
def test_the_store_is_where_platformdirs_would_have_it(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRUEUP_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert glance.store_root() == user_cache_dir("trueup", appauthor=False)
    monkeypatch.setenv("TRUEUP_CACHE_DIR", "~/store")
    assert glance.store_root() == os.path.expanduser("~/store")


def test_of_a_family_of_variables_none_may_come_or_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time.sleep(LATELY)
    monkeypatch.setenv("TUNED_HOME", "here")
    assert glance.remember(["x"], "done", places=[str(tmp_path)], unset=["TUNED_*", "OTHER"])
    assert glance.look(["x"]) == "done"
    for name in ("TUNED_MORE", "OTHER"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "")
            assert glance.look(["x"]) is None
    monkeypatch.delenv("TUNED_HOME")
    assert glance.look(["x"]) is None
