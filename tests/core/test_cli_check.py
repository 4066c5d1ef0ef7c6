"""`trueup check`, `explain` and `refresh` over several environments, as people run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.editable_projects import (
    PURE,
    copy_installed,
    install_editable,
    make_environment,
    uv_program,
)
from trueup.freshness.storage import FORMAT


@dataclass
class Place:
    """A project in which trueup is run, with an editable of it in `.venv`, installed by uv."""

    folder: Path
    variables: dict[str, str]

    def trueup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "trueup", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        return json.loads(self.trueup(*arguments, "--json").stdout)

    def make_stale(self) -> None:
        path = self.folder / "pyproject.toml"
        path.write_text(path.read_text().replace('version = "1.0"', 'version = "1.1"'))

    def second(self, place: str) -> Path:
        """Give one more environment with the editable in it."""
        environment = self.folder / place
        shutil.copytree(self.folder / ".venv", environment, symlinks=True)
        return environment


@pytest.fixture(scope="module")
def _original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = PURE["hatched"].write(tmp_path_factory.mktemp("original") / "hatched")
    install_editable(make_environment(folder / ".venv", sys.executable), [folder], ("--no-deps",))
    return folder


@pytest.fixture
def place(tmp_path: Path, _original: Path) -> Place:
    folder = copy_installed(_original, tmp_path / "hatched")
    variables = {
        key: value
        for key, value in os.environ.items()
        if key not in ("VIRTUAL_ENV", "PRE_COMMIT_HOME", "PREK_HOME")
    }
    variables |= {
        "TRUEUP_CACHE_DIR": str(tmp_path / "cache"),
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PREK_HOME": str(tmp_path / "prek"),
        "PATH": os.pathsep.join((str(Path(uv_program()).parent), os.environ["PATH"])),
    }
    return Place(folder, variables)


def test_the_exit_code_tells_fresh_stale_and_unknown(place: Place) -> None:
    fresh = place.trueup("check")
    assert (fresh.returncode, fresh.stderr) == (0, "")
    assert fresh.stdout.startswith("fresh   hatched 1.0 (editable of ")
    path = place.folder / "pyproject.toml"
    path.write_text(path.read_text() + "\n[tool.hatch.build.hooks.custom]\n")
    unknown = place.trueup("check")
    assert unknown.returncode == 2
    assert unknown.stdout.startswith("unknown hatched 1.0")
    place.make_stale()
    stale = place.trueup("check")
    assert stale.returncode == 1
    assert "the version is 1.1 in pyproject.toml" in stale.stdout
    assert stale.stderr.startswith("hint: uv pip install --python ./.venv/bin/python")
    shutil.rmtree(place.folder / ".venv")
    make_environment(place.folder / ".venv", sys.executable)
    nothing = place.trueup("check")
    assert (nothing.returncode, nothing.stdout) == (
        0,
        "Nothing here is installed from a local project\n",
    )


def test_several_environments_may_be_named_and_each_is_told(place: Place) -> None:
    other = place.second("other")
    place.make_stale()
    done = place.trueup("check", "--env", ".venv", "--python", str(other / "bin" / "python"))
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    assert f" in {other}: the version" in done.stdout
    assert len(done.stderr.splitlines()) == 2
    found = place.json("check", "--env", ".venv", "--env", "other")["projects"]
    assert [one["environment"] for one in found] == [str(place.folder / ".venv"), str(other)]
    assert {one["verdict"] for one in found} == {"stale"}


def test_an_environment_that_is_not_there_is_two_and_hides_no_other(place: Place) -> None:
    alone = place.trueup("check", "--env", "missing")
    assert alone.returncode == 2
    assert "missing" in alone.stderr
    beside = place.trueup("check", "--env", "./missing", "--env", ".venv")
    assert beside.returncode == 2
    assert "fresh   hatched" in beside.stdout
    assert "unknown " in beside.stdout
    place.make_stale()
    assert place.trueup("check", "--env", "./missing", "--env", ".venv").returncode == 1
    assert place.json("check", "--env", "./missing", "--env", ".venv")["problems"]


def test_no_python_is_started_to_judge_what_others_installed(place: Place) -> None:
    python = place.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/bin/false")
    assert place.trueup("check", "--env", ".venv").returncode == 0
    assert place.trueup("check", "--all").returncode == 0


def test_all_looks_where_tox_and_nox_keep_their_environments(place: Place) -> None:
    for name in (".tox/py311", ".nox/tests"):
        place.second(name)
    (place.folder / ".tox" / "log").mkdir()
    assert place.trueup("check", "--all").returncode == 0
    assert len(place.json("check", "--all")["projects"]) == 3
    (path,) = place.folder.glob(".tox/py311/lib/python*/site-packages/_editable_impl_*.pth")
    path.unlink()
    assert place.trueup("check").returncode == 0
    done = place.trueup("check", "--all")
    assert done.returncode == 1
    (stale,) = [line for line in done.stdout.splitlines() if line.startswith("stale")]
    assert f" in {place.folder}/.tox/py311: {path} is missing" in stale
    assert done.stderr.startswith("hint: uv pip install --python ./.tox/py311/bin/python")


def test_all_follows_a_file_in_the_place_of_the_environment(place: Place) -> None:
    (place.folder / ".venv").rename(place.folder / "elsewhere")
    (place.folder / ".venv").write_text("elsewhere\n")
    (found,) = place.json("check", "--all")["projects"]
    assert found["environment"] == str(place.folder / "elsewhere")


def test_a_name_restricts_it_and_an_unknown_one_is_no_verdict(place: Place) -> None:
    assert place.trueup("check", "Hatched").returncode == 0
    done = place.trueup("check", "something-else")
    assert done.returncode == 2
    assert "something-else is not installed from a local project here" in done.stderr


def test_explain_tells_what_a_verdict_without_a_record_rests_on(place: Place) -> None:
    place.make_stale()
    done = place.trueup("explain", "hatched")
    assert done.returncode == 1
    assert "because the version is 1.1 in pyproject.toml" in done.stdout
    assert "It was installed by uv, without a record of its build" in done.stdout
    assert "The environment leads to the project by: path" in done.stdout


def test_what_trueup_installed_is_refreshed_by_the_command_that_is_told(place: Place) -> None:
    place.second("other")
    done = place.trueup("install", "--python", "other", "--no-deps", "--reinstall", "-e", ".")
    assert done.returncode == 0, done.stderr
    place.make_stale()
    stale = place.trueup("check", "--env", "other", "--env", "other/bin/python")
    assert stale.returncode == 1
    command = stale.stderr.splitlines()[0].removeprefix("hint: trueup ")
    assert command == f"refresh --env {place.folder / 'other'} hatched"
    mended = place.trueup(*command.split())
    assert mended.returncode == 0, mended.stderr
    assert place.trueup("check", "--env", "other").returncode == 0


@pytest.mark.parametrize("number", [0, 99])
def test_a_record_of_an_older_or_newer_format_is_unknown_and_is_written_anew(
    place: Place, number: int
) -> None:
    command = ("install", "--python", ".venv", "--no-deps", "--reinstall", "-e", ".")
    done = place.trueup(*command)
    assert done.returncode == 0, done.stderr
    assert place.trueup("check").returncode == 0
    (path,) = place.folder.glob(".venv/lib/python*/site-packages/hatched-*.dist-info/trueup.json")
    content = path.read_bytes()
    assert content.count(b'"format":%d,' % FORMAT) == 1
    path.write_bytes(content.replace(b'"format":%d,' % FORMAT, b'"format":%d,' % number))
    unknown = place.trueup("check")
    assert unknown.returncode == 2
    assert unknown.stdout.startswith("unknown hatched 1.0")
    assert "its fingerprint is missing or damaged" in unknown.stdout
    hook = [sys.executable, "-I", "-m", "trueup_precommit", "check", "--env", ".venv"]
    seen = subprocess.run(hook, cwd=place.folder, env=place.variables, check=False)
    assert seen.returncode == 2
    done = place.trueup("install", "--python", ".venv", "--no-deps", "-e", ".")
    assert done.returncode == 0, done.stderr
    assert b'"format":%d,' % FORMAT in path.read_bytes()
    assert place.trueup("check").returncode == 0
