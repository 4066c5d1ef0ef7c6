"""What an earlier build left in the tree does not reach a wheel, whatever setuptools builds it."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from support.mechanisms import Mechanism
from support.truth import Bench, Situation
from trueup.acquisition.supply import Supply


# An old one, one of the last that do not look for DIST_EXTRA_CONFIG, and today's.
@pytest.mark.parametrize(
    "version", [pytest.param("==44.1.1", marks=pytest.mark.slow), "==64.0.3", ""]
)
def test_a_deleted_module_does_not_reach_a_wheel_from_build_lib(
    version: str, tmp_path: Path, supply: Supply
) -> None:
    project = Mechanism(
        {
            "pyproject.toml": f'[build-system]\nrequires = ["setuptools{version}", "wheel"]\n'
            'build-backend = "setuptools.build_meta"\n',
            "setup.cfg": "[metadata]\nname = demo\nversion = 1.0\n"
            "[options]\npackages = demo\n[options.package_data]\ndemo = *.txt\n",
            "setup.py": "from setuptools import setup\nsetup()\n",
            "demo/__init__.py": "",
            "demo/gone.py": "",
            "demo/data.txt": "",
            "build/lib/demo/long_gone.py": "",
        }
    )
    with closing(Bench(tmp_path / "demo", project, supply, editable=False)) as bench:
        assert "purelib/demo/long_gone.py" not in bench.installed()
        assert {"purelib/demo/gone.py", "purelib/demo/data.txt"} <= bench.installed().keys()
        (bench.tree / "demo/gone.py").unlink()
        (bench.tree / "demo/data.txt").unlink()
        bench.build_again(Situation())
        shutil.rmtree(bench.tree / "build")
        assert bench.installed().keys() & {"purelib/demo/gone.py", "purelib/demo/data.txt"} == set()
        assert bench.truth(Situation())
