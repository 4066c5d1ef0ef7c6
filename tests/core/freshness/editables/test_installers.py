"""What PDM, Poetry, Hatch, Flit, maturin and pip installed, by themselves, and mended by them.

`pytest -m slow tests/core/freshness/editables/test_installers.py`; the tools come from the index.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.editable_edits import NOTHING
from support.editable_projects import ALL, make_environment, uv_program
from trueup.freshness.editables.judging import Judgement, judge_installed
from trueup.freshness.editables.outside import environment_from_outside
from trueup.freshness.verdict import Fresh, Stale, Unknown, Verdict

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Tool:
    """Who installs a project, and with which words.

    Attributes:
        project: which of the templates.
        requires: the tool, as the index has it; () for the environment's own pip.
        command: what installs the project in the working directory.
        mended: the beginning of the command that is named later.
        environment: where it installs.
        settings: more of pyproject.toml.
    """

    project: str
    requires: tuple[str, ...]
    command: str
    mended: str
    environment: str = ".venv"
    settings: str = ""


_UNINSTALL = "./.venv/bin/python -m pip uninstall -q -y flitted"
TOOLS = {
    "pip": Tool("sourced", (), ".venv/bin/python -m pip install -e .", "./.venv/bin/python -m pip"),
    "pip, a finder": Tool(
        "flatly", (), ".venv/bin/python -m pip install -e .", "./.venv/bin/python -m pip"
    ),
    "pip, a copy": Tool(
        "hatched", (), ".venv/bin/python -m pip install .", "./.venv/bin/python -m pip"
    ),
    "uv": Tool("ultra", ("uv",), "uv pip install --python .venv -e .", "uv pip install"),
    # later ones need a release of hishel that not every index gives
    "pdm": Tool("pathed", ("pdm==2.12.4",), "pdm install", "pdm install"),
    "poetry": Tool("poetic", ("poetry>=2",), "poetry install", "poetry install"),
    "hatch": Tool(
        "hatched",
        ("hatch",),
        "hatch env create",
        "./.hatch/bin/python -m pip install -e",
        ".hatch",
        '[tool.hatch.envs.default]\npath = ".hatch"\n',
    ),
    "flit, a link": Tool(
        "flitted",
        ("flit",),
        "flit install --symlink --python .venv/bin/python",
        f"{_UNINSTALL} && flit install --symlink --python ./.venv/bin/python",
    ),
    "flit, a path": Tool(
        "flitted",
        ("flit",),
        "flit install --pth-file --python .venv/bin/python",
        f"{_UNINSTALL} && flit install --pth-file --python ./.venv/bin/python",
    ),
    # it has pip install, and leaves no name of its own
    "maturin": Tool("rusty", ("maturin",), "maturin develop", "./.venv/bin/python -m pip install"),
}


@dataclass
class Place:
    """A project that a tool has installed."""

    tool: Tool
    folder: Path
    variables: dict[str, str]

    def run(self, command: str) -> None:
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self.variables,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def judge(self, monkeypatch: pytest.MonkeyPatch) -> Judgement:
        monkeypatch.chdir(self.folder)  # commands are told as they are typed there
        environment = environment_from_outside(str(self.folder / self.tool.environment))
        (judged,) = judge_installed(environment, [self.tool.project])
        return judged

    def replace(self, old: str, new: str) -> None:
        path = self.folder / "pyproject.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], Path]:
    """Give a function that installs a tool, once, and tells where its programs are."""
    made: dict[tuple[str, ...], Path] = {}

    def get(requires: tuple[str, ...]) -> Path:
        if requires not in made:
            folder = make_environment(tmp_path_factory.mktemp("tool") / "tool", sys.executable)
            command = [uv_program(), "pip", "install", "-q", "--python", str(folder), *requires]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"the index does not give {requires}: {done.stderr[-200:]}")
            made[requires] = folder / "bin"
        return made[requires]

    return get


@pytest.fixture(params=TOOLS)
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tools: Callable[[tuple[str, ...]], Path],
) -> Place:
    tool = TOOLS[request.param]
    folder = ALL[tool.project].write(tmp_path / tool.project)
    variables = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    path = [str(folder / ".venv" / "bin"), str(Path(uv_program()).parent), variables["PATH"]]
    if tool.requires:
        path.insert(0, str(tools(tool.requires)))
    variables |= {
        "PATH": os.pathsep.join(path),
        "VIRTUAL_ENV": str(folder / ".venv"),
        "FLIT_ROOT_INSTALL": "1",  # it refuses to work for root otherwise
        "POETRY_CACHE_DIR": str(tmp_path / "poetry"),
        "HATCH_DATA_DIR": str(tmp_path / "hatch"),
    }
    subprocess.run([sys.executable, "-m", "venv", str(folder / ".venv")], check=True)
    found = Place(tool, folder, variables)
    # nothing to resolve: some tools understand no other index than the public one
    found.replace('["iniconfig>=1"]', "[]")
    found.replace("[\"packaging; python_version >= '3.8'\"]", "[]")
    if tool.settings:
        (folder / "pyproject.toml").write_text(
            (folder / "pyproject.toml").read_text() + tool.settings
        )
    found.run(tool.command)
    return found


def _is_right(verdict: Verdict, tool: Tool) -> bool:
    return isinstance(verdict, Unknown) if ALL[tool.project].native else verdict == Fresh()


def test_what_it_installed_is_judged_and_mended_in_its_own_words(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = place.judge(monkeypatch)
    assert _is_right(judged.verdict, place.tool), judged.verdict
    for title in ("all touched", "bytecode", "new test", "root file", "comment"):
        if title != "all touched" or not ALL[place.tool.project].native:
            NOTHING[title](place.folder, ALL[place.tool.project])
            assert _is_right(place.judge(monkeypatch).verdict, place.tool), title
    for old, new in ((":main", ":other"), ("A small", "A large"), ('"1.0"', '"1.1"')):
        place.replace(old, new)
        judged = place.judge(monkeypatch)
        assert isinstance(judged.verdict, Stale), new
        assert judged.command.startswith(place.tool.mended)
    place.run(judged.command)
    judged = place.judge(monkeypatch)
    assert _is_right(judged.verdict, place.tool), judged.verdict
    assert judged.distribution.version == "1.1"


def test_the_same_project_in_another_environment_changes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_environment(place.folder.parent / "other", sys.executable)
    place.run(f"uv pip install -q --python {other} --no-deps -e .")
    assert _is_right(place.judge(monkeypatch).verdict, place.tool)
