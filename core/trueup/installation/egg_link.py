"""Editable installs of old: an `.egg-link` file, and a line in `easy-install.pth` (setuptools).

Nothing records what belongs to one, but all of it is known: the link, the line, and the commands
that the project's own metadata names.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution

__all__ = ["drop_lines", "egg_link_files", "locations_of"]

_LINES = "easy-install.pth"


def egg_link_files(environment: Environment, removal: InstalledDistribution) -> list[str]:
    """Return the files in the environment that belong to an egg-link."""
    return [removal.path, *_commands(environment, removal)]


def _commands(environment: Environment, removal: InstalledDistribution) -> Iterator[str]:
    from configparser import ConfigParser, Error

    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of commands have case
    try:
        parser.read_string(removal.read_file("entry_points.txt") or "")
    except Error:  # then it has no commands that could have been made
        return
    for section in ("console_scripts", "gui_scripts"):
        for name in parser[section] if parser.has_section(section) else ():
            if name == os.path.basename(name):
                for ending in ("", ".exe", "-script.py", "-script.pyw", ".exe.manifest"):
                    yield os.path.join(environment.scheme.scripts, name + ending)


def locations_of(removals: Sequence[InstalledDistribution]) -> frozenset[str]:
    """Return the source trees that egg-links among `removals` lead to; asked while they are there.

    Raises:
        OSError: a link cannot be read.
    """
    found = (one.editable_location for one in removals if one.kind == "egg-link")
    return frozenset(os.path.normpath(path) for path in found if path)


def drop_lines(environment: Environment, gone: Collection[str]) -> None:
    """Let Python search the source trees of egg-links no more; the links themselves are gone.

    After a crash before this, a line is left that leads to the tree: what was installed in its
    place is found before it.

    Args:
        environment: where.
        gone: the source trees.

    Raises:
        OSError: the file of lines cannot be read or written.
    """
    for library in environment.library_directories if gone else ():
        path = os.path.join(library, _LINES)
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                lines = file.readlines()
        except FileNotFoundError:
            continue
        kept = [line for line in lines if os.path.normpath(line.strip()) not in gone]
        if kept != lines:
            _write(path, kept)


def _write(path: str, lines: list[str]) -> None:
    if not any(line.strip() for line in lines):
        os.unlink(path)
        return
    new = f"{path}.{os.getpid()}"
    with open(new, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.writelines(lines)
    os.replace(new, path)
