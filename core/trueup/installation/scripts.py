"""The commands that a distribution brings: made from entry points, or shipped in the wheel."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from trueup.acquisition.pack import Pack
from trueup.destination.environment import Interpreter

__all__ = ["Command", "commands_of"]

Command = tuple[str, bytes]
"""File name and content."""

_SECTIONS = ("console_scripts", "gui_scripts")
_LONGEST = 127  # bytes of a first line, "#!" and line end included, that every kernel reads
_START = b"#!python"
_HEADER = re.compile(r"\[[\w.-]+\]")
_NAME = re.compile(r"[\w.-]+")
_PLACEHOLDER = re.compile(_START + rb"(w?)[^\r\n]*\r?\n?")


def commands_of(pack: Pack, interpreter: Interpreter) -> list[Command]:
    """Return the commands to write into the scripts directory, sorted by name.

    Entry points become launchers; scripts that the wheel ships get the interpreter's path where the
    placeholder is in their first line (PEP 427). A script without it (a program such as ruff's, of
    many megabytes) is not among them: it is written as it is.
    """
    return sorted([*_generated(pack, interpreter), *_rewritten(pack, interpreter)])


def _generated(pack: Pack, interpreter: Interpreter) -> list[Command]:
    place = f"{pack.root}/{pack.dist_info}/entry_points.txt"
    if pack.find(place) is None:
        return []
    text = pack.read(place).decode()
    sections = _plain_sections(text)
    if sections is None:
        sections = _parsed_sections(text)
    make = _windows_launcher if os.name == "nt" else _posix_launcher
    return [
        make(name, value.partition("[")[0], section, interpreter.executable)
        for section in _SECTIONS
        for name, value in sections.get(section, {}).items()
    ]


def _plain_sections(text: str) -> dict[str, dict[str, str]] | None:
    """Return what entry_points.txt says; None where it is not as plain as nearly every one is.

    A line is empty, the name of a section in brackets, or `name = value`; for comments, values that
    go on, and names that occur twice, there is the parser. Importing that takes as long as writing
    a small distribution, and reading with it ten times as long as this.
    """
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] | None = None
    for each in text.split("\n"):
        line = each.rstrip()
        if _HEADER.fullmatch(line) and line[1:-1] not in sections and line != "[DEFAULT]":
            section = sections[line[1:-1]] = {}
            continue
        name, separator, value = map(str.strip, line.partition("="))
        plain = separator and value and _NAME.fullmatch(name) and line.startswith(name)
        if plain and section is not None and name not in section:
            section[name] = value
        elif line:
            return None
    return sections


def _parsed_sections(text: str) -> dict[str, dict[str, str]]:
    from configparser import ConfigParser

    parser = ConfigParser(delimiters="=", interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep case
    parser.read_string(text)
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _posix_launcher(name: str, target: str, _section: str, executable: str) -> Command:
    """Return a launcher as the entry points specification has it, and no more.

    It is written here because importing `installer` costs as much as a small install.
    """
    module, _, attribute = (part.strip() for part in target.partition(":"))
    text = (
        f"import sys\n"
        f"from {module} import {attribute.partition('.')[0]}\n"
        f'if __name__ == "__main__":\n'
        f"    sys.exit({attribute}())\n"
    )
    return name, _first_line(executable) + text.encode()


def _windows_launcher(name: str, target: str, section: str, executable: str) -> Command:
    from installer.scripts import Script
    from installer.utils import get_launcher_kind

    module, _, attribute = (part.strip() for part in target.partition(":"))
    script = Script(name, module, attribute, "gui" if section == "gui_scripts" else "console")
    return script.generate(executable, get_launcher_kind())


def _rewritten(pack: Pack, interpreter: Interpreter) -> Iterator[Command]:
    for name in _names_with_placeholder(pack):
        content = pack.read(f"scripts/{name}")
        placeholder = _PLACEHOLDER.match(content)
        if placeholder is not None:
            program = _program(interpreter.executable, windowed=placeholder[1] == b"w")
            yield name, _first_line(program) + content[placeholder.end() :]


def _names_with_placeholder(pack: Pack) -> list[str]:
    if "scripts" not in pack.directories:
        return []
    shipped = [entry for entry in pack.files() if entry.directory == "scripts"]
    names: list[str] = []
    with open(pack.open(), "rb") as source:
        for entry in shipped:
            source.seek(entry.offset)
            if source.read(min(entry.size, len(_START))) == _START:
                names.append(entry.name)
    return names


def _program(executable: str, *, windowed: bool) -> str:
    """Name the interpreter without a console for windowed commands, where there is one."""
    folder, name = os.path.split(executable)
    other = os.path.join(folder, name.replace("python", "pythonw", 1))
    return other if windowed and os.name == "nt" and os.path.exists(other) else executable


def _first_line(executable: str) -> bytes:
    """Return the line that starts `executable` on what follows.

    Kernels cut a long one short and break one at a space. Then a shell starts it: what is a command
    to the shell is a string to Python.
    """
    program = os.fsencode(executable)
    if os.name == "nt" or (b" " not in program and len(program) + 3 <= _LONGEST):
        return b"#!" + program + b"\n"
    import shlex

    quoted = os.fsencode(shlex.quote(executable))
    return b"#!/bin/sh\n'''exec' " + quoted + b" \"$0\" \"$@\"\n' '''\n"
