"""Cases about growth: the same with more files, and with more distributions. Made up, not real."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.installs import EMPTY, TRUEUP, UV

__all__ = ["MADE", "growth_cases"]

_FILES = (100, 1_000, 10_000, 50_000)
_DISTRIBUTIONS = (10, 50, 100, 200)
MANY = 40_000

# Set to how many wheels of how many modules each it consists of.
MADE: dict[str, tuple[int, int]] = {
    **{f"files-{count}": (1, count) for count in (*_FILES, MANY)},
    **{f"distributions-{count}": (count, 20) for count in _DISTRIBUTIONS},
}

_WAYS = (
    ("uv", "uv", UV),
    ("uv", "uv, copy", (*UV, "--link-mode", "copy")),
    ("trueup", "trueup, no bytecode", (*TRUEUP, "--no-compile")),
)


def growth_cases() -> tuple[Case, ...]:
    """Return all cases of this module."""
    scales = [(f"files-{n}", "install one wheel", f"{n:,} files", n) for n in _FILES]
    scales += [
        (f"distributions-{n}", "install many wheels", f"{n} distributions", 0)
        for n in _DISTRIBUTIONS
    ]
    return (
        *(
            Case(
                *("growth", name, scale, peer, label, (command,)),
                prepare=(EMPTY,),
                sets=(chosen,),
                most=3 if files >= 10_000 else 0,
            )
            for chosen, name, scale, files in scales
            for peer, label, command in _WAYS
        ),
        *_memory(),
    )


def _memory() -> tuple[Case, ...]:
    start = ("{trueup-python}", "-I", "-S", "{tools}/memory.py")
    nothing = ("{trueup-python}", "-I", "-c", "pass")
    ways = (("trueup", "python, nothing", nothing), *_WAYS)
    return tuple(
        Case(
            *("memory", "memory of an install", f"{MANY:,} files", peer, label),
            ((*start, *command),),
            prepare=(EMPTY,),
            sets=(f"files-{MANY}",),
            inner=True,
            most=2,
        )
        for peer, label, command in ways
    )
