"""The cells of the freshness matrix, written down as they are run, and the table made of them.

With TRUEUP_MATRIX_BOOK set to a folder, each run of a mechanism leaves a file of JSON lines there;
`PYTHONPATH=tests python -m support.matrix_book FOLDER` prints them as docs/freshness-matrix.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from trueup.freshness.verdict import Stale, Unknown, Verdict

from support.accepted import accepted_reason

_VARIABLE = "TRUEUP_MATRIX_BOOK"
_CODE = (
    "core/trueup/freshness/*.py",
    "core/trueup/acquisition/*.py",
    "core/trueup/api/tracking.py",
    "core/trueup/api/judging.py",
)


class CellBook:
    """What one mechanism's cells gave, in one of its two modes."""

    def __init__(self, mechanism: str, *, editable: bool) -> None:
        self.mechanism = mechanism
        self.mode = "editable" if editable else "wheel"
        folder = os.environ.get(_VARIABLE)
        self._path = Path(folder, f"{mechanism}-{self.mode}.jsonl") if folder else None
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text("")

    def note(self, edit: str, verdict: Verdict, *, truth: bool) -> None:
        """Write one cell down: what was said, and whether a build would give the same."""
        if self._path is None:
            return
        said, reason = "fresh", ""
        if isinstance(verdict, Unknown):
            said, reason = "unknown", verdict.reason
        elif isinstance(verdict, Stale):
            said, reason = "stale", verdict.reasons[0].message
        cell = {
            "mechanism": self.mechanism,
            "mode": self.mode,
            "edit": edit,
            "said": said,
            "truth": "fresh" if truth else "stale",
            "reason": reason,
            "code": code_version(),
        }
        with self._path.open("a") as file:
            file.write(json.dumps(cell) + "\n")


@cache
def code_version() -> str:
    """Return a digest of the code that traces, gathers and judges."""
    top = Path(__file__).parents[2]
    files = [path for name in _CODE for path in sorted(top.glob(name))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:10]


class Cell(NamedTuple):
    """One verdict and what was true."""

    mechanism: str
    mode: str
    edit: str
    said: str
    truth: str
    reason: str
    code: str

    @property
    def kind(self) -> str:
        """In which column it counts."""
        if self.said == self.truth:
            return self.said
        return {"fresh": "false fresh", "stale": "false stale"}.get(self.said, self.said)


def read_book(folder: Path) -> list[Cell]:
    """Return the cells of all files in `folder`."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.open()]
    return [Cell(**json.loads(line)) for line in lines]


_GROUPS = {
    "all": "",
    "built by Python alone": r"(?!scikit|meson|maturin|setuptools-c$|setuptools-cython$)",
    "setuptools with a compiler": r"setuptools-c$|setuptools-cython$",
    "cmake, meson, cargo": r"scikit|meson|maturin",
}
_COLUMNS = ("stale", "fresh", "false fresh", "false stale", "unknown")


def page(cells: list[Cell]) -> Iterator[str]:
    """Yield the lines of the page about these cells."""
    counts = Counter(cell.kind for cell in cells)
    yield "# The matrix of freshness"
    yield ""
    yield "Made by `python -m support.matrix_book`; [how](freshness.md#how-it-is-tested)."
    yield "Each cell is an edit of a built project: the verdict, held against a build from nothing."
    yield ""
    wrong, unknown = counts["false fresh"], counts["unknown"]
    yield f"{len(cells)} cells: **{wrong} false fresh**, {unknown} unknown."
    share = f"{100 * counts['false stale'] / max(len(cells), 1):.1f} %"
    yield f"False stale, of those that a build would leave as they were: {_false_share(cells)},"
    yield f"which is {share} of all cells;"
    yield "without the edit that adds a build requirement, which only a build can judge:"
    yield ""
    known = [cell for cell in cells if cell.edit != "build_requirement_added"]
    for name, pattern in _GROUPS.items():
        group = [cell for cell in known if re.match(pattern, cell.mechanism)]
        yield f"- {name}: {_false_share(group)}"
    yield ""
    versions = Counter(cell.code for cell in cells)
    told = ", ".join(f"{code} ({number} cells)" for code, number in versions.most_common())
    yield f"Code that judged, by its digest: {told}."
    yield ""
    yield f"| mechanism | mode | {' | '.join(_COLUMNS)} |"
    yield "|---|---|" + "---|" * len(_COLUMNS)
    for name, mode in sorted({(cell.mechanism, cell.mode) for cell in cells}):
        here = Counter(one.kind for one in cells if (one.mechanism, one.mode) == (name, mode))
        yield f"| {name} | {mode} | " + " | ".join(str(here[one]) for one in _COLUMNS) + " |"
    yield ""
    yield "## Edits"
    yield ""
    yield f"| edit | {' | '.join(_COLUMNS)} |"
    yield "|---|" + "---|" * len(_COLUMNS)
    for edit in dict.fromkeys(cell.edit for cell in cells):
        here = Counter(one.kind for one in cells if one.edit == edit)
        yield f"| {edit} | " + " | ".join(str(here[one]) for one in _COLUMNS) + " |"
    yield ""
    yield from _false_stale([cell for cell in cells if cell.kind == "false stale"])


def _false_stale(cells: list[Cell]) -> Iterator[str]:
    yield "## Stale without need"
    yield ""
    yield "| edit | where | why |"
    yield "|---|---|---|"
    groups: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        why = accepted_reason(cell.mechanism, cell.mode, cell.edit) or cell.reason
        groups.setdefault((cell.edit, why), []).append(f"{cell.mechanism} ({cell.mode})")
    for (edit, why), where in groups.items():
        yield f"| {edit} | {len(where)}: {', '.join(where)} | {why} |"


def _false_share(cells: list[Cell]) -> str:
    false = sum(cell.kind == "false stale" for cell in cells)
    fresh = sum(cell.truth == "fresh" for cell in cells)
    return f"{false} of the {fresh} ({100 * false / max(fresh, 1):.1f} %)"


if __name__ == "__main__":
    print("\n".join(page(read_book(Path(sys.argv[1])))))
