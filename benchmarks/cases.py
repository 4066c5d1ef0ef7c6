"""What is measured: each case is a value, and adding one is adding a line to a list.

In a command, braces stand for: `{python}` the interpreter, `{target}` the virtual environment of
this round and `{target_python}` its interpreter, `{lock}` the pinned requirements of the set,
`{wheelhouse}` a directory of its wheels, `{caches}` where caches lie, and `{uv}`, `{pip}`, ... each
peer's program.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CASES", "SETS", "Case", "Command"]

Command = tuple[str, ...]
SETS = ("small", "medium", "large")


@dataclass(frozen=True, slots=True)
class Case:
    """One thing done by one tool; cases with the same `name` and `set` are compared.

    Attributes:
        name: what is done.
        set: the requirements it is done with.
        peer: the tool, a key of `PEERS`.
        label: the tool and the options that make this case: "uv, copy".
        command: what is timed; several commands run one after the other.
        prepare: what comes before the clock is started.
        reuse: prepare once and keep the target for all rounds, instead of a new one for each.
        environment: variables for this case alone.
        slow: so slow that it runs only when asked for.
    """

    name: str
    set: str
    peer: str
    label: str
    command: tuple[Command, ...]
    prepare: tuple[Command, ...] = ()
    reuse: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False

    @property
    def group(self) -> str:
        """What it is compared within."""
        return f"{self.name}, {self.set}"


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to make an environment and to install into it."""

    peer: str
    label: str
    venv: Command
    install: Command
    slow: frozenset[str] = frozenset()


# The target of every install that is timed alone: the same for all tools.
_EMPTY: Command = ("{uv}", "venv", "-q", "--python", "{python}", "{target}")
_UV_INSTALL: Command = (
    "{uv}",
    "pip",
    "install",
    "-q",
    "--python",
    "{target_python}",
    "-r",
    "{lock}",
)
_PIP_INSTALL: Command = (
    *("{pip}", "--python", "{target_python}", "install", "-q", "--no-index"),
    *("--find-links", "{wheelhouse}", "-r", "{lock}"),
)
_PIP_VENV: Command = ("{python}", "-m", "venv", "--without-pip", "{target}")
_TRUEUP_INSTALL: Command = (
    *("{trueup}", "install", "-q", "--offline", "--no-compile"),
    *("--python", "{target_python}", "-r", "{lock}"),
)

_WAYS = (
    _Way("uv", "uv", _EMPTY, _UV_INSTALL),
    _Way("uv", "uv, copy", _EMPTY, (*_UV_INSTALL, "--link-mode", "copy")),
    _Way("pip", "pip", _PIP_VENV, _PIP_INSTALL, slow=frozenset({"large"})),
    _Way(
        "pip",
        "pip, no bytecode",
        _PIP_VENV,
        (*_PIP_INSTALL, "--no-compile"),
        slow=frozenset({"large"}),
    ),
    _Way(
        "trueup",
        "trueup, no bytecode",
        ("{trueup}", "venv", "-q", "{target}", "--python", "{python}"),
        _TRUEUP_INSTALL,
    ),
)


def _installs(way: _Way, chosen: str) -> tuple[Case, ...]:
    slow = chosen in way.slow
    return (
        Case(
            "install",
            chosen,
            way.peer,
            way.label,
            command=(way.install,),
            prepare=(_EMPTY,),
            slow=slow,
        ),
        Case(
            "new environment and install",
            chosen,
            way.peer,
            way.label,
            command=(way.venv, way.install),
            slow=slow,
        ),
        Case(
            "nothing to do",
            chosen,
            way.peer,
            way.label,
            command=(way.install,),
            prepare=(_EMPTY, way.install),
            reuse=True,
            slow=slow,
        ),
    )


CASES: tuple[Case, ...] = tuple(
    case for chosen in SETS for way in _WAYS for case in _installs(way, chosen)
)
