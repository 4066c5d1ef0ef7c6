"""Beside other people's tools for noxfiles: the real ones, from an index."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support.builds import lay_tree
from support.laboratory import find_uv
from support.nox_lab import NoxLab, make_project, nox_environment
from support.nox_reports import report_variables

pytestmark = pytest.mark.slow

_REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_decorator_of_nox_uv_works_beside_it(lab: NoxLab, tmp_path: Path) -> None:
    python = nox_environment(tmp_path / "nox", "nox", "nox-uv")
    make_project(lab.root, "thing")
    lab.noxfile(
        "@nox_uv.session\ndef tests(s):\n    s.install('demo')\n"
        "    show(s, 'thing.VALUE', 'thing, demo')\n",
        preamble="import trueup_nox, nox_uv",
    )
    project = lab.root / "pyproject.toml"
    project.write_text(
        '[project]\nname = "outer"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dependencies = ["thing"]\n[tool.uv]\npackage = false\n'
        '[tool.uv.sources]\nthing = { path = "thing", editable = true }\n'
    )
    subprocess.run([find_uv(), "lock", "-q"], cwd=lab.root, env=lab.variables, check=True)
    beside = replace(lab, python=python)
    for reuse in ((), ("-r",)):
        told = beside.run(*reuse)
        assert told.line("thing.VALUE: ") == "1"
        assert "uv sync" in told.text
        assert lab.installed("tests") == {"thing": "uv", "demo": "trueup"}


_POETRY_NOXFILE = """
import pathlib

def told(s):
    print("VALUE", s.run("python", "-c", "import thing; print(thing.VALUE)", silent=True).strip())

@nox_poetry.session
def wheel(s):
    s.install(".", "colorama")
    told(s)

@nox_poetry.session
def extra(s):
    s.install(".[more]")
    told(s)

@nox_poetry.session
def sdist(s):
    s.poetry.installroot(distribution_format="sdist")
    told(s)
"""


def test_the_sessions_of_nox_poetry_work_beside_it(lab: NoxLab, tmp_path: Path) -> None:
    tools = ("nox", "nox-poetry", "poetry", "poetry-plugin-export")
    python = nox_environment(tmp_path / "nox", *tools)
    lay_tree(
        lab.root,
        {
            "pyproject.toml": '[build-system]\nrequires = ["poetry-core"]\n'
            'build-backend = "poetry.core.masonry.api"\n'
            '[project]\nname = "thing"\nversion = "1.0"\ndescription = "x"\n'
            'requires-python = ">=3.11,<4"\ndependencies = []\n'
            "[project.optional-dependencies]\nmore = []\n"
            '[tool.poetry]\npackages = [{ include = "thing", from = "src" }]\n',
            "src/thing/__init__.py": "VALUE = 1\n",
        },
    )
    lab.noxfile(_POETRY_NOXFILE, preamble="import trueup_nox, nox_poetry")
    programs = os.path.dirname(python)
    variables = report_variables(tmp_path, HOME=str(lab.root / "home"))
    variables["PATH"] = os.pathsep.join([programs, variables["PATH"]])
    subprocess.run(["poetry", "lock"], cwd=lab.root, env=variables, check=True)
    beside = replace(lab, python=python, variables=variables)
    for value, options in ((1, ()), (2, ("-r",)), (2, ("-r",))):
        (lab.root / "src/thing/__init__.py").write_text(f"VALUE = {value}\n")
        told = beside.run(*options).text
        assert told.count(f"VALUE {value}") == 3, told
        for session in ("wheel", "extra", "sdist"):
            assert set(lab.installed(session).values()) == {"trueup"}


def test_nox_makes_itself_an_environment_with_the_trueup_that_a_noxfile_names(
    lab: NoxLab, tmp_path: Path
) -> None:
    uv = find_uv()
    home = tmp_path / "nox"
    subprocess.run([uv, "venv", "-q", str(home)], check=True)
    python = home / "bin" / "python"
    build = [uv, "build", "-q", "--wheel", "-o", str(tmp_path / "house"), str(_REPOSITORY)]
    for command in ([uv, "pip", "install", "-q", "-p", str(python), "nox"], build):
        subprocess.run(command, check=True)
    lab.noxfile(
        "@nox.session\ndef tests(session):\n    session.install('colorama')\n"
        "print('WHERE', trueup_nox.__file__)\n"
    )
    noxfile = lab.root / "noxfile.py"
    script = '# /// script\n# dependencies = ["nox", "trueup"]\n# ///\n'
    noxfile.write_text(script + noxfile.read_text())
    links = {"UV_FIND_LINKS": str(tmp_path / "house"), "PIP_FIND_LINKS": str(tmp_path / "house")}
    variables = report_variables(tmp_path, HOME=str(lab.root / "home"), **links)
    told = replace(lab, python=str(python), variables=variables).run()
    assert str(lab.root / ".nox") in told.line("WHERE ")
    assert lab.installed("tests") == {"colorama": "trueup"}
