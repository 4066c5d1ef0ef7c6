"""An install that was done once is done again in another empty environment, without a parser."""

from __future__ import annotations

import marshal
import shutil
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.command import LATELY, Done, Shell
from support.wheels import make_wheel
from trueup.api.repeat import repeat_from
from trueup.cli.repetition import _split
from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.installed import read_installed
from trueup.destination.locate import open_environment
from trueup.installation.damage import find_damage

Break = Callable[[Shell], object]
PARSER = "trueup.resolution.install_grammar"


def _install(shell: Shell, place: Path, *more: str | Path, **variables: str) -> tuple[Done, bool]:
    """Install what is wanted into a new environment; return what came, and whether it parsed."""
    if not place.exists():
        create_environment(str(place), interpreter_facts(sys.executable))
    wanted = ("install", "--no-index", "-f", shell.house, "-r", "wanted.txt")
    done = shell(*wanted, "-p", place, *more, PYTHONPROFILEIMPORTTIME="1", **variables)
    loaded = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    return done, PARSER in loaded


@pytest.fixture
def once(shell: Shell) -> Shell:
    """A project that has been installed once, by the same words."""
    own = replace(shell, house=shell.root / "house")
    shutil.copytree(shell.house, own.house)
    (shell.root / "wanted.txt").write_text("alpha\ngamma\n")
    time.sleep(LATELY)
    done, parsed = _install(own, own.root / "first")
    assert (done.code, parsed) == (0, True), done.err
    return own


def test_what_was_edited_while_it_was_carried_out_is_read_again(once: Shell) -> None:
    wanted = once.root / "wanted.txt"
    for place in ("held", "other"):
        create_environment(str(once.root / place), interpreter_facts(sys.executable))
    words = ("install", "--no-index", "-f", once.house, "-r", "wanted.txt", "--no-progress", "-p")
    held = open_environment(once.root / "held")
    done = once.overtaken(held, lambda: wanted.write_text("gamma\n"), *words, once.root / "held")
    assert " + alpha 1.0" in done.out
    assert once(*words, once.root / "other").out.splitlines()[:-1] == [" + gamma 1.0"]


def test_the_same_words_need_not_be_parsed_for_another_environment(once: Shell) -> None:
    done, parsed = _install(once, once.root / "other")
    assert not parsed
    lines = done.out.splitlines()
    assert lines[:3] == [" + alpha 1.0", " + beta 2.0", " + gamma 1.0"]
    assert lines[3] == f"Installed 3 distributions in {once.root / 'other'}"
    # A word that changes nothing, and that nobody has said before: the usual way.
    _, parsed = _install(once, once.root / "third", "--no-progress")
    assert parsed
    assert _files(once.root / "other") == _files(once.root / "third")


def _files(place: Path) -> dict[str, str]:
    """Return name and content of what was installed, but for the environment's own path."""
    found = [*(place / "lib").rglob("*"), *(place / "bin").glob("beta*")]
    return {
        str(path.relative_to(place)): path.read_text().replace(str(place), "")
        for path in found
        if path.is_file() and path.name != "RECORD"  # it has the digest of that command
    }


def test_what_is_put_in_place_so_is_whole(once: Shell) -> None:
    place = once.root / "other"
    _install(once, place)
    environment = open_environment(place)
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}
    done, _ = _install(once, place)
    assert done.out.startswith("Nothing to do: 3")


def test_the_flag_may_be_written_in_one_word(once: Shell) -> None:
    words = ("install", "--no-index", "-f", once.house, "-r", "wanted.txt")
    for name in ("one", "two"):
        place = once.root / name
        create_environment(str(place), interpreter_facts(sys.executable))
        done = once(*words, f"--python={place}", PYTHONPROFILEIMPORTTIME="1")
        assert f"Installed 3 distributions in {place}" in done.out
    assert PARSER not in done.err


def _requirements(shell: Shell) -> None:
    (shell.root / "wanted.txt").write_text("alpha\nbeta\ngamma\n")


def _house(shell: Shell) -> None:
    make_wheel(shell.house, "beta", "3.0")


def _settings_of_uv(shell: Shell) -> None:
    (shell.root / "uv.toml").write_text("[pip]\npre = true\n")


def _settings_of_pip(shell: Shell) -> None:
    place = Path(shell.variables["XDG_CONFIG_HOME"]) / "pip"
    place.mkdir(parents=True)
    (place / "pip.conf").write_text("[install]\npre = true\n")


def _store(shell: Shell) -> None:
    packs = Path(shell.variables["TRUEUP_CACHE_DIR"]) / "v1" / "packs"
    next(packs.glob("*.pack")).unlink()


def _damaged(shell: Shell) -> None:
    packs = Path(shell.variables["TRUEUP_CACHE_DIR"]) / "v1" / "packs"
    pack = next(packs.glob("*.pack"))
    content = bytearray(pack.read_bytes())
    content[70] ^= 1
    pack.write_bytes(content)


def _open_to_others(shell: Shell) -> None:
    (Path(shell.variables["TRUEUP_CACHE_DIR"]) / "v1" / "glances").chmod(0o777)


def _not_empty(shell: Shell) -> None:
    make_wheel(shell.root / "more", "delta")
    place = shell.root / "other"
    create_environment(str(place), interpreter_facts(sys.executable))
    shell("install", "--no-index", "-f", shell.root / "more", "-p", place, "delta")


@pytest.mark.parametrize(
    "break_it",
    [
        _requirements,
        _house,
        _settings_of_uv,
        _settings_of_pip,
        _store,
        _damaged,
        _open_to_others,
        _not_empty,
    ],
)
def test_where_anything_has_changed_the_usual_way_is_gone(once: Shell, break_it: Break) -> None:
    break_it(once)
    done, parsed = _install(once, once.root / "other")
    assert parsed
    assert done.code == 0
    assert "Installed 3 distributions" in done.out
    newest = "3.0" if break_it is _house else "2.0"
    assert f" + beta {newest}" in done.out


@pytest.mark.parametrize("more", [("-v",), ("--dry-run",), ("--json",), ("--report", "r.json")])
def test_what_tells_or_does_more_is_parsed_each_time(once: Shell, more: tuple[str, ...]) -> None:
    for name in ("one", "two"):
        done, parsed = _install(once, once.root / name, *more)
        assert (done.code, parsed) == (0, True)


def test_another_kind_of_interpreter_is_asked_for_anew(once: Shell) -> None:
    place = once.root / "other"
    create_environment(str(place), interpreter_facts(sys.executable))
    for note in (Path(once.variables["TRUEUP_CACHE_DIR"]) / "v1" / "interpreters").iterdir():
        told = marshal.loads(note.read_bytes()[4:])
        if note.name.startswith("interpreter-"):
            told["answer"]["markers"]["python_full_version"] = "1.0"
        content = marshal.dumps(told, 4)
        note.write_bytes(zlib.crc32(content).to_bytes(4, "big") + content)
    _, parsed = _install(once, place)
    assert parsed


def test_a_local_project_is_looked_at_each_time(once: Shell) -> None:
    project = once.root / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "own"\nversion = "1"\n')
    shutil.rmtree(once.root / "first")
    (once.root / "wanted.txt").write_text("alpha\n./project\n")
    for name in ("one", "two"):
        _, parsed = _install(once, once.root / name, "--dry-run")
        assert parsed


def _told(**changes: object) -> dict[str, object]:
    from trueup.version import __version__

    told: dict[str, object] = {
        "packs": (),
        "interpreter": (),
        "compiled": None,
        "told": time.time() - 60,
        "lasting": False,
        "verbosity": 0,
        "progress": True,
        "color": "auto",
        "writer": __version__,
    }
    return told | changes


def test_an_answer_grows_too_old_but_for_whoever_is_offline() -> None:
    assert repeat_from(_told()) is not None
    assert repeat_from(_told(told=time.time() - 700)) is None
    assert repeat_from(_told(told=time.time() + 60)) is None
    assert repeat_from(_told(told=time.time() - 700, lasting=True)) is not None


def test_what_another_version_remembered_counts_for_nothing() -> None:
    assert repeat_from(_told(writer="0.0.1")) is None
    assert repeat_from("Nothing to do") is None


@pytest.mark.parametrize(
    "words",
    [
        ["install", "-p"],
        ["install", "-p", "-r", "x"],
        ["install", "--python=", "x"],
        ["install", "-p", "one", "--python", "two", "x"],
    ],
)
def test_words_that_name_no_environment_or_two_are_left_to_the_parser(words: list[str]) -> None:
    assert _split(words) is None
