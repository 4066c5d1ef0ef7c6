"""Real repositories with an environment of their own, in which pre-commit runs the hook."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.editable_projects import (
    PURE,
    copy_installed,
    install_editable,
    make_environment,
    run_git,
)

ROOT = Path(__file__).resolve().parents[2]
_CONFIG = """\
repos:
  - repo: local
    hooks:
      - id: {hook}-editables
        name: {hook} stale editable installs
        entry: {python} -I -m trueup_precommit {hook}{arguments}
        language: system
        always_run: true
        pass_filenames: false
        stages: [pre-commit, pre-push, post-checkout, post-merge, post-rewrite, manual]
"""


@dataclass
class Repository:
    """A project under git, and the environment that it is installed in."""

    folder: Path
    environment: Path
    variables: dict[str, str] = field(default_factory=dict)

    def write_config(self, arguments: str = "", hook: str = "check") -> None:
        text = _CONFIG.format(python=sys.executable, arguments=arguments, hook=hook)
        (self.folder / ".pre-commit-config.yaml").write_text(text)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
        return self.run("git", *who, *arguments)

    def check(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-I", "-m", "trueup_precommit", "check", *arguments)

    def replace(self, old: str, new: str) -> None:
        path = self.folder / "pyproject.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))


def variables() -> dict[str, str]:
    """Return the environment of somebody who has activated nothing."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("GIT_", "PRE_COMMIT", "UV_PROJECT", "CONDA"))
    }
    kept.pop("VIRTUAL_ENV", None)
    own = os.path.normpath(sysconfig.get_path("scripts"))
    entries = [one for one in kept["PATH"].split(os.pathsep) if os.path.normpath(one) != own]
    entries = [one for one in entries if not (Path(one).parent / "pyvenv.cfg").is_file()]
    kept["PATH"] = os.pathsep.join(entries)
    kept |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return kept


@pytest.fixture(scope="session")
def _original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository with one editable in `.venv`, made once."""
    folder = PURE["hatched"].write(tmp_path_factory.mktemp("original") / "hatched")
    (folder / ".gitignore").write_text(".venv\n__pycache__\n")
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-q", "-m", "all")
    install_editable(make_environment(folder / ".venv", sys.executable), [folder], ("--no-deps",))
    return folder


@pytest.fixture
def repository(tmp_path: Path, _original: Path) -> Repository:
    """Give a copy of it, whose editable leads to the copy."""
    folder = copy_installed(_original, tmp_path / "hatched")
    found = Repository(folder, folder / ".venv", variables())
    found.variables |= {
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PREK_HOME": str(tmp_path / "prek"),
        "TRUEUP_CACHE_DIR": str(tmp_path / "cache"),
    }
    return found


@pytest.fixture(params=["pre-commit", "prek"])
def runner(request: pytest.FixtureRequest, repository: Repository) -> str:
    """Give the path of a runner of hooks; both are in the group "test"."""
    path = Path(sysconfig.get_path("scripts")) / request.param
    assert path.exists(), f"{request.param} is missing from the group 'test'"
    return str(path)


@pytest.fixture
def installed_hook(repository: Repository, runner: str) -> Callable[..., None]:
    """Give a function that installs a hook for some stages."""

    def install(*stages: str, arguments: str = "", hook: str = "check") -> None:
        repository.write_config(arguments, hook)
        repository.git("add", "-A")
        done = repository.git("commit", "-q", "--no-verify", "-m", "config")
        assert done.returncode == 0, done.stderr
        types = [part for stage in stages for part in ("--hook-type", stage)]
        done = repository.run(runner, "install", *types)
        assert done.returncode == 0, done.stderr + done.stdout

    return install


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository of trueup as it is in the working tree, as if it had been published."""
    source = tmp_path_factory.mktemp("published") / "trueup"
    parts = ("core", "tox_plugin", "nox_backend", "precommit_hook")
    source.mkdir()
    for name in parts:
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy2(ROOT / name, source / name)
    run_git(source, "init", "-q", "-b", "main")
    run_git(source, "add", "-A", "-f")
    run_git(source, "commit", "-q", "-m", "all")
    return source


__all__ = ["ROOT", "Iterator", "Repository"]
