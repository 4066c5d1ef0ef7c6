"""The hook where it lives: in real commits, checkouts and worktrees, run by pre-commit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.editable_projects import run_git

from .conftest import Repository

Install = Callable[..., None]


def _fresh_and_quiet(repository: Repository) -> None:
    (repository.folder / "notes.txt").write_text("a change\n")
    repository.git("add", "notes.txt")
    done = repository.git("commit", "-m", "notes")
    assert done.returncode == 0, done.stderr
    assert "Passed" in done.stderr
    assert "stale" not in done.stderr.replace("stale editable installs", "")


def test_a_commit_passes_while_all_is_fresh(
    repository: Repository, installed_hook: Install
) -> None:
    installed_hook("pre-commit")
    _fresh_and_quiet(repository)


def test_a_commit_of_a_stale_project_is_stopped(
    repository: Repository, installed_hook: Install
) -> None:
    installed_hook("pre-commit")
    repository.replace('"1.0"', '"1.1"')
    os.utime(repository.folder / "pyproject.toml", (1, 1))
    repository.git("add", "-A")
    done = repository.git("commit", "-m", "version")
    assert done.returncode == 1
    assert "the version is 1.1" in done.stderr
    assert "mend it with" in done.stderr


def test_what_is_set_aside_at_a_commit_is_not_called_stale(
    repository: Repository, installed_hook: Install
) -> None:
    """The install answers to what is not staged; in the hook the tree holds what is staged."""
    installed_hook("pre-commit")
    (library,) = repository.environment.glob("lib/python*/site-packages")
    (metadata,) = library.glob("hatched-*.dist-info/METADATA")
    metadata.write_text(metadata.read_text().replace("Summary: A small", "Summary: A large"))
    repository.replace("A small thing", "A large thing")  # as it is installed, and not staged
    assert repository.check().returncode == 0
    _fresh_and_quiet(repository)
    assert "A large thing" in (repository.folder / "pyproject.toml").read_text()


def test_what_is_stale_and_not_set_aside_is_told_beside_unstaged_changes(
    repository: Repository, installed_hook: Install
) -> None:
    installed_hook("pre-commit")
    (repository.folder / "README.md").write_text("Set aside.\n")
    (library,) = repository.environment.glob("lib/python*/site-packages")
    (path,) = library.glob("_editable_impl_*.pth")
    path.unlink()
    (repository.folder / "notes.txt").write_text("a change\n")
    repository.git("add", "notes.txt")
    done = repository.git("commit", "-m", "notes")
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert (repository.folder / "README.md").read_text() == "Set aside.\n"


def test_a_checkout_tells_that_the_version_is_another_now(
    repository: Repository, installed_hook: Install
) -> None:
    repository.git("checkout", "-q", "-b", "later")
    repository.replace('"1.0"', '"2.0"')
    run_git(repository.folder, "commit", "-q", "-a", "-m", "later")
    repository.git("checkout", "-q", "main")
    installed_hook("post-checkout", "post-merge")
    done = repository.git("merge", "-q", "--no-edit", "later")
    assert "the version is 2.0" in done.stdout + done.stderr
    done = repository.git("checkout", "HEAD^1")
    assert "Passed" in done.stdout + done.stderr


def test_a_worktree_has_the_active_environment(
    repository: Repository, installed_hook: Install
) -> None:
    installed_hook("pre-commit")
    tree = repository.folder.parent / "tree"
    repository.git("worktree", "add", "-q", str(tree), "-b", "side")
    there = Repository(tree, repository.environment, dict(repository.variables))
    _fresh_and_quiet(there)  # it has no .venv of its own
    (repository.folder / "README.md").write_text("Other.\n")
    path = repository.variables["PATH"]
    there.variables["PATH"] = os.pathsep.join((str(repository.environment / "bin"), path))
    (there.folder / "more.txt").write_text("a change\n")
    there.git("add", "more.txt")
    done = there.git("commit", "-m", "more")
    assert done.returncode == 1
    assert "README.md, which is its description, changed" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["pre-commit", "prek"])
def test_the_hook_of_the_manifest_runs_as_users_get_it(
    repository: Repository, pre_commit: str, runner: str, tmp_path: Path
) -> None:
    from shutil import copytree, ignore_patterns, which

    program = pre_commit if runner == "pre-commit" else which("prek") or os.environ.get("PREK", "")
    if not program:
        pytest.skip("prek is not installed")
    root = Path(__file__).resolve().parents[2]
    source = tmp_path / "source"
    left_out = ignore_patterns(".*_cache", ".venv", ".git", ".hypothesis", "__pycache__", ".tox")
    copytree(root, source, ignore=left_out)
    run_git(source, "init", "-q", "-b", "main")
    run_git(source, "add", "-A", "-f")
    run_git(source, "commit", "-q", "-m", "all")
    repository.variables["PREK_HOME"] = str(tmp_path / "prek")
    command = (program, "try-repo", str(source), "stale-editables", "--verbose", "--all-files")
    done = repository.run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    repository.replace('"1.0"', '"1.1"')
    os.utime(repository.folder / "pyproject.toml", (1, 1))
    done = repository.run(*command)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the version is 1.1" in done.stdout
    path = repository.folder / ".venv"
    path.rename(repository.folder.parent / "inactive")
    done = repository.run(*command)
    assert done.returncode == 0
    assert "no environment found" in done.stdout
