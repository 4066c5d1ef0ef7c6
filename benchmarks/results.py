"""The results of runs: written family by family, and put together for people and for the docs."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks import goals, plots
from benchmarks.cases import FAMILIES
from benchmarks.report import from_json, rows, to_json, to_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.report import Circumstances, Row
    from benchmarks.rounds import Outcome

__all__ = ["keep", "publish", "put_together"]

_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


def keep(
    folder: str, outcomes: Sequence[Outcome], around: Circumstances, *, placed: bool = False
) -> None:
    """Write one JSON file for each family that was run; an earlier run's is replaced.

    Args:
        folder: where results are kept.
        outcomes: what came of the cases.
        around: the circumstances of the run.
        placed: somebody chose the place: its file system is in the names of files and cases, and
            the results of another one stay.
    """
    os.makedirs(folder, exist_ok=True)
    where = around.filesystem if placed else ""
    for family in dict.fromkeys(outcome.case.family for outcome in outcomes):
        among = [outcome for outcome in outcomes if outcome.case.family == family]
        figures = [
            replace(row, name=goals.placed(row.name, where), group=goals.placed(row.group, where))
            for row in rows(among, around.against)
        ]
        _write(
            os.path.join(folder, f"{_slug(goals.placed(family, where))}.json"),
            to_json(figures, among, around),
        )


def put_together(folder: str) -> str:
    """Return all results in `folder` as Markdown; write them there, and the drawings."""
    found: dict[str, tuple[Circumstances, list[Row]]] = {}
    for name in sorted(glob.glob("*.json", root_dir=folder), key=_rank):
        with open(os.path.join(folder, name), encoding="utf-8") as stream:
            found[name[: -len(".json")]] = from_json(stream.read())
    table = [row for _, among in found.values() for row in among]
    for name, drawing in _drawings(found, table).items():
        _write(os.path.join(folder, name), drawing)
    parts = ["## Goals", "", goals.to_markdown(table), "## Figures", ""]
    # What was run together is told of together.
    for key in dict.fromkeys(_frozen(around) for around, _ in found.values()):
        together = [one for one in found.values() if _frozen(one[0]) == key]
        versions = {name: told for around, _ in together for name, told in around.versions.items()}
        around = replace(together[0][0], versions=versions)
        parts += [to_markdown([row for _, group in together for row in group], around)]
    text = "\n".join(parts)
    _write(os.path.join(folder, "results.md"), text)
    return text


def _rank(name: str) -> tuple[bool, int, str]:
    """Return what sorts results: those of the usual place first, in the order of the families."""
    family, _, where = name[: -len(".json")].partition("-on-")
    return bool(where), FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), where


def _frozen(around: Circumstances) -> tuple[object, ...]:
    return (around.date, around.filesystem, around.rounds, around.python, around.against)


def _drawings(
    found: Mapping[str, tuple[Circumstances, list[Row]]], table: Sequence[Row]
) -> dict[str, str]:
    drawings = {
        f"ratios-{family}.svg": plots.ratio_plot(among, family)
        for family, (_, among) in found.items()
        if any(row.wall_ratio for row in among)
    }
    for name, grows in plots.GROWTH.items():
        drawing = plots.growth_plot([row for row in table if row.name == name], name, grows)
        if drawing:
            drawings[f"growth-{_slug(name)}.svg"] = drawing
    return drawings


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


def publish(folder: str, page: str) -> None:
    """Put the results in `folder` into `page`, between its marks, and the drawings beside it.

    Raises:
        ValueError: the page has no marks.
    """
    with open(page, encoding="utf-8") as stream:
        text = stream.read()
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{page} has no {_BEGIN} with {_END} behind it")
    told = put_together(folder)
    pictures = os.path.splitext(page)[0]
    links = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".svg"):
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                _write(os.path.join(pictures, name), stream.read())
            links.append(f"![{name[:-4]}]({os.path.basename(pictures)}/{name})")
    _write(page, "\n".join((before + begin, "", told, "## Drawings", "", *links, "", end + after)))


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
