"""Commands: what is written starts the interpreter of the environment, whatever its path."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from support.housing import make_pack, new_environment, put
from trueup.acquisition.pack import Pack
from trueup.destination.environment import Environment
from trueup.destination.facts import interpreter_facts
from trueup.installation.scripts import _parsed_sections, _plain_sections, commands_of

posix = pytest.mark.skipif(os.name == "nt", reason="launchers are programs on Windows")

DATA = "demo-1.0.data/scripts"
MODULE = """
import sys

class Group:
    @staticmethod
    def main():
        print(sys.executable, *sys.argv[1:])
        return 3

def run():
    print("ran", sys.argv[0].rpartition("/")[2])
"""
ENTRY_POINTS = """
[console_scripts]
plain = demo:run
Nested.Name = demo:Group.main [extra]
spaced   =   demo : run
[gui_scripts]
windowed = demo:run
[other.group]
not-a-command = demo:run
[console_scripts.more]
neither = demo:run
"""


def pack_with(folder: Path, files: Mapping[str, str | bytes], entry_points: str = "") -> Pack:
    return make_pack(folder, files={"demo.py": MODULE, **files}, entry_points=entry_points)


def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([command, *arguments], capture_output=True, text=True, check=False)


@posix
def test_entry_points_become_commands_that_run(tmp_path: Path, environment: Environment) -> None:
    put(environment, [pack_with(tmp_path, {}, ENTRY_POINTS)])
    scripts = Path(environment.scheme.scripts)
    for name in ("plain", "spaced", "windowed"):
        assert run(str(scripts / name)).stdout == f"ran {name}\n"
    done = run(str(scripts / "Nested.Name"), "one", "two words")
    assert done.stdout == f"{environment.interpreter.executable} one two words\n"
    assert done.returncode == 3
    assert not {"not-a-command", "neither"} & set(os.listdir(scripts))


@posix
@pytest.mark.parametrize(
    "name", ["with space", "quote'd", "long" * 40, "dollar$HOME", "back`tick"], ids=lambda n: n[:12]
)
def test_commands_run_in_environments_with_awkward_paths(tmp_path: Path, name: str) -> None:
    environment = new_environment(tmp_path / name)
    shipped = {f"{DATA}/shipped": "#!python\nimport sys\nprint(sys.prefix)\n"}
    put(environment, [pack_with(tmp_path, shipped, ENTRY_POINTS)])
    scripts = Path(environment.scheme.scripts)
    assert run(str(scripts / "plain"), "a b").stdout == "ran plain\n"
    assert run(str(scripts / "shipped")).stdout == f"{environment.root}\n"


@posix
@pytest.mark.parametrize(
    "first", ["#!python", "#!pythonw", "#!python3", "#!python -O", "#!python\r"]
)
def test_the_placeholder_is_replaced_as_a_whole(tmp_path: Path, first: str) -> None:
    pack = pack_with(tmp_path, {f"{DATA}/shipped": f"{first}\nprint('\u00e9')\n"})
    interpreter = replace(interpreter_facts(), executable="/env/bin/python3.11")
    text = "#!/env/bin/python3.11\nprint('\u00e9')\n"
    assert commands_of(pack, interpreter) == [("shipped", text.encode())]


@posix
def test_other_scripts_are_written_as_they_are(tmp_path: Path, environment: Environment) -> None:
    program = b"\x7fELF" + os.urandom(100_000)
    files: dict[str, str | bytes] = {
        f"{DATA}/program": program,
        f"{DATA}/shell": "#!/bin/sh\necho shell\n",
        f"{DATA}/environment": "#!/usr/bin/env python\n",
        f"{DATA}/empty": "",
        f"{DATA}/almost": "#!pytho",
    }
    put(environment, [pack_with(tmp_path, files)])
    scripts = Path(environment.scheme.scripts)
    assert (scripts / "program").read_bytes() == program
    assert run(str(scripts / "shell")).stdout == "shell\n"
    for name in ("program", "shell", "environment", "empty", "almost"):
        assert os.access(scripts / name, os.X_OK)
    assert (scripts / "almost").read_text() == "#!pytho"


def test_commands_are_sorted_and_percent_signs_are_nothing_special(tmp_path: Path) -> None:
    entry_points = "[console_scripts]\nb = demo:run\na%s = demo:run\n"
    pack = pack_with(tmp_path, {f"{DATA}/c": "#!python\n"}, entry_points)
    names = [name.removesuffix(".exe") for name, _ in commands_of(pack, interpreter_facts())]
    assert names == ["a%s", "b", "c"]


def test_a_pack_without_commands_has_none(tmp_path: Path) -> None:
    assert commands_of(pack_with(tmp_path, {}), interpreter_facts()) == []


@posix
def test_a_launcher_imports_nothing_but_what_it_starts(
    tmp_path: Path, environment: Environment
) -> None:
    listing = {"demo.py": "import sys\ndef run(): print('re' in sys.modules)\n"}
    put(environment, [make_pack(tmp_path, files=listing, entry_points=ENTRY_POINTS)])
    command = os.path.join(environment.scheme.scripts, "plain")
    library = environment.scheme.purelib
    script = f"import sys; sys.path.insert(0, {library!r}); exec(open({command!r}).read())"
    done = run(environment.interpreter.executable, "-S", "-E", "-c", script)
    assert (done.stdout, done.stderr) == ("False\n", "")


_WORDS = ["console_scripts", "a", "b.c", "Ä", "=", ":", " ", "\t", "\n", "\r", "[", "]", "#", ";"]
_WORDS += ["[console_scripts]\n", "name = mod:attr\n", "\x0c", "DEFAULT", "\\", "%"]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=14).map("".join))
def test_what_is_read_without_the_parser_is_what_the_parser_reads(text: str) -> None:
    plain = _plain_sections(text)
    event("plain" if plain is not None else "parsed")
    assert plain is None or plain == _parsed_sections(text)


def test_the_usual_form_needs_no_parser() -> None:
    assert _plain_sections(ENTRY_POINTS) == _parsed_sections(ENTRY_POINTS)
    assert _plain_sections("[console_scripts]\r\nrun = demo:run [x]\r\n") is not None
