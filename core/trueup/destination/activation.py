"""The scripts that activate a virtual environment in a shell, from the templates of `venv`.

The templates are those of the standard library that trueup runs on. How they are filled in is our
own: the standard library's way of 3.12 and before lets the name of a directory run commands in the
shell (CVE-2024-9287), and its templates differ from release to release in what they quote.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping

from trueup.values import dataclass

__all__ = ["Activation", "activation_scripts"]

_PLACEHOLDER = re.compile(r"__VENV_([A-Z_]+?)__")
_SAFE = re.compile(r"[\w@%+=:,./-]*", re.ASCII)
_SPECIAL_IN_PROMPTS = re.compile(r"[^\w .:;,@+=~/()\[\]{}<>#-]")
_SCRIPTS = ("activate", "activate.csh", "activate.fish", "Activate.ps1")


@dataclass(frozen=True, slots=True)
class Activation:
    """What the scripts are told.

    Attributes:
        directory: the environment's directory, absolute, without a line break.
        executable: its Python program.
        prompt: what the shell shows while the environment is active, without parentheses.
    """

    directory: str
    executable: str
    prompt: str


def activation_scripts(activation: Activation) -> Iterator[tuple[str, str]]:
    """Return (file name, text) for each shell that the running Python has a template for.

    A Python that was stripped of its templates gives none.
    """
    folder = os.path.join(os.path.dirname(os.__file__), "venv", "scripts")
    for name in _SCRIPTS:
        for kind in ("common", "posix"):
            try:
                with open(os.path.join(folder, kind, name), encoding="utf-8") as file:
                    template = file.read()
            except FileNotFoundError:
                continue
            yield name, _fill(template, _values(activation), _QUOTES[os.path.splitext(name)[1]])
            break


def _values(activation: Activation) -> dict[str, str]:
    # Shells expand a prompt once more each time they show it, whatever quotes it came in.
    prompt = _SPECIAL_IN_PROMPTS.sub("_", activation.prompt)
    # Before 3.13 the templates leave the parentheses to whoever fills them in.
    prompt = prompt if sys.version_info >= (3, 13) else f"({prompt}) "
    return {
        "DIR": activation.directory,
        "NAME": os.path.basename(activation.directory),
        "PROMPT": prompt,
        "BIN_NAME": "bin",
        "PYTHON": activation.executable,
    }


def _fill(template: str, values: Mapping[str, str], quote: Callable[[str], str]) -> str:
    """Put values into a template; each arrives in the shell as it is, whatever it holds."""

    def put(match: re.Match[str]) -> str:
        value = values.get(match[1], match[0])
        line = template[template.rfind("\n", 0, match.start()) + 1 : match.start()]
        quoted = line.count('"') % 2 == 1  # the template has opened double quotes around it
        if _SAFE.fullmatch(value) and (quoted or value):
            return value
        # Every one of these shells joins strings that stand side by side, so that quotes can be
        # closed, and a value quoted by the one rule that lets nothing through.
        return f'"{quote(value)}"' if quoted else quote(value)

    return _PLACEHOLDER.sub(put, template)


def _quote_posix(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def _quote_csh(value: str) -> str:
    # csh looks for "!" (history) even between single quotes
    return _quote_posix(value).replace("!", "\\!")


def _quote_fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quote_powershell(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


_QUOTES: Mapping[str, Callable[[str], str]] = {
    "": _quote_posix,
    ".csh": _quote_csh,
    ".fish": _quote_fish,
    ".ps1": _quote_powershell,
}
