"""The figures as drawings: ratios as bars, growth as lines. SVG: it takes no more than text."""

from __future__ import annotations

import html
import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.report import Row

__all__ = ["GROWTH", "growth_plot", "ratio_plot"]

# What is drawn as growth, and what grows.
GROWTH: Mapping[str, str] = {
    "install one wheel": "files",
    "install many wheels": "distributions",
    "freshness check": "files of the tree",
    "editable, nothing to do": "files of the tree",
    "editable, after an edit of pyproject.toml": "files of the tree",
}
_COLORS = ("#5b8def", "#e08a3c", "#3aa6a0", "#b565c9", "#8d99ae", "#7a9e3f", "#c9a227")
_OURS = "#d1495b"
_FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#444"'
_WIDTH, _LEFT, _BAR = 800, 330, 18
_LEAST, _MOST = 1 / 32, 64  # ratios beyond are drawn as bars that leave the drawing


def _svg(height: float, parts: Sequence[str]) -> str:
    # A ground of its own, so that it can be read on dark pages, too.
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" {_FONT}>'
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join((head, ground, *parts, "</svg>\n"))


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'


def _color(label: str, labels: Sequence[str]) -> str:
    if label.startswith("trueup"):
        return _OURS
    others = [one for one in labels if not one.startswith("trueup")]
    return _COLORS[others.index(label) % len(_COLORS)]


# Ratios


def ratio_plot(table: Sequence[Row], title: str) -> str:
    """Return bars for the ratios of wall time, group by group; 1 is the tool compared with."""
    labels = list(dict.fromkeys(row.label for row in table))
    parts = [_text(10, 20, f"{title}: wall time as a ratio, less is better")]
    y = 50.0
    for group in dict.fromkeys(row.group for row in table):
        parts.append(_text(10, y, group))
        for row in (row for row in table if row.group == group and row.wall_ratio):
            y += _BAR
            parts += _bar(row, y, _color(row.label, labels))
        y += 1.7 * _BAR
    scale = list(_ratio_scale(y - _BAR))
    return _svg(y, [*scale, *parts])


def _ratio_x(ratio: float) -> float:
    within = math.log2(min(max(ratio, _LEAST), _MOST) / _LEAST) / math.log2(_MOST / _LEAST)
    return _LEFT + within * (_WIDTH - _LEFT - 60)


def _bar(row: Row, y: float, color: str) -> Iterator[str]:
    ratio = row.wall_ratio or 1.0
    start, end = sorted((_ratio_x(1.0), _ratio_x(ratio)))
    yield _text(_LEFT - 8, y - 4, row.label, "end")
    yield (
        f'<rect x="{start:.1f}" y="{y - _BAR + 4:.1f}" width="{max(end - start, 1):.1f}"'
        f' height="{_BAR - 4}" fill="{color}"/>'
    )
    yield _text(end + 4, y - 4, f"{ratio:.2f}")


def _ratio_scale(bottom: float) -> Iterator[str]:
    for power in range(round(math.log2(_LEAST)), round(math.log2(_MOST)) + 1, 2):
        yield _line(_ratio_x(2.0**power), 30, _ratio_x(2.0**power), bottom, "#e3e6eb")
    yield _line(_ratio_x(1.0), 26, _ratio_x(1.0), bottom, "#444")


def _line(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{color}"/>'


# Growth


def growth_plot(table: Sequence[Row], title: str, grows: str) -> str:
    """Return a line for each tool: wall time against how much there is, both logarithmic."""
    points = {
        label: sorted(_points(row for row in table if row.label == label))
        for label in dict.fromkeys(row.label for row in table)
    }
    every = [point for line in points.values() for point in line]
    if not every:
        return ""
    box = _Box(every)
    parts = [_text(10, 20, f"{title}: milliseconds against {grows}"), *box.scales()]
    labels = list(points)
    ends: list[float] = []
    for label, line in points.items():
        color = _color(label, labels)
        spots = [(box.x(amount), box.y(cost)) for amount, cost in line]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        dash = ' stroke-dasharray="5 3"' if label.startswith("trueup, no") else ""
        parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"{dash}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in spots]
        ends.append(_apart(spots[-1][1] + 4, ends))
        parts.append(_text(spots[-1][0] + 8, ends[-1], label))
    return _svg(420, parts)


def _apart(y: float, taken: Sequence[float]) -> float:
    """Return `y`, or the next place below it where no other name stands."""
    while any(abs(y - other) < 13 for other in taken):
        y += 3
    return y


def _points(table: Iterator[Row]) -> Iterator[tuple[float, float]]:
    for row in table:
        amount = re.match(r"[\d,]+", row.scale)
        if amount:
            yield float(amount[0].replace(",", "")), max(row.wall.median, 0.01)


class _Box:
    """Where a point lies in a drawing with logarithmic scales."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        amounts, costs = zip(*points, strict=True)
        self._amounts = sorted(set(amounts))
        self._across = (math.log10(min(amounts)), math.log10(max(amounts) * 1.001))
        self._up = (math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs) * 1.001)))

    def x(self, amount: float) -> float:
        low, high = self._across
        return 70 + (math.log10(amount) - low) / (high - low) * (_WIDTH - 280)

    def y(self, cost: float) -> float:
        low, high = self._up
        return 380 - (math.log10(cost) - low) / (high - low) * 330

    def scales(self) -> Iterator[str]:
        right = self.x(self._amounts[-1])
        for power in range(self._up[0], self._up[1] + 1):
            y = self.y(10.0**power)
            yield _line(70, y, right, y, "#e3e6eb")
            yield _text(62, y + 4, f"{10.0**power:,g}", "end")
        for amount in self._amounts:
            yield _line(self.x(amount), 50, self.x(amount), 380, "#e3e6eb")
            yield _text(self.x(amount), 400, f"{amount:,.0f}", "middle")
