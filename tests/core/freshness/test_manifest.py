"""A MANIFEST.in that comes to a project counts, unless it names what is taken without it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from support.mechanisms import MECHANISMS, Mechanism
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply
from trueup.freshness.manifest import names_nothing_but
from trueup.freshness.verdict import Fresh, Stale

_TAKEN = frozenset(("src/demo/data.txt", "src/demo/module.py"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"include src/demo/data.txt",
        b"include src/demo/data.txt\n",
        b"include src/demo/data.txt\r\n\r\n# that is all\r\n",
        b"  include\tsrc/demo/data.txt  src/demo/module.py  \n",
    ],
)
def test_files_that_are_taken_anyway_may_be_included(content: bytes) -> None:
    assert names_nothing_but(content, _TAKEN)


@pytest.mark.parametrize(
    "content",
    [
        b"include src/demo/data.txt src/demo/other.txt\n",
        b"include src/demo/*.txt\n",
        b"include src/demo/dat[a].txt\n",
        b"include src/demo/data.txt \\\n src/demo/other.txt\n",
        b"# a remark that goes on \\\ninclude src/demo/data.txt\n",
        b"include src/demo/data.txt # a remark\n",
        b"include src/demo/data.txt\rinclude src/demo/other.txt\n",
        b"include\n",
        b"exclude src/demo/data.txt\n",
        b"global-include *.txt\n",
        b"recursive-include src/demo data.txt\n",
        b"graft src/demo\n",
        b"prune src/demo\n",
        b"INCLUDE src/demo/data.txt\n",
        b"include src/demo/data.txt\x0b\n",
        b"include ./src/demo/data.txt\n",
        b"\xef\xbb\xbfinclude src/demo/data.txt\n",
    ],
)
def test_all_else_may_change_what_is_built(content: bytes) -> None:
    assert not names_nothing_but(content, _TAKEN)


def _judged(bench: Bench, manifest: str) -> tuple[bool, bool]:
    """Return whether the verdict is fresh with this MANIFEST.in, and whether it should be."""
    (bench.tree / "MANIFEST.in").write_text(manifest)
    fresh = isinstance(bench.judge(Situation()), Fresh)
    truth = bench.truth(Situation())
    bench.restore()
    assert bench.judge(Situation()) == Fresh()
    return fresh, truth


@pytest.mark.parametrize(
    ("name", "editable"), [("setuptools-src", False), ("setuptools-strict", True)]
)
def test_a_manifest_counts_if_it_changes_what_is_built(
    name: str, editable: bool, tmp_path: Path, supply: Supply
) -> None:
    files = {
        **MECHANISMS[name].files,
        "src/demo/other.dat": "data\n",  # as data.txt is, and not shipped
        "src/demo/sub/data.txt": "data of sub\n",
        "data.txt": "data\n",
    }
    project = Mechanism(files, settings=MECHANISMS[name].settings)
    with closing(Bench(tmp_path / "demo", project, supply, editable=editable)) as bench:
        line = "include src/demo/data.txt src/demo/sub/data.txt src/demo/module.py\n"
        assert _judged(bench, line) == (True, True)
        assert _judged(bench, "include src/demo/other.dat\n") == (False, False)
        assert _judged(bench, f"{line}global-exclude *.dat\n")[0] is False
        assert _judged(bench, f"{line}recursive-include src *.dat\n") == (False, False)


@pytest.mark.parametrize(
    "more",
    [
        # A package elsewhere than its name says: what lies in `demo` is that of `other`.
        {
            "pyproject.toml": '[tool.setuptools]\npackages = ["demo", "other"]\n'
            '[tool.setuptools.package-dir]\ndemo = "src/demo"\nother = "lib/demo"\n',
            "lib/demo/data.dat": "data\n",
            "src/demo/data.dat": "data\n",
        },
        # Code of the project looks at it.
        {
            "setup.py": "import os\nfrom setuptools import setup\n"
            'setup(keywords=["told"] if os.path.exists("MANIFEST.in") else [])\n'
        },
    ],
)
def test_a_manifest_counts_where_more_may_be_told_by_it(
    more: dict[str, str], tmp_path: Path, supply: Supply
) -> None:
    files = {**MECHANISMS["setuptools-src"].files, "src/demo/data.txt": "text\n"}
    for path, text in more.items():
        files[path] = files.get(path, "") + text
    with closing(Bench(tmp_path / "demo", Mechanism(files), supply, editable=False)) as bench:
        (bench.tree / "MANIFEST.in").write_text("include src/demo/data.txt\n")
        assert isinstance(bench.judge(Situation()), Stale)
