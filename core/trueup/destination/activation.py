"""The scripts that activate a virtual environment in a shell, from the templates of `venv`.

The templates are those of the standard library that trueup runs on. How they are filled in is our
own: the standard library's way of 3.12 and before lets the name of a directory run commands in the
shell (CVE-2024-9287), and its templates differ from release to release in what they quote.
"""

from __future__ import annotations

import os
import sys

from trueup.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Activation", "activation_scripts"]

# By hand and not by `re`, which takes 5 of the 30 ms that making an environment takes.
_START, _END = "__VENV_", "__"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SAFE = frozenset(f"{_LETTERS}0123456789_@%+=:,./-")
_SAFE_IN_PROMPTS = frozenset("_ .:;,@+=~/()[]{}<>#-")
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
    kept = (one if one.isalnum() or one in _SAFE_IN_PROMPTS else "_" for one in activation.prompt)
    prompt = "".join(kept)
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
    first, *rest = template.split(_START)
    done, line = [first], first
    for each in rest:
        name, end, after = each.partition(_END)
        line = line[line.rfind("\n") + 1 :]
        if not end or name not in values:
            done += (_START, each)
            line += _START + each
            continue
        quoted = line.count('"') % 2 == 1  # the template has opened double quotes around it
        done += (_put(values[name], quote, quoted=quoted), after)
        line += after
    return "".join(done)


def _put(value: str, quote: Callable[[str], str], *, quoted: bool) -> str:
    if _SAFE.issuperset(value) and (quoted or value):
        return value
    # Every one of these shells joins strings that stand side by side, so that quotes can be
    # closed, and a value quoted by the one rule that lets nothing through.
    return f'"{quote(value)}"' if quoted else quote(value)


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
