"""The cells of the freshness matrix, written down as they are run, and the table made of them.

With TRUEUP_MATRIX_BOOK set to a folder, each run of a mechanism leaves a file of JSON lines there;
`python tests/support/matrix_book.py FOLDER` prints them as the page docs/freshness-matrix.md.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path

from trueup.freshness.verdict import Fresh, Stale, Verdict

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
        said = "fresh" if isinstance(verdict, Fresh) else "unknown"
        reason = "" if isinstance(verdict, Fresh) else getattr(verdict, "reason", "")
        if isinstance(verdict, Stale):
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
