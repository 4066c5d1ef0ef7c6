from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from trueup.freshness.editables.generator import weigh_generator
from trueup.freshness.editables.project import read_project
from trueup.freshness.editables.recorded import Recorded
from trueup.freshness.outcome import Reason


def reasons(folder: Path, requires: list[str], generator: str) -> list[str]:
    (folder / "pyproject.toml").write_text(f"[build-system]\nrequires = {requires}\n")
    told = weigh_generator(read_project(str(folder)), Recorded({}, "", {}, generator, ()))
    return [one.message for one in told if isinstance(one, Reason)]


@pytest.mark.parametrize(
    ("requires", "generator", "stale"),
    [
        (["setuptools"], "setuptools (80.9.0)", False),
        (["setuptools>=64", "wheel"], "setuptools (80.9.0)", False),
        (["setuptools==80.9"], "setuptools (80.9.0)", False),
        (["setuptools<70"], "setuptools (80.9.0)", True),
        (["setuptools>=90"], "setuptools (80.9.0)", True),
        (["setuptools~=79.0"], "setuptools (80.9.0)", True),
        (["setuptools<70; python_version < '3'"], "setuptools (80.9.0)", False),
        (["wheel<0.40"], "bdist_wheel (0.45.1)", True),
        (["flit_core<3"], "flit 3.12.0", True),
        (["hatchling<1.27,>=1.20"], "hatchling 1.27.0", True),
        (["uv_build>=0.9,<0.10"], "uv 0.9.4", False),
        (["other<1"], "hatchling 1.27.0", False),
        (["no requirement at all <"], "hatchling 1.27.0", False),
        (["hatchling<1"], "", False),
    ],
)
def test_a_build_requirement_that_excludes_who_built_it_is_told(
    requires: list[str], generator: str, stale: bool, tmp_path: Path
) -> None:
    assert bool(reasons(tmp_path, requires, generator)) is stale


RELEASES = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(
    lambda parts: ".".join(map(str, parts))
)
CLAUSES = st.tuples(st.sampled_from([">=", "<=", "==", "<", ">", "~=", "!="]), RELEASES).map(
    "".join
)


@given(version=RELEASES, clauses=st.lists(CLAUSES, min_size=1, max_size=2))
def test_what_is_decided_without_the_library_is_what_the_library_decides(
    version: str, clauses: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    clauses = [one for one in clauses if not one.startswith("~=") or "." in one]
    limits = ",".join(clauses)
    told = reasons(tmp_path_factory.getbasetemp(), [f"hatchling{limits}"], f"hatchling {version}")
    assert bool(told) is not SpecifierSet(limits).contains(version)
