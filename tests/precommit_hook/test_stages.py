"""The hook where it lives: in commits, pushes, checkouts and worktrees, run by both runners."""

from __future__ import annotations

import os
import sys
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
    assert "is stale" not in done.stderr


def test_a_commit_passes_while_all_is_fresh_and_is_stopped_when_it_is_not(
    repository: Repository, installed_hook: Install
) -> None:
    installed_hook("pre-commit")
    _fresh_and_quiet(repository)
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


def test_a_push_of_a_stale_project_is_stopped(
    repository: Repository, installed_hook: Install, tmp_path: Path
) -> None:
    installed_hook("pre-push")
    run_git(tmp_path, "init", "-q", "--bare", "remote.git")
    repository.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    done = repository.git("push", "-q", "origin", "main")
    assert done.returncode == 0, done.stderr + done.stdout
    repository.replace('"1.0"', '"1.1"')
    run_git(repository.folder, "commit", "-q", "-a", "-m", "version")
    done = repository.git("push", "-q", "origin", "main")
    assert done.returncode != 0
    assert "the version is 1.1" in done.stdout + done.stderr


def test_checkout_merge_and_rewrite_tell_that_the_version_is_another_now(
    repository: Repository, installed_hook: Install
) -> None:
    repository.git("checkout", "-q", "-b", "later")
    repository.replace('"1.0"', '"2.0"')
    run_git(repository.folder, "commit", "-q", "-a", "-m", "later")
    repository.git("checkout", "-q", "main")
    installed_hook("post-checkout", "post-merge", "post-rewrite")
    done = repository.git("merge", "-q", "--no-edit", "later")
    assert "the version is 2.0" in done.stdout + done.stderr
    done = repository.git("commit", "-q", "--amend", "-m", "amended")
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


def _active(repository: Repository, place: Path) -> None:
    path = repository.variables["PATH"]
    repository.variables["PATH"] = os.pathsep.join((str(place / "bin"), path))
    repository.variables["VIRTUAL_ENV"] = str(place)


def _conda(repository: Repository, place: Path) -> None:
    (place / "pyvenv.cfg").unlink()
    (place / "conda-meta").mkdir()
    repository.variables["CONDA_PREFIX"] = str(place)


def _named(repository: Repository, place: Path) -> None:
    (repository.folder / ".venv").write_text("../elsewhere\n")


def _folder(repository: Repository, place: Path) -> None:
    place.rename(repository.folder / ".venv")


def _missing(repository: Repository, place: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("lay_out", "code"), [(_active, 1), (_conda, 1), (_named, 1), (_folder, 1), (_missing, 0)]
)
def test_the_environment_is_found_wherever_it_is(
    repository: Repository,
    runner: str,
    lay_out: Callable[[Repository, Path], None],
    code: int,
) -> None:
    repository.write_config()
    repository.git("add", "-A")
    place = repository.folder.parent / "elsewhere"
    repository.environment.rename(place)
    (path,) = place.glob("lib/python*/site-packages/_editable_impl_*.pth")
    path.unlink()
    lay_out(repository, place)
    done = repository.run(runner, "run", "--all-files", "--verbose")
    assert done.returncode == code, done.stdout + done.stderr
    assert ("is missing, which leads to the project" in done.stdout) == bool(code)
    if not code:
        assert "no environment found, nothing to check" in done.stdout
        repository.write_config(" --require-environment")
        repository.git("add", "-A")
        assert repository.run(runner, "run", "--all-files").returncode == 1


def _stale_branch(repository: Repository) -> None:
    """Make a branch on which the project depends on nothing."""
    repository.git("checkout", "-q", "-b", "later")
    repository.replace('dependencies = ["iniconfig>=1"]', "dependencies = []")
    repository.replace('"1.0"', '"2.0"')
    run_git(repository.folder, "commit", "-q", "-a", "-m", "later")
    repository.git("checkout", "-q", "main")


def _version(repository: Repository) -> str:
    (found,) = repository.environment.glob("lib/python*/site-packages/hatched-*.dist-info")
    return found.name


def test_the_other_hook_mends_after_a_checkout(
    repository: Repository, installed_hook: Install
) -> None:
    _stale_branch(repository)
    installed_hook("post-checkout", hook="refresh")
    repository.git("rebase", "-q", "main", "later")
    repository.git("checkout", "-q", "main")
    done = repository.git("checkout", "later")
    assert "Passed" in done.stdout + done.stderr, done.stdout + done.stderr
    assert _version(repository) == "hatched-2.0.dist-info"
    assert repository.check().returncode == 0


def test_nothing_is_built_while_changes_are_set_aside(
    repository: Repository, installed_hook: Install
) -> None:
    _stale_branch(repository)
    installed_hook("post-merge", hook="refresh")
    (repository.folder / "README.md").write_text("Set aside.\n")
    done = repository.git("merge", "-q", "--no-edit", "later")
    said = done.stdout + done.stderr
    assert "hatched 1.0 is stale, and is not refreshed while changes are set aside" in said
    assert "mend it with: uv pip install" in said
    assert _version(repository) == "hatched-1.0.dist-info"
    assert (repository.folder / "README.md").read_text() == "Set aside.\n"


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["post-merge", "post-rewrite"])
def test_the_other_hook_mends_after_merges_and_rewrites(
    repository: Repository, installed_hook: Install, stage: str
) -> None:
    _stale_branch(repository)
    installed_hook(stage, hook="refresh")
    if stage == "post-merge":
        done = repository.git("merge", "-q", "--no-edit", "later")
    else:
        repository.git("checkout", "-q", "later")
        done = repository.git("rebase", "-q", "main")
    assert done.returncode == 0, done.stderr
    assert _version(repository) == "hatched-2.0.dist-info", done.stdout + done.stderr
    assert repository.check().returncode == 0


def test_at_a_commit_the_other_hook_does_not_run(repository: Repository) -> None:
    repository.replace('"1.0"', '"2.0"')
    repository.variables["PREK_HOOK_STAGE"] = "pre-commit"
    done = repository.run(sys.executable, "-I", "-m", "trueup_precommit", "refresh")
    assert done.returncode == 2
    assert "does not run at pre-commit" in done.stdout
    assert _version(repository) == "hatched-1.0.dist-info"
