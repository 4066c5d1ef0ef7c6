"""What a command line of a session means: an errand for trueup, or something for its own program.

Pure: it starts nothing and installs nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Literal

from trueup.errors import RequestError
from trueup.values import dataclass

__all__ = ["Errand", "Inside", "understand"]

Verb = Literal["install", "sync", "uninstall", "list", "cache"]


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that trueup does for a session.

    Attributes:
        verb: what.
        arguments: what follows the verb, in the grammar of pip or uv.
    """

    verb: Verb
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """What there is in the session's environment.

    Attributes:
        has: whether a program of this name or path lies in it.
        pip: whether pip is installed in it.
    """

    has: Callable[[str], bool]
    pip: bool = False


_PIP = re.compile(r"pip(\d+(\.\d+)?)?(\.exe)?")
_PYTHON = re.compile(r"(python|pypy)(\d+(\.\d+)?t?)?(\.exe)?")
_UV = re.compile(r"uv(\.exe)?")
_SWITCHES = re.compile(r"-[bBdEiIOPqsSuvx]+")

# Options that may stand before the verb and take a value.
_PIP_VALUES = {
    *("--cache-dir", "--cert", "--client-cert", "--exists-action", "--index-url"),
    *("--keyring-provider", "--log", "--proxy", "--python", "--resume-retries", "--retries"),
    *("--timeout", "--trusted-host", "--use-deprecated", "--use-feature"),
}
_UV_VALUES = {
    *("--allow-insecure-host", "--cache-dir", "--color", "--config-file", "--directory"),
    *("--preview-features", "--project", "--python", "--python-fetch", "--python-preference"),
}


def understand(words: Sequence[str], inside: Inside) -> Errand | None:
    """Return the errand that a command line is for trueup; None if its own program is to run.

    Args:
        words: the program, and its arguments.
        inside: what there is in the session's environment.

    Raises:
        RequestError: it needs a pip, and there is none in the environment.
    """
    program = os.path.basename(words[0])
    bare = program == words[0]
    if _UV.fullmatch(program) and (bare or inside.has(words[0])):
        return _of_uv(words[1:])
    if _PIP.fullmatch(program) and (bare or inside.has(words[0])):
        return _of_pip(words[1:], inside)
    if _PYTHON.fullmatch(program) and inside.has(words[0]):
        module, rest = _module(words[1:])
        if module == "uv":
            return _of_uv(rest)
        return _of_pip(rest, inside) if module == "pip" else None
    return None


def _of_uv(words: Sequence[str]) -> Errand | None:
    before, rest = _options(words, _UV_VALUES)
    if rest[:1] != ("pip",):
        return None
    between, rest = _options(rest[1:], _UV_VALUES)
    verb, *arguments = rest or ("",)
    match verb:
        case "install" | "sync" | "uninstall":
            return Errand(verb, (*before, *between, *arguments))
        case _:
            return None


def _of_pip(words: Sequence[str], inside: Inside) -> Errand | None:
    before, rest = _options(words, _PIP_VALUES)
    verb, *arguments = rest or ("",)
    told = (*before, *arguments)
    match verb:
        case "install" | "uninstall":
            return Errand(verb, told)
        case _ if inside.pip:
            return None
        case "freeze":
            return Errand("list", ("--format", "freeze", *told))
        case "list":
            return Errand("list", told)
        case "cache" if rest[1:2] in {("remove",), ("purge",)}:
            return Errand("cache", told)
        case _:
            asked = f"pip {verb}".strip()
            raise RequestError(
                f"`{asked}` needs pip, and trueup makes environments without it",
                hint='put `session.install("pip")` before it',
            )


def _options(words: Sequence[str], with_value: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the options that stand before a verb, and the rest."""
    end = 0
    while end < len(words) and words[end].startswith("-"):
        end += 2 if words[end] in with_value else 1
    return tuple(words[:end]), tuple(words[end:])


def _module(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the module that Python is to run, and its arguments; ("", ()) if it is none."""
    at = 0
    while at < len(words):
        word = words[at]
        if word == "-m":
            return (words[at + 1], tuple(words[at + 2 :])) if at + 1 < len(words) else ("", ())
        if word in {"-W", "-X"}:
            at += 1
        elif word.startswith("-m"):
            return word[2:], tuple(words[at + 1 :])
        elif not (_SWITCHES.fullmatch(word) or word.startswith(("-W", "-X"))):
            break
        at += 1
    return "", ()
