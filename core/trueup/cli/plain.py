"""A plain command line: understood without the parser, which takes longer than what it asks for.

`trueup venv` takes as long as the start of two Pythons, where importing and building the parser
takes as long as one more. What is said here in any other way than with whole flags and whole words,
is wrong, or asks for help, is left to the parser; a test holds the two against each other.
"""

from __future__ import annotations

from trueup.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

__all__ = ["Plain", "plain_venv"]

_SWITCHES = {
    "--clear": "clear",
    "--allow-existing": "allow_existing",
    "--system-site-packages": "system_site_packages",
    "--json": "json",
}
_COUNTED = {"-q": "quiet", "--quiet": "quiet", "-v": "verbose", "--verbose": "verbose"}
_VALUED: Mapping[str, str] = {"-p": "python", "--python": "python", "--prompt": "prompt"}


@dataclass(frozen=True, slots=True)
class Plain:
    """What was said to `trueup venv`, by the names and with the defaults of the parser."""

    directory: str = ".venv"
    python: str | None = None
    clear: bool = False
    allow_existing: bool = False
    system_site_packages: bool = False
    prompt: str | None = None
    quiet: int = 0
    verbose: int = 0
    json: bool = False


def plain_venv(words: Sequence[str]) -> Plain | None:
    """Understand what follows `venv`; return None at any doubt, for the parser to have its say."""
    said: dict[str, Any] = {}
    waiting = iter(words)
    for word in waiting:
        if word in _SWITCHES:
            said[_SWITCHES[word]] = True
        elif word in _COUNTED:
            said[_COUNTED[word]] = said.get(_COUNTED[word], 0) + 1
        elif word in _VALUED or (word and word[0] != "-" and "directory" not in said):
            value = next(waiting, "") if word in _VALUED else word
            if not value or value[0] == "-":
                return None
            said[_VALUED.get(word, "directory")] = value
        else:
            return None
    return Plain(**said)
