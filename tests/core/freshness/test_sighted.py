"""What a compiler opens, seen by who watches the tree; the rest of it is in the matrix."""

from __future__ import annotations

import shutil
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.mechanisms import MECHANISMS
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply
from trueup.freshness.verdict import Fresh, Stale

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="only Linux tells, and needs gcc"
)

_C = MECHANISMS["setuptools-c"]
_SOURCE = _C.files["src/native/native.c"].replace("value.h", 'value.h"\n#include TABLE\n#include "')
# The name of one file is put together where no text that a compiler reads has it.
COMPUTED = replace(
    _C,
    files={
        **_C.files,
        "src/native/native.c": _SOURCE.replace('#include ""\n', ""),
        "src/native/table.dat": "",
        "setup.py": "from setuptools import Extension, setup\n"
        "macros = [('TABLE', '\"ta' 'ble.dat\"')]\n"
        "native = Extension('demo._native', ['src/native/native.c'], define_macros=macros)\n"
        "setup(ext_modules=[native])\n",
    },
)


def test_what_a_compiler_opened_counts_and_what_it_cannot_look_for_does_not(
    tmp_path: Path, supply: Supply
) -> None:
    with closing(Bench(tmp_path / "demo", COMPUTED, supply, editable=True)) as bench:
        assert bench.built.fingerprint.survey == "sighted"
        assert "src/native/table.dat" in bench.built.fingerprint.opened
        for new in ("src/native/unnamed.c", "notes.txt", "src/native/more.dat"):
            (bench.tree / new).write_text("#error\n")
            assert bench.judge(Situation()) == Fresh(), new
        for new in ("src/native/stdlib.h", "src/native/vector", "src/native/settings.json"):
            (bench.tree / new).write_text("")
            assert isinstance(bench.judge(Situation()), Stale), new
            (bench.tree / new).unlink()
        (bench.tree / "src/native/table.dat").write_text("#define MORE +1\n")
        assert isinstance(bench.judge(Situation()), Stale)


def test_a_build_that_compiles_nothing_again_still_depends_on_what_was_compiled(
    tmp_path: Path, supply: Supply
) -> None:
    with closing(Bench(tmp_path / "demo", COMPUTED, supply, editable=True)) as bench:
        opened = bench.built.fingerprint.opened
        (bench.tree / "README.md").write_text("# other\n")
        bench.build_again(Situation())
        assert bench.built.fingerprint.survey == "sighted"
        assert {"src/native/table.dat", "src/native/native.c"} <= set(opened)
        (bench.tree / "src/native/table.dat").write_text("#define MORE +1\n")
        assert isinstance(bench.judge(Situation()), Stale)


def test_parts_that_somebody_built_before_are_a_doubt(tmp_path: Path, supply: Supply) -> None:
    object_file = {"build/temp/native.o": "built by somebody\n"}
    project = replace(COMPUTED, files={**COMPUTED.files, **object_file})
    with closing(Bench(tmp_path / "demo", project, supply, editable=True)) as bench:
        assert bench.built.fingerprint.survey == "native"
