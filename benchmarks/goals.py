"""The goals that were set, and which of them a run has met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.report import Row

__all__ = ["GOALS", "Goal", "placed", "to_markdown"]


@dataclass(frozen=True, slots=True)
class Goal:
    """So much, beside another tool's figure of the same rounds.

    Attributes:
        name: what is done, as in a case.
        scale: with how much.
        label: who has to meet it.
        against: who it is compared with; "" for nobody: `plus` is then all there is.
        times: at most so many times the other's figure.
        plus: and so many milliseconds more (MiB, where memory is what counts).
        memory: memory counts, and not time.
        place: the file system, where that is not the usual place to measure at.
    """

    name: str
    scale: str
    label: str
    against: str
    times: float = 1.0
    plus: float = 0.0
    memory: bool = False
    place: str = ""

    @property
    def told(self) -> str:
        """What the results call it."""
        return placed(self.name, self.place)

    @property
    def words(self) -> str:
        """The limit, for people."""
        unit = "MiB" if self.memory else "ms"
        if not self.against:
            return f"{self.plus:g} {unit}"
        more = f" + {self.plus:g} {unit}" if self.plus else ""
        return f"{self.times:g} times {self.against}{more}"


def placed(name: str, place: str) -> str:
    """Return what results call `name`, measured on the file system `place`; "" is the usual one."""
    return f"{name}, on {place}" if place else name


_FRESH, _FIRST = "new environment and install", "new environment, install and first test"
_ANEW, _CHECK, _BYTECODE = "recreate", "freshness check", "install with bytecode"
_PLAIN, _IN = "trueup, no bytecode", "nothing to do, in process"
_REBUILD = "editable, after an edit of pyproject.toml"
_TOX, _TOX_ANEW, _NOX = "tox, nothing changed", "tox -r and a first test", "nox reused"

_SETS = ("small", "medium", "large")

GOALS: tuple[Goal, ...] = (
    *(Goal(_FRESH, scale, _PLAIN, "uv", times)
      for scale, times in (("small", 0.75), ("medium", 1.0), ("large", 1.4))),
    *(Goal(_FRESH, scale, _PLAIN, "uv, copy", times)
      for scale, times in (("small", 0.4), ("medium", 0.3), ("large", 0.3))),
    *(Goal(_FRESH, scale, _PLAIN, other, times, place="ext4")
      for other, limits in (("uv", (0.75, 1.0, 1.4)), ("uv, copy", (0.4, 0.3, 0.3)))
      for scale, times in zip(_SETS, limits, strict=True)),
    # uv clones files there, as these can.
    *(Goal(_FRESH, scale, _PLAIN, "uv", times, place=place)
      for place, times in (("xfs", 0.7), ("btrfs", 0.8))
      for scale in _SETS),
    Goal(_BYTECODE, "medium", "trueup, bytecode", "uv, bytecode", 0.07),
    Goal(_BYTECODE, "medium", "trueup, bytecode", "pip", 0.06),
    *(Goal(_FIRST, scale, "trueup", "uv", times)
      for scale, times in (("small", 0.55), ("medium", 0.45), ("large", 0.45))),
    *(Goal("nothing to do", scale, "trueup", "uv", 0.7) for scale in ("small", "medium", "large")),
    *(Goal(_IN, f"{files:,} files of an editable", "trueup", "", plus=1 + 0.004 * files)
      for files in (100, 1_000, 10_000)),
    *(Goal(_ANEW, scale, "trueup", "uv", times)
      for scale, times in (("small", 0.1), ("medium", 0.2), ("large", 0.2))),
    *(Goal(_CHECK, f"{files:,} files", label, "git status")
      for files in (1_000, 10_000)
      for label in ("trueup, in process", "trueup, in process, wheel", "trueup check")),
    Goal("editable, nothing to do", "1,000 files", "trueup", "git status", 2.0),
    Goal("editable, nothing to do", "1,000 files", "trueup", "uv"),
    # `uv pip install -e` builds this project again each time; `uv sync` does not.
    Goal("editable, nothing to do", "1,000 files", "trueup", "uv sync"),
    Goal(_REBUILD, "1,000 files", "trueup", "uv --reinstall", 0.5),
    *(Goal("a build", scale, "trueup", "hooks alone", 1.1)
      for scale in ("wheel, 1,000 files", "editable, 1,000 files", "wheel, C extension")),
    *(Goal(_TOX, kind, "trueup", "tox doing nothing", plus=10) for kind in ("pure", "C extension")),
    Goal(_TOX, "pure", "trueup", "tox-uv"),
    Goal(_TOX, "C extension", "trueup", "tox-uv", 0.6),
    *(Goal(_TOX_ANEW, f"small, {kind}", "trueup", "tox-uv", 0.65)
      for kind in ("pure", "C extension")),
    Goal(_TOX_ANEW, "medium, pure", "trueup", "tox-uv", 0.45),
    Goal(f"{_NOX}, nothing changed", "30 distributions", "trueup", "nox without an install", 1.1),
    Goal(f"{_NOX}, nothing changed", "30 distributions", "trueup", "nox+uv"),
    Goal("nox anew", "30 distributions", "trueup", "nox+uv", 0.6),
    Goal("hook, cold start to verdict", "200 distributions", "trueup", "three imports", 1.5),
    Goal("cold install", "medium", "trueup", "uv"),
    *(Goal("install", scale, _PLAIN, "C writer (the floor)", 1.2)
      for scale in ("small", "medium", "large")),
    Goal("memory of an install", "40,000 files", _PLAIN, "python, nothing", 1.5, memory=True),
)  # fmt: skip


def to_markdown(table: Sequence[Row]) -> str:
    """Return the goals that `table` has figures for, each met or missed."""
    found = {(row.name, row.scale, row.label): row for row in table}
    lines = [
        "| what | with | limit | wall | CPU | |",
        "|---|---|---|---:|---:|---|",
    ]
    for goal in GOALS:
        ours = found.get((goal.told, goal.scale, goal.label))
        theirs = found.get((goal.told, goal.scale, goal.against))
        if ours is None or (goal.against and theirs is None):
            continue
        figures = _figures(goal, ours, theirs)
        met = [figure.met for figure in figures]
        verdict = "met" if all(met) else "missed" if not any(met) else "met in part"
        cells = (f"{goal.told}: {goal.label}", goal.scale, goal.words)
        told = [figure.words for figure in figures]
        lines.append(f"| {' | '.join((*cells, *(told * 2)[:2], verdict))} |")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Figure:
    words: str
    met: bool


def _figures(goal: Goal, ours: Row, theirs: Row | None) -> list[_Figure]:
    if goal.memory:
        other = theirs.memory if theirs else 0.0
        return [_figure(goal, ours.memory, other, None)]
    wall = _figure(
        goal,
        ours.wall.median,
        theirs.wall.median if theirs else 0.0,
        _between(ours.wall_ratio, theirs.wall_ratio if theirs else None),
    )
    cpu = _figure(
        goal,
        ours.cpu.median + ours.cpu_after,
        theirs.cpu.median + theirs.cpu_after if theirs else 0.0,
        _between(ours.cpu_ratio, theirs.cpu_ratio if theirs else None),
    )
    return [wall, cpu]


def _between(ours: float | None, theirs: float | None) -> float | None:
    """Return our ratio to another tool, where both ratios are to a third one."""
    return ours / theirs if ours is not None and theirs else None


def _figure(goal: Goal, ours: float, theirs: float, paired: float | None) -> _Figure:
    if not goal.against or goal.plus:
        limit = (goal.times * theirs if goal.against else 0.0) + goal.plus
        return _Figure(f"{ours:,.1f} (limit {limit:,.1f})", ours <= limit)
    ratio = paired if paired is not None else ours / theirs if theirs else float("inf")
    return _Figure(f"{ratio:.2f}", ratio <= goal.times)
