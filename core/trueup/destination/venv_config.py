"""pyvenv.cfg: the file that makes a directory a virtual environment (PEP 405)."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAME", "find_config", "program_directory", "prompt_in", "read_config"]

NAME = "pyvenv.cfg"


def program_directory(prefix: str) -> str:
    """Return the directory of a virtual environment that holds its programs."""
    return os.path.join(prefix, "Scripts" if os.name == "nt" else "bin")


def find_config(executable: str) -> str | None:
    """Return the path of the pyvenv.cfg that `executable` would obey, where there is one."""
    directory = os.path.dirname(os.path.abspath(executable))
    for place in (directory, os.path.dirname(directory)):
        path = os.path.join(place, NAME)
        if os.path.isfile(path):
            return path
    return None


def read_config(path: str) -> dict[str, str]:
    """Return the keys of a pyvenv.cfg, in lower case.

    Raises:
        OSError: the file cannot be read.
    """
    values: dict[str, str] = {}
    # as Python's own start-up reads it
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            key, separator, value = line.partition("=")
            if separator:
                values[key.strip().lower()] = value.strip()
    return values


def prompt_in(config: Mapping[str, str]) -> str | None:
    """Return the prompt that a pyvenv.cfg tells; None where it tells none, or none that is whole.

    `venv` writes it as a Python string, other tools as it is.
    """
    text = config.get("prompt")
    if text is None or text[:1] not in {"'", '"'}:
        return text
    import ast

    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, str) else None
