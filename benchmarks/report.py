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

__all__ = ["Circumstances", "Row", "circumstances", "rows", "to_json", "to_markdown"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, least and greatest, in milliseconds."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.median:,.0f} ({self.least:,.0f} to {self.greatest:,.0f})"


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one case.

    Attributes:
        group: what was done, and with which set.
        label: by which tool.
        wall: from start to end.
        cpu: processor time, waited-for children included.
        cpu_after: median milliseconds of processor time of what was left running.
        wall_ratio: median over the rounds of this case's wall time by the named peer's of the same
            round; None where that one was not measured.
        cpu_ratio: the same of processor time, `cpu_after` included on both sides.
    """

    group: str
    label: str
    wall: Spread
    cpu: Spread
    cpu_after: float
    wall_ratio: float | None
    cpu_ratio: float | None


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
    """Return the figures of every case that was measured, and its ratios to `against`."""
    peers = {o.case.group: o.samples for o in outcomes if o.case.label == against}
    return [
        _row(outcome, peers.get(outcome.case.group, [])) for outcome in outcomes if outcome.samples
    ]


def _row(outcome: Outcome, peer: Sequence[Sample]) -> Row:
    samples = outcome.samples
    return Row(
        group=outcome.case.group,
        label=outcome.case.label,
        wall=_spread([s.wall for s in samples]),
        cpu=_spread([s.cpu for s in samples]),
        cpu_after=1000 * statistics.median(s.cpu_after for s in samples),
        wall_ratio=_ratio(samples, peer, lambda s: s.wall),
        cpu_ratio=_ratio(samples, peer, lambda s: s.cpu + s.cpu_after),
    )


def _spread(seconds: Sequence[float]) -> Spread:
    return Spread(1000 * statistics.median(seconds), 1000 * min(seconds), 1000 * max(seconds))


def _ratio(
    ours: Sequence[Sample], theirs: Sequence[Sample], figure: Callable[[Sample], float]
) -> float | None:
    if not theirs:
        return None
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(figure(one) / figure(other) for one, other in pairs)


def to_markdown(table: Sequence[Row], around: Circumstances) -> str:
    """Return the circumstances and one table for each group."""
    tools = ", ".join(f"{name} {version}" for name, version in around.versions.items())
    machine = f"{around.system}, {around.processors} processors; {around.filesystem}"
    how = f"median of {around.rounds} rounds (least to greatest)"
    lines = [
        f"{around.date}. {machine}; Python {around.python}, {tools}.",
        "",
        f"Milliseconds: {how}. Ratios: median of the rounds' own ratios to {around.against}.",
    ]
    if around.warning:
        lines += ["", f"**Beware:** {around.warning}."]
    for group in dict.fromkeys(row.group for row in table):
        lines += [
            "",
            f"### {group}",
            "",
            "| tool | wall | CPU | CPU afterwards | wall ratio | CPU ratio |",
            "|---|---:|---:|---:|---:|---:|",
            *(_line(row) for row in table if row.group == group),
        ]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    ratios = (
        f"{ratio:.2f}" if ratio is not None else "" for ratio in (row.wall_ratio, row.cpu_ratio)
    )
    cells = (row.label, str(row.wall), str(row.cpu), f"{row.cpu_after:,.0f}", *ratios)
    return f"| {' | '.join(cells)} |"


def to_json(table: Sequence[Row], outcomes: Sequence[Outcome], around: Circumstances) -> str:
    """Return everything: the circumstances, the figures, every sample, and what failed."""
    cases = [
        {
            "group": outcome.case.group,
            "label": outcome.case.label,
            "failed": bool(outcome.failure),
            "samples": [asdict(sample) for sample in outcome.samples],
        }
        for outcome in outcomes
    ]
    figures = [asdict(row) for row in table]
    return json.dumps({"circumstances": asdict(around), "rows": figures, "cases": cases}, indent=1)
