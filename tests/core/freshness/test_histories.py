"""Histories of a random tree: the verdict after each step is held against a build from nothing.

The backend is one of the project's own and a few lines long, so that a build costs little; it
copies what it finds, reads a version from a file, looks for an optional file, asks git, and
generates a module. `pytest -m slow tests/core/freshness/test_histories.py` takes 5,000 steps.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.mechanisms import OWN_BACKEND
from support.truth import Bench, Situation, git, opened_supply
from trueup.acquisition.supply import Supply
from trueup.destination.facts import interpreter_facts
from trueup.errors import BuildError
from trueup.freshness.verdict import Fresh

_PATHS = [
    "pkg/a.py",
    "pkg/c.py",
    "pkg/sub/b.py",
    "pkg/sub/d.txt",
    "pkg/data.txt",
    "pkg/generated.py",
]
_PATHS += ["version.txt", "notes.md", "other/e.py", "pkg/note.md"]
paths = st.sampled_from(_PATHS)
contents = st.sampled_from(["", "A = 1\n", "A = 2\n", "data", "atad"])


class History(RuleBasedStateMachine):
    """Edits of a tree, one after the other; a stale project is built again, as an install would."""

    supply: Supply
    root: Path
    number = 0
    editable = False

    @initialize(editable=st.booleans())
    def start(self, editable: bool) -> None:
        History.number += 1
        self.tree = self.root / f"history{History.number}" / "pkg"
        self.tree.parent.mkdir()
        self.bench = Bench(self.tree, OWN_BACKEND, self.supply, editable=editable)
        self.mode: dict[str, str] = {}
        self.kept: dict[str, bytes] = {}

    def teardown(self) -> None:
        if hasattr(self, "tree"):
            shutil.rmtree(self.tree.parent, ignore_errors=True)

    @rule(path=paths, content=contents)
    def write(self, path: str, content: str) -> None:
        target = self.tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            target.unlink()
        target.write_text(content)

    @rule(path=paths, content=contents)
    def write_behind_the_clock(self, path: str, content: str) -> None:
        target = self.tree / path
        if target.is_file():
            status = target.stat()
            target.write_text(content)
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    @rule(path=paths)
    def delete(self, path: str) -> None:
        target = self.tree / path
        if target.is_symlink() or target.is_file():
            self.kept[path] = target.read_bytes() if target.exists() else b""
            target.unlink()

    @rule(path=paths)
    def bring_back(self, path: str) -> None:
        if path in self.kept:
            (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
            if (self.tree / path).is_symlink():
                (self.tree / path).unlink()
            (self.tree / path).write_bytes(self.kept[path])

    @rule(old=paths, new=paths)
    def rename(self, old: str, new: str) -> None:
        if old != new and (self.tree / old).is_file():
            (self.tree / new).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / old).replace(self.tree / new)

    @rule(path=paths, moment=st.integers(400_000_000, 2_000_000_000))
    def touch(self, path: str, moment: int) -> None:
        if (self.tree / path).exists():
            os.utime(self.tree / path, (moment, moment))

    @rule(path=paths, mode=st.sampled_from([0o644, 0o755, 0o600]))
    def change_mode(self, path: str, mode: int) -> None:
        if (self.tree / path).exists():
            (self.tree / path).chmod(mode)

    @rule(path=paths)
    def link(self, path: str) -> None:
        target = self.tree / path
        if sys.platform != "win32" and not os.path.lexists(target) and target.parent.is_dir():
            target.symlink_to(self.tree / "notes.md")

    @rule()
    def commit(self) -> None:
        git(self.tree, "add", "-A")
        git(self.tree, "commit", "-q", "--allow-empty", "-m", "more")

    @rule()
    def tag(self) -> None:
        git(self.tree, "tag", "-f", f"t{len(git(self.tree, 'tag').split())}")

    @rule()
    def stash_and_back(self) -> None:
        git(self.tree, "stash", "-q", "--include-untracked")
        if git(self.tree, "stash", "list"):
            git(self.tree, "stash", "pop", "-q")

    @rule()
    def clean(self) -> None:
        git(self.tree, "clean", "-q", "-fdX")

    @rule(value=st.sampled_from(["", "one", "two"]))
    def set_variable(self, value: str) -> None:
        self.mode = {"PKG_MODE": value} if value else {}

    @rule()
    def bytecode(self) -> None:
        (self.tree / "pkg" / "__pycache__").mkdir(parents=True, exist_ok=True)
        (self.tree / "pkg" / "__pycache__" / "a.pyc").write_bytes(b"x")

    @invariant()
    def is_never_false_fresh(self) -> None:
        if not hasattr(self, "bench") or not (self.tree / "pkg").is_dir():
            return
        situation = Situation(variables=self.mode)
        verdict = self.bench.judge(situation)
        if isinstance(verdict, Fresh):
            assert self.bench.truth(situation), "false fresh"
        else:
            try:
                self.bench.build_again(situation)
            except BuildError:  # a dangling link is nothing to build from: it stays stale
                return
            assert self.bench.judge(situation) == Fresh()


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supply]:
    with opened_supply(
        tmp_path_factory.mktemp("cache"), interpreter_facts(sys.executable)
    ) as opened:
        yield opened


def _run(supply: Supply, root: Path, *, examples: int, steps: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    History.supply, History.root = supply, root
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_no_short_history_is_false_fresh(supply: Supply, tmp_path: Path) -> None:
    _run(supply, tmp_path, examples=4, steps=10)


@pytest.mark.slow
def test_no_long_history_is_false_fresh(supply: Supply, tmp_path: Path) -> None:
    _run(supply, tmp_path, examples=100, steps=50)
