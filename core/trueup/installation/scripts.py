"""The commands that a distribution brings: made from entry points, or shipped in the wheel."""

from __future__ import annotations

import io
import os

from trueup.acquisition.pack import Pack
from trueup.destination.environment import Interpreter

__all__ = ["Command", "commands_of"]

Command = tuple[str, bytes]
"""File name and content; every command is executable, whatever its wheel's zip says."""


def commands_of(pack: Pack, interpreter: Interpreter) -> list[Command]:
    """Return the commands to write into the scripts directory.

    Entry points become launchers (`installer` knows the platforms' kinds); scripts that the wheel
    ships keep their content, with the placeholder in the first line replaced (PEP 427).
    """
    found = dict(_generated(pack, interpreter))
    found.update(_shipped(pack, interpreter))
    return sorted(found.items())


def _generated(pack: Pack, interpreter: Interpreter) -> list[Command]:
    place = f"{pack.root}/{pack.dist_info}"
    if pack.find(f"{place}/entry_points.txt") is None:
        return []
    from installer.scripts import Script
    from installer.utils import get_launcher_kind, parse_entrypoints

    kind = get_launcher_kind()
    text = pack.read(f"{place}/entry_points.txt").decode()
    return [
        Script(name, module, attribute, section).generate(
            _program(interpreter.executable, gui=section == "gui"), kind
        )
        for name, module, attribute, section in parse_entrypoints(text)
    ]


def _shipped(pack: Pack, interpreter: Interpreter) -> list[Command]:
    if "scripts" not in pack.directories:
        return []
    from installer.utils import fix_shebang

    commands: list[Command] = []
    for entry in pack.files():
        if entry.directory == "scripts":
            content = pack.read(f"scripts/{entry.name}")
            with fix_shebang(io.BytesIO(content), interpreter.executable) as fixed:
                commands.append((entry.name, fixed.read()))
    return commands


def _program(executable: str, *, gui: bool) -> str:
    """Name the interpreter without a console for windowed commands, where there is one."""
    folder, name = os.path.split(executable)
    windowed = os.path.join(folder, name.replace("python", "pythonw", 1))
    return windowed if gui and os.name == "nt" and os.path.exists(windowed) else executable
