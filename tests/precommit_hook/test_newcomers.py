"""What somebody new pastes and runs: the pages' own words, with trueup's address put in."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from support.editable_projects import run_git

from .conftest import ROOT, Repository

STALE = "hatched 1.0 is stale: the version is 1.1 in pyproject.toml, and 1.0 in what is installed"


def _pasted(page: str, number: int) -> str:
    """Return one of the YAML blocks of a page."""
    text = (ROOT / page).read_text()
    blocks: list[str] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return blocks[number]


def _run(repository: Repository, runner: str, hook: str = "stale-editables") -> tuple[int, str]:
    done = repository.run(runner, "run", hook, "--all-files", "--hook-stage", "manual", "--verbose")
    return done.returncode, done.stdout + done.stderr


def _passes_then_fails(repository: Repository, runner: str) -> None:
    repository.git("add", "-A")
    code, said = _run(repository, runner)
    assert code == 0, said
    repository.replace('"1.0"', '"1.1"')
    os.utime(repository.folder / "pyproject.toml", (1, 1))
    code, said = _run(repository, runner)
    assert code == 1, said
    assert STALE in said
    assert "mend it with: uv pip install --python ./.venv/bin/python" in said


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/pre-commit.md"])
def test_the_configuration_of_a_page_works_as_it_is_pasted(
    repository: Repository, runner: str, page: str, published: Path
) -> None:
    text = _pasted(page, 0)
    assert text.count('"trueup==0.1.0"') == 1
    text = text.replace("trueup==0.1.0", f"trueup @ {published.as_uri()}")
    (repository.folder / ".pre-commit-config.yaml").write_text(text)
    _passes_then_fails(repository, runner)


@pytest.mark.slow
def test_the_repository_itself_is_enough(
    repository: Repository, runner: str, published: Path
) -> None:
    revision = run_git(published, "rev-parse", "HEAD").strip()
    text = f"repos:\n  - repo: {published}\n    rev: {revision}\n    hooks:\n"
    text += "      - id: stale-editables\n      - id: refresh-editables\n"
    (repository.folder / ".pre-commit-config.yaml").write_text(text)
    _passes_then_fails(repository, runner)
    repository.replace('dependencies = ["iniconfig>=1"]', "dependencies = []")
    repository.git("add", "-A")
    code, said = _run(repository, runner, "refresh-editables")
    assert code == 0, said
    assert "hatched 1.0: refreshed" in said
    assert _run(repository, runner)[0] == 0
    (repository.folder / ".venv").rename(repository.folder.parent / "inactive")
    code, said = _run(repository, runner)
    assert code == 0
    assert "no environment found" in said


@pytest.mark.slow
def test_try_repo_runs_the_hook_of_the_manifest(
    repository: Repository, runner: str, published: Path
) -> None:
    command = (runner, "try-repo", str(published), "stale-editables", "--verbose", "--all-files")
    done = repository.run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    repository.replace('"1.0"', '"1.1"')
    os.utime(repository.folder / "pyproject.toml", (1, 1))
    done = repository.run(*command)
    assert done.returncode == 1, done.stdout + done.stderr
    assert STALE in done.stdout


_PLUGIN = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "plug"
version = "1.0"
[project.scripts]
plug = "plug:main"
"""
_CONFIG = """\
repos:
  - repo: local
    hooks:
      - id: plug
        name: plug
        entry: plug
        language: python
        additional_dependencies: ["{plugin}"]
        always_run: true
        pass_filenames: false
"""


def test_hooks_made_from_paths_of_this_machine_are_looked_at_on_request(
    repository: Repository, runner: str, tmp_path: Path
) -> None:
    plugin = tmp_path / "plugin"
    (plugin / "src" / "plug").mkdir(parents=True)
    (plugin / "pyproject.toml").write_text(_PLUGIN)
    (plugin / "src" / "plug" / "__init__.py").write_text("def main():\n    pass\n")
    config = repository.folder / ".pre-commit-config.yaml"
    config.write_text(_CONFIG.format(plugin=plugin))
    repository.git("add", "-A")
    done = repository.run(runner, "run", "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert repository.check("--all").returncode == 0
    (plugin / "src" / "plug" / "__init__.py").write_text("def main():\n    return 1\n")
    assert repository.check().returncode == 0
    stale = repository.check("--all")
    assert stale.returncode == 1, stale.stdout + stale.stderr
    assert "plug 1.0 is stale: src/plug/__init__.py changed" in stale.stdout
    # the runner goes on with what it has, for ever
    assert repository.run(runner, "run", "--all-files").returncode == 0
    assert repository.check("--all").returncode == 1
    command = stale.stdout.split("mend it with: ")[1].strip()
    path = os.pathsep.join((str(Path(runner).parent), repository.variables["PATH"]))
    variables = {**repository.variables, "PATH": path}
    done = subprocess.run(
        command, shell=True, cwd=repository.folder, env=variables,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert repository.check("--all").returncode == 0
    # another project's hooks are no business of this one
    config.write_text(_CONFIG.format(plugin="something-else"))
    (plugin / "src" / "plug" / "__init__.py").write_text("def main():\n    return 2\n")
    assert repository.check("--all").returncode == 0
