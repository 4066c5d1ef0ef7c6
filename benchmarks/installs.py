"""Cases about pinned sets: nothing to do, fresh, with bytecode, first test, cold, anew."""

from __future__ import annotations

import os
from dataclasses import dataclass

from benchmarks.case import FIRST_RUN, Case, Command

__all__ = ["EMPTY", "SETS", "TRUEUP", "TRUEUP_VENV", "UV", "install_cases"]

SETS = ("small", "medium", "large")

# The target of every install that is timed alone: the same for all tools.
EMPTY: Command = ("{uv}", "venv", "-q", "--python", "{python}", "{target}")
UV: Command = ("{uv}", "pip", "install", "-q", "--python", "{target_python}", "-r", "{lock}")
TRUEUP: Command = (
    *("{trueup}", "install", "-q", "--offline"),
    *("--python", "{target_python}", "-r", "{lock}"),
)
TRUEUP_VENV: Command = ("{trueup}", "venv", "-q", "{target}", "--python", "{python}")
_PIP: Command = (
    *("{pip}", "--python", "{target_python}", "install", "-q", "--no-index"),
    *("--find-links", "{wheelhouse}", "-r", "{lock}"),
)
_PIP_VENV: Command = ("{python}", "-m", "venv", "--without-pip", "{target}")
# As from an index, with caches of this round alone. uv reads no configuration of pip's, so trueup
# reads none here: further indexes in it would be asked by one of the two alone.
_COLD = {
    "PIP_CONFIG_FILE": os.devnull,
    "UV_OFFLINE": "0",
    "UV_CACHE_DIR": "{own}/uv",
    "TRUEUP_CACHE_DIR": "{own}/trueup",
}
_FEW = 3  # rounds of what takes long


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to make an environment and to install into it.

    Attributes:
        peer: the tool.
        label: the tool and its options.
        venv: makes the environment.
        install: installs.
        bytecode: whether `install` makes bytecode.
        plain: whether it is the tool as it comes.
    """

    peer: str
    label: str
    venv: Command
    install: Command
    bytecode: bool = False
    plain: bool = False


_WAYS = (
    _Way("uv", "uv", EMPTY, UV, plain=True),
    _Way("uv", "uv, copy", EMPTY, (*UV, "--link-mode", "copy")),
    _Way("uv", "uv, bytecode", EMPTY, (*UV, "--compile-bytecode"), bytecode=True),
    _Way("pip", "pip", _PIP_VENV, _PIP, bytecode=True, plain=True),
    _Way("pip", "pip, no bytecode", _PIP_VENV, (*_PIP, "--no-compile")),
    _Way("trueup", "trueup", TRUEUP_VENV, TRUEUP, plain=True),
    _Way("trueup", "trueup, no bytecode", TRUEUP_VENV, (*TRUEUP, "--no-compile")),
    _Way("trueup", "trueup, bytecode", TRUEUP_VENV, (*TRUEUP, "--compile-bytecode"), bytecode=True),
)


def install_cases() -> tuple[Case, ...]:
    """Return all cases of this module."""
    found: list[Case] = []
    for chosen in SETS:
        for way in _WAYS:
            found += [_nothing_to_do(way, chosen)] if way.plain else []
            if not way.bytecode and way.label != "trueup":
                found += _fresh(way, chosen)
            if way.plain or way.label in {"uv, copy", "trueup, no bytecode"}:
                found.append(_first_run(way, chosen))
            found += [_cold(way, chosen)] if way.plain else []
        found += [_floor(chosen), *_recreations(chosen)]
    # At the end: what was compiled on demand is all of it, and would be in the cases above.
    for chosen in SETS:
        made = [way for way in _WAYS if way.bytecode or way.label == "uv"]
        found += [_with_bytecode(way, chosen) for way in made]
    return tuple(found)


def _slow(way: _Way, chosen: str) -> bool:
    return way.peer == "pip" and chosen == "large"


def _most(way: _Way, chosen: str) -> int:
    long = way.peer == "pip" or (way.bytecode and way.peer == "uv")
    return 0 if chosen == "small" or not long else _FEW


def _fresh(way: _Way, chosen: str) -> list[Case]:
    slow, most, sets = _slow(way, chosen), _most(way, chosen), (chosen,)
    return [
        Case(
            *("fresh", "install", chosen, way.peer, way.label, (way.install,)),
            prepare=(EMPTY,), sets=sets, slow=slow, most=most,
        ),
        Case(
            *("fresh", "new environment and install", chosen, way.peer, way.label),
            (way.venv, way.install), sets=sets, slow=slow, most=most,
        ),
    ]  # fmt: skip


def _floor(chosen: str) -> Case:
    write = ("{floor}", "{floor_pack}", "{target}")
    return Case(
        *("fresh", "install", chosen, "floor", "C writer (the floor)", (write,)),
        prepare=(EMPTY,),
        sets=(chosen,),
    )


def _nothing_to_do(way: _Way, chosen: str) -> Case:
    return Case(
        *("nothing", "nothing to do", chosen, way.peer, way.label, (way.install,)),
        # Twice: what there is to remember of a run is known after the first one with nothing to do.
        prepare=(EMPTY, way.install, way.install),
        sets=(chosen,),
        reuse=True,
        slow=_slow(way, chosen),
        most=_FEW if way.peer == "pip" else 0,
    )


def _with_bytecode(way: _Way, chosen: str) -> Case:
    return Case(
        *("bytecode", "install with bytecode", chosen, way.peer),
        "uv (none)" if way.label == "uv" else way.label,
        (way.install,),
        prepare=(EMPTY,),
        sets=(chosen,),
        slow=_slow(way, chosen) or (chosen == "large" and way.label == "uv, bytecode"),
        most=_most(way, chosen),
    )


def _first_run(way: _Way, chosen: str) -> Case:
    # Importing what the set is for, as the first test of a project would.
    test = ("{tools}/sets/first", f"test_{chosen}.py")
    run = (*FIRST_RUN, "/".join(test))
    return Case(
        *("first-run", "new environment, install and first test", chosen, way.peer, way.label),
        (way.venv, way.install, run),
        sets=(chosen,),
        slow=way.peer == "pip" and chosen != "small",
        most=_most(way, chosen) or (0 if chosen == "small" else 5),
    )


def _cold(way: _Way, chosen: str) -> Case:
    install = tuple(word for word in way.install if word != "--offline")
    if way.peer == "pip":
        install = ("{pip}", "--python", "{target_python}", "install", "-q", "-r", "{lock}")
    return Case(
        *("cold", "cold install", chosen, way.peer, way.label, (install,)),
        prepare=(EMPTY,),
        sets=(chosen,),
        environment=_COLD | ({"PIP_CONFIG_FILE": ""} if way.peer == "pip" else {}),
        slow=chosen == "large" or (way.peer == "pip" and chosen == "medium"),
        most=_FEW,
    )


def _recreations(chosen: str) -> list[Case]:
    clear = (*EMPTY[:2], "--clear", *EMPTY[2:])
    ways = (
        ("uv", "uv", (clear, UV), (EMPTY, UV)),
        ("trueup", "trueup", ((*TRUEUP, "--recreate"),), (TRUEUP_VENV, TRUEUP)),
        ("trueup", "trueup, no bytecode", ((*TRUEUP, "--recreate", "--no-compile"),),
         (TRUEUP_VENV, (*TRUEUP, "--no-compile"))),
    )  # fmt: skip
    return [
        Case(
            *("recreate", "recreate", chosen, peer, label, command),
            prepare=prepare,
            sets=(chosen,),
            reuse=True,
        )
        for peer, label, command, prepare in ways
    ]
