"""Who asks for trueup gets it, and nobody else does."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.laboratory import find_uv
from support.tox_projects import ToxProject

_REQUIRES = "requires = trueup[tox]\n"


def _runner(project: ToxProject, *words: str, **variables: str) -> str:
    told = project.works("config", "-e", "a", "-k", "runner", *words, **variables).out
    return next(line for line in told.splitlines() if line.startswith("runner = "))[9:]


def test_a_trueup_beside_tox_changes_no_project_that_did_not_ask(both: ToxProject) -> None:
    both.configure("import alpha", deps="alpha", runner="")
    assert _runner(both) == "virtualenv"
    assert "-m pip install alpha" in both.works("run").out
    assert (both.site() / "pip").exists()


def test_a_project_asks_by_requiring_trueup(both: ToxProject) -> None:
    both.configure("import alpha", deps="alpha", runner="", top=_REQUIRES)
    assert _runner(both) == "trueup"
    assert "install_deps> trueup install alpha" in both.works("run").out


def test_a_person_asks_by_the_command_line_or_a_variable(either: ToxProject) -> None:
    either.configure("import alpha", deps="alpha", runner="")
    assert _runner(either, "--runner", "trueup") == "trueup"
    assert _runner(either, TOX_DEFAULT_RUNNER="trueup") == "trueup"


def test_what_a_person_says_wins_over_what_the_project_requires(either: ToxProject) -> None:
    either.configure("import alpha", deps="alpha", runner="", top=_REQUIRES)
    assert _runner(either, "--runner", "virtualenv") == "virtualenv"
    assert _runner(either, TOX_DEFAULT_RUNNER="virtualenv") == "virtualenv"


def test_an_environment_with_a_runner_of_its_own_keeps_it(either: ToxProject) -> None:
    either.configure("import alpha", deps="alpha", runner="virtualenv", top=_REQUIRES)
    assert _runner(either) == "virtualenv"


@pytest.mark.parametrize(("name", "asked"), [("trueup-helper", False), ("TrueUp", True)])
def test_only_trueup_itself_is_a_way_to_ask(project: ToxProject, name: str, asked: bool) -> None:
    # An unmet requirement would have tox make another tox, so it holds on no machine.
    top = f"requires = {name}; sys_platform == 'nowhere'\n"
    project.configure("print(1)", runner="", top=top)
    assert (_runner(project) == "trueup") is asked


def test_beside_tox_uv_the_project_that_asks_gets_trueup(
    project: ToxProject, tox_beside_uv: tuple[str, ...]
) -> None:
    project.tox = tox_beside_uv
    project.settings["TOX_UV_PATH"] = find_uv()
    project.configure("import alpha", deps="alpha", runner="", top=_REQUIRES)
    assert _runner(project) == "trueup"
    assert "install_deps> trueup install alpha" in project.works("run").out
    project.configure("import alpha", deps="alpha", runner="")
    assert _runner(project) == "uv-venv-runner"
    project.configure("import alpha", deps="alpha", runner="uv-venv-runner", top=_REQUIRES)
    told = project.works("config", "-e", "a", "-k", "uv_seed", "uv_resolution").out
    assert "uv_seed = False" in told  # tox-uv's own default: the name is tox-uv's where it is there


def test_without_tox_uv_its_names_are_answered_to(both: ToxProject) -> None:
    both.python_project()
    both.configure(
        "import alpha, demo",
        package="wheel",
        deps="alpha",
        runner="uv-venv-runner",
        uv_python_preference="only-system",
        uv_seed="false",
    )
    assert "install_deps> trueup install alpha" in both.works("run").out
    both.configure("import alpha, demo", package="wheel", deps="alpha", seed="false")
    ran = both.works("run")
    assert "recreate" not in ran.out
    assert ran.installs == []


def test_registering_loads_nothing_but_what_tox_has_loaded() -> None:
    code = (
        "import json, sys, tox.plugin.manager, tox.session.state, tox.run;"
        "before = set(sys.modules);"
        "import trueup_tox.plugin;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert "trueup_tox.plugin" in loaded
    assert [name for name in loaded if name.split(".")[0] != "trueup_tox"] == []


def test_the_version_of_trueup_is_told(either: ToxProject) -> None:
    assert "with trueup==" in either.works("--version").out
