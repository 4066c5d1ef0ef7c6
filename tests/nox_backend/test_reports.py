"""Reports of others, replayed in nox with the real build backends: a session sees what is there.

What nox's own uv backend makes of the same steps is printed by `python -m support.nox_reports` and
kept in docs/nox.md; no test depends on it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from support.nox_reports import REPORTS, Report, replay, report_variables

_QUICK = (
    "10946 strict editable, `-r all.txt`",
    "11390 setuptools that generates, `-r all.txt`",
    "11238 circles, `-r all.txt`",
    "15700 an edited file",
)


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for a store that the tests of this file share: builds need the same tools."""
    return tmp_path_factory.mktemp("caches")


def _replay(report: Report, root: Path, python: str, caches: Path) -> None:
    lacking = [name for name in report.needs if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"there is no {lacking[0]} on this machine")
    root.mkdir()
    variables = report_variables(caches)
    steps = list(replay(report, root, python, backend="trueup", variables=variables))
    wanted = [(step.what, step.wanted) for step in report.steps]
    assert [(step.what, seen) for step, seen in steps] == wanted


@pytest.mark.skipif(sys.platform == "win32", reason="the projects use links and C compilers")
@pytest.mark.parametrize(
    "report",
    [
        pytest.param(each, id=each.title, marks=() if each.title in _QUICK else pytest.mark.slow)
        for each in REPORTS
    ],
)
def test_a_reused_session_sees_what_is_there(report: Report, tmp_path: Path, caches: Path) -> None:
    _replay(report, tmp_path / "lab", sys.executable, caches)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the projects use links and C compilers")
@pytest.mark.parametrize("report", REPORTS, ids=lambda each: each.title)
def test_the_oldest_nox_sees_it_too(
    report: Report, tmp_path: Path, caches: Path, oldest: str
) -> None:
    _replay(report, tmp_path / "lab", oldest, caches)


def test_the_quick_ones_are_among_them() -> None:
    assert set(_QUICK) <= {each.title for each in REPORTS}
