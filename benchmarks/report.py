"""From samples to figures: medians, spread, paired ratios; as a table and as JSON."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.measure import Sample
    from benchmarks.rounds import Outcome

__all__ = [
    "Circumstances",
    "Row",
    "Spread",
    "circumstances",
    "from_json",
    "rows",
    "to_json",
    "to_markdown",
]


_TICK = 0.0001  # seconds


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, least and greatest, in milliseconds."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        if self.median < 10:
            return f"{self.median:.2f} ({self.least:.2f} to {self.greatest:.2f})"
        return f"{self.median:,.0f} ({self.least:,.0f} to {self.greatest:,.0f})"


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one case.

    Attributes:
        family: what it belongs to.
        group: what was done, and with how much.
        name: what was done.
        scale: with how much.
        label: by which tool.
        wall: from start to end.
        cpu: processor time, waited-for children included.
        cpu_after: median milliseconds of processor time of what was left running.
        wall_ratio: median over the rounds of this case's wall time by the named peer's of the same
            round; None where that one was not measured.
        cpu_ratio: the same of processor time, `cpu_after` included on both sides.
        memory: MiB, the most that any round had; 0 where that was not asked for.
        rounds: how many there were.
    """

    family: str
    group: str
    name: str
    scale: str
    label: str
    wall: Spread
    cpu: Spread
    cpu_after: float
    wall_ratio: float | None
    cpu_ratio: float | None
    memory: float = 0.0
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a figure means nothing without."""

    date: str
    system: str
    processors: int
    python: str
    filesystem: str
    rounds: int
    against: str
    versions: Mapping[str, str]
    warning: str


def circumstances(
    *,
    python: str,
    filesystem: str,
    rounds: int,
    against: str,
    versions: Mapping[str, str],
    warning: str,
) -> Circumstances:
    """Return the circumstances of a run that ends now, on this machine."""
    return Circumstances(
        date=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        processors=os.cpu_count() or 0,
        python=python,
        filesystem=filesystem,
        rounds=rounds,
        against=against,
        versions=versions,
        warning=warning,
    )


def rows(outcomes: Sequence[Outcome], against: str) -> list[Row]:
    """Return the figures of every case that was measured, and its ratios.

    The ratios are to `against`; in a group without it, to the group's first case.
    """
    peers: dict[str, Sequence[Sample]] = {}
    for outcome in outcomes:
        group = outcome.case.group
        if outcome.samples and (group not in peers or outcome.case.label == against):
            peers[group] = outcome.samples
    return [
        _row(outcome, peers.get(outcome.case.group, [])) for outcome in outcomes if outcome.samples
    ]


def _row(outcome: Outcome, peer: Sequence[Sample]) -> Row:
    samples = outcome.samples
    return Row(
        family=outcome.case.family,
        group=outcome.case.group,
        name=outcome.case.name,
        scale=outcome.case.scale,
        label=outcome.case.label,
        wall=_spread([s.wall for s in samples]),
        cpu=_spread([s.cpu for s in samples]),
        cpu_after=1000 * statistics.median(s.cpu_after for s in samples),
        wall_ratio=_ratio(samples, peer, lambda s: s.wall),
        cpu_ratio=_ratio(samples, peer, lambda s: s.cpu + s.cpu_after),
        memory=max(s.memory for s in samples),
        rounds=len(samples),
    )


def _spread(seconds: Sequence[float]) -> Spread:
    return Spread(1000 * statistics.median(seconds), 1000 * min(seconds), 1000 * max(seconds))


def _ratio(
    ours: Sequence[Sample], theirs: Sequence[Sample], figure: Callable[[Sample], float]
) -> float | None:
    if not theirs:
        return None
    # One of them may have taken part in the first rounds only. The clock of processor time ticks
    # every so often: what took less than a tick is taken for one.
    pairs = zip(ours, theirs, strict=False)
    return statistics.median(figure(one) / (figure(other) or _TICK) for one, other in pairs)


def to_markdown(table: Sequence[Row], around: Circumstances) -> str:
    """Return the circumstances and one table for each group."""
    tools = ", ".join(f"{name} {version}" for name, version in around.versions.items())
    machine = f"{around.system}, {around.processors} processors; {around.filesystem}"
    how = f"median of {around.rounds} rounds, fewer of what takes long (least to greatest)"
    other = f"{around.against}, or to the first row where that is not among them"
    lines = [
        f"{around.date}. {machine}; Python {around.python}, {tools}.",
        "",
        f"Milliseconds: {how}. Ratios: median of the rounds' own ratios to {other}.",
    ]
    if around.warning:
        lines += ["", f"**Beware:** {around.warning}."]
    for name in dict.fromkeys(row.name for row in table):
        lines += ["", *_table([row for row in table if row.name == name])]
    return "\n".join(lines) + "\n"


def _table(table: Sequence[Row]) -> list[str]:
    """Return one table for all scales of one name."""
    memory = any(row.memory for row in table)
    more = (" memory, MiB |", "---:|") if memory else ("", "")
    return [
        f"### {table[0].name[0].upper()}{table[0].name[1:]}",
        "",
        f"| with | tool | wall, ms | CPU, ms | after, ms | wall ratio | CPU ratio |{more[0]}",
        f"|---|---|---:|---:|---:|---:|---:|{more[1]}",
        *(_line(row, memory=memory) for row in table),
    ]


def _line(row: Row, *, memory: bool) -> str:
    ratios = (
        f"{ratio:.2f}" if ratio is not None else "" for ratio in (row.wall_ratio, row.cpu_ratio)
    )
    cells = [row.scale, row.label, str(row.wall), str(row.cpu), f"{row.cpu_after:,.0f}", *ratios]
    return f"| {' | '.join([*cells, *([f'{row.memory:,.0f}'] if memory else [])])} |"


def to_json(table: Sequence[Row], outcomes: Sequence[Outcome], around: Circumstances) -> str:
    """Return everything: the circumstances, the figures, every sample, and what failed."""
    cases = [
        {
            "family": outcome.case.family,
            "group": outcome.case.group,
            "name": outcome.case.name,
            "scale": outcome.case.scale,
            "label": outcome.case.label,
            "failure": outcome.failure,
            "samples": [asdict(sample) for sample in outcome.samples],
        }
        for outcome in outcomes
    ]
    figures = [asdict(row) for row in table]
    return json.dumps({"circumstances": asdict(around), "rows": figures, "cases": cases}, indent=1)


def from_json(text: str) -> tuple[Circumstances, list[Row]]:
    """Return the circumstances and the figures that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: it was something else that wrote this.
    """
    told = json.loads(text)
    found = [
        Row(**{**row, "wall": Spread(**row["wall"]), "cpu": Spread(**row["cpu"])})
        for row in told["rows"]
    ]
    return Circumstances(**told["circumstances"]), found
