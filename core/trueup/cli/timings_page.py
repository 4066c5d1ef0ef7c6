"""The page that shows where the time of a run went: one file, no script, nothing from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence

from trueup.cli.timeline import Span, critical_path
from trueup.version import __version__

__all__ = ["timings_page"]

_COLORS: Mapping[str, str] = {
    "start": "#8d99ae",
    "resolve": "#5b8def",
    "download": "#3aa6a0",
    "pack": "#8ac6a4",
    "build": "#e08a3c",
    "write": "#b565c9",
    "put in place": "#d1495b",
}
_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em;
  color: #1d2430; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .2em .8em; border-bottom: 1px solid #e3e6eb; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.key { display: inline-block; width: .9em; height: .9em; margin: 0 .4em 0 1em; border-radius: 2px; }
svg { width: 100%; height: auto; border: 1px solid #e3e6eb; }
@media (prefers-color-scheme: dark) {
  body { color: #dde3ec; background: #171b22; }
  svg text { fill: #dde3ec; }
  th, td, svg { border-color: #39414f; }
}
"""
_WIDTH, _LEFT, _ROW = 1000, 260, 18  # units of the drawing


def timings_page(spans: Sequence[Span], title: str) -> str:
    """Return the page for `spans`, which are in order of beginning.

    Args:
        spans: what lasted from when to when.
        title: the heading; it holds no credentials.
    """
    path = critical_path(spans)
    start = min((span.start for span in spans), default=0.0)
    end = max((span.end for span in spans), default=0.0)
    head = html.escape(title)
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{head}</title>',
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{head}</h1>",
        f"<p>trueup {html.escape(__version__)}; {end - start:.2f} s in all.</p>",
        "<h2>Timeline</h2>",
        _legend(spans),
        _drawing(spans, path, start, end),
        "<h2>Critical path</h2>",
        "<p>What the whole run waited for: each ended last before the next could begin.</p>",
        _table(path, start),
        "<h2>By kind</h2>",
        _sums(spans),
        "<h2>Everything, longest first</h2>",
        _table(sorted(spans, key=lambda span: -span.seconds), start),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _legend(spans: Sequence[Span]) -> str:
    present = {span.what for span in spans}
    keys = (
        f'<span class="key" style="background:{color}"></span>{what}'
        for what, color in _COLORS.items()
        if what in present
    )
    return f"<p>{''.join(keys)}; on the critical path: with a border</p>"


def _drawing(spans: Sequence[Span], path: Sequence[Span], start: float, end: float) -> str:
    scale = (_WIDTH - _LEFT - 60) / ((end - start) or 1.0)
    height = (len(spans) + 2) * _ROW
    critical = set(path)
    rows = [
        _bar(number, span, _LEFT + (span.start - start) * scale, scale, critical=span in critical)
        for number, span in enumerate(spans, start=1)
    ]
    lines = list(_grid(end - start, scale, height))
    head = (
        f'<svg viewBox="0 0 {_WIDTH} {height}" xmlns="http://www.w3.org/2000/svg"'
        ' font-family="system-ui, sans-serif" font-size="11">'
    )
    return "\n".join((head, *lines, *rows, "</svg>"))


def _grid(seconds: float, scale: float, height: int) -> Iterator[str]:
    """Yield the lines of the clock: five to ten of them, at round times."""
    step = 0.001
    for factor in (2, 2.5, 2) * 7:
        if seconds / step <= 10:
            break
        step *= factor
    for number in range(int(seconds / step) + 1):
        x = _LEFT + number * step * scale
        yield f'<line x1="{x:.1f}" y1="14" x2="{x:.1f}" y2="{height}" stroke="#c3c9d4"/>'
        yield f'<text x="{x:.1f}" y="11" text-anchor="middle">{number * step:g} s</text>'


def _bar(row: int, span: Span, x: float, scale: float, *, critical: bool) -> str:
    y = row * _ROW
    width = max(span.seconds * scale, 0.8)
    border = ' stroke="#111" stroke-width="1.5"' if critical else ""
    told = html.escape(f"{span.what} {span.subject}")
    name = html.escape(_short(span.subject))
    return (
        f"<g><title>{told}: {span.seconds:.3f} s</title>"
        f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{name}</text>'
        f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 6}"'
        f' fill="{_COLORS.get(span.what, "#777")}"{border}/>'
        f'<text x="{x + width + 4:.1f}" y="{y + 12}">{span.seconds:.2f}</text></g>'
    )


def _short(subject: str) -> str:
    return subject if len(subject) <= 40 else f"…{subject[-39:]}"


def _table(spans: Sequence[Span], start: float) -> str:
    rows = "\n".join(
        f"<tr><td>{span.what}</td><td>{html.escape(span.subject)}</td>"
        f'<td class="number">{span.start - start:.3f}</td>'
        f'<td class="number">{span.seconds:.3f}</td>'
        f'<td class="number">{"" if span.size is None else f"{span.size:,}"}</td></tr>'
        for span in spans
    )
    head = "".join(f"<th>{word}</th>" for word in ("what", "of", "after, s", "took, s", "bytes"))
    return f"<table><tr>{head}</tr>\n{rows}\n</table>"


def _sums(spans: Sequence[Span]) -> str:
    rows = []
    for what in _COLORS:
        found = [span for span in spans if span.what == what]
        if found:
            busy = sum(span.seconds for span in found)
            covered = _covered(found)
            rows.append(
                f'<tr><td>{what}</td><td class="number">{len(found)}</td>'
                f'<td class="number">{busy:.3f}</td><td class="number">{covered:.3f}</td></tr>'
            )
    head = "".join(
        f"<th>{word}</th>" for word in ("what", "how many", "sum, s", "time with any, s")
    )
    return f"<table><tr>{head}</tr>\n" + "\n".join(rows) + "\n</table>"


def _covered(spans: Sequence[Span]) -> float:
    """Return for how long at least one of `spans` lasted."""
    covered, until = 0.0, float("-inf")
    for span in sorted(spans, key=lambda one: one.start):
        covered += max(0.0, span.end - max(span.start, until))
        until = max(until, span.end)
    return covered
