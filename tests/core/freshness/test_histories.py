"""Histories of a random tree: the verdict after each step is held against a build from nothing.

The backend is one of the project's own and a few lines long, so that a build costs little; it
copies what it finds, reads a version from a file, looks for optional files, asks git, and generates
a module. What a build from nothing gives is remembered by what it is made of. 5,000 steps are taken
by `pytest -s -m slow tests/core/freshness/test_histories.py`; `-s` shows how many of each verdict.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.mechanisms import OWN_BACKEND
from support.mirror import contents
from support.truth import Bench, Situation, git
from trueup.acquisition.supply import Supply
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
_PATHS += ["version.txt", "notes.md", "other/e.py", "pkg/note.md", "describe.txt"]
paths = st.sampled_from(_PATHS)
# Through a link in the place of what is generated, a build writes into what the link leads to; and
# what it writes keeps the mode that somebody gave to what was there.
sources = st.sampled_from([path for path in _PATHS if path != "pkg/generated.py"])
texts = st.sampled_from(["", "A = 1\n", "A = 2\n", "data", "atad"])
# Told as it is found: to shrink a history of fifty builds takes longer than to read it.
_PHASES = (Phase.reuse, Phase.generate)
DESCRIBE = ("describe", "--tags", "--always", "--dirty")


class History(RuleBasedStateMachine):
    """Edits of a tree, one after the other; a stale project is built again, as an install would."""

    supply: Supply
    root: Path
    number = 0
    judged: ClassVar[Counter[str]] = Counter()

    @initialize(editable=st.booleans())
    def start(self, editable: bool) -> None:
        History.number += 1
        self.tree = self.root / f"history{History.number}" / "pkg"
        self.tree.parent.mkdir()
        self.bench = Bench(self.tree, OWN_BACKEND, self.supply, editable=editable)
        self.mode: dict[str, str] = {}
        self.kept: dict[str, bytes] = {}
        self.known: dict[object, dict[str, str] | None] = {}

    def teardown(self) -> None:
        if hasattr(self, "tree"):
            self.bench.close()
            shutil.rmtree(self.tree.parent, ignore_errors=True)

    @rule(path=paths, content=texts)
    def write(self, path: str, content: str) -> None:
        target = self.tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            target.unlink()
        target.write_text(content)

    @rule(path=paths, content=texts)
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
            self.kept[path] = target.read_bytes() if target.is_file() else b""
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
        # A link does not come to stand for what is generated this way, either.
        alone = new != "pkg/generated.py" or not (self.tree / old).is_symlink()
        if alone and old != new and (self.tree / old).is_file():
            (self.tree / new).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / old).replace(self.tree / new)

    @rule(path=paths, moment=st.integers(400_000_000, 2_000_000_000))
    def touch(self, path: str, moment: int) -> None:
        if (self.tree / path).exists():
            os.utime(self.tree / path, (moment, moment))

    @rule(path=sources, mode=st.sampled_from([0o644, 0o755, 0o600]))
    def change_mode(self, path: str, mode: int) -> None:
        if (self.tree / path).is_file():
            (self.tree / path).chmod(mode)

    @rule(path=sources)
    def link(self, path: str) -> None:
        target = self.tree / path
        if sys.platform != "win32" and not os.path.lexists(target) and target.parent.is_dir():
            target.symlink_to(self.tree / "notes.md")

    @rule(path=sources, to=st.sampled_from(["../other", "..", "missing", "a.py"]))
    def link_elsewhere(self, path: str, to: str) -> None:
        place = self.tree / path
        if sys.platform != "win32" and place.parent.is_dir():
            if os.path.lexists(place):
                place.unlink()
            place.symlink_to(to)

    @rule(old=paths, new=paths)
    def link_hard(self, old: str, new: str) -> None:
        # With the generated module by two names, a build changes what was there before it.
        alone = "pkg/generated.py" not in {old, new} and not (self.tree / old).is_symlink()
        if alone and (self.tree / old).is_file() and not os.path.lexists(self.tree / new):
            (self.tree / new).parent.mkdir(parents=True, exist_ok=True)
            os.link(self.tree / old, self.tree / new)

    @rule()
    def commit(self) -> None:
        git(self.tree, "add", "-A")
        git(self.tree, "commit", "-q", "--allow-empty", "-m", "more")

    @rule()
    def amend(self) -> None:
        git(self.tree, "commit", "-q", "--allow-empty", "--amend", "-m", "other words")

    @rule()
    def tag(self) -> None:
        git(self.tree, "tag", "-f", f"t{len(git(self.tree, 'tag').split())}")

    @rule()
    def untag(self) -> None:
        for name in git(self.tree, "tag", "--list", "t*").split()[-1:]:
            git(self.tree, "tag", "-d", name)

    @rule()
    def stash_and_back(self) -> None:
        git(self.tree, "stash", "-q", "--include-untracked")
        if git(self.tree, "stash", "list"):
            git(self.tree, "stash", "pop", "-q")

    @rule()
    def throw_edits_away(self) -> None:
        git(self.tree, "reset", "-q", "--hard")

    @rule()
    def commit_and_go_back_to_the_first(self) -> None:
        self.commit()
        git(self.tree, "checkout", "-q", "-B", "again", "v1.0")

    @rule()
    def branch_and_back(self) -> None:
        self.commit()
        git(self.tree, "checkout", "-q", "v1.0")
        git(self.tree, "checkout", "-q", "-")

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

    def truth(self) -> bool:
        """Whether a build from nothing gives what is there, by what it gave of the same before."""
        left = {path: one for path, one in contents(self.tree).items() if path not in self.made}
        asked = git(self.tree, "tag", "--list"), git(self.tree, *DESCRIBE)
        key = json.dumps([left, asked, self.mode], sort_keys=True)
        if key not in self.known:
            self.known[key] = self.bench.from_nothing(Situation(variables=self.mode))
        return self.known[key] == self.bench.installed()

    @property
    def made(self) -> frozenset[str]:
        """What the builds so far have made."""
        return self.bench.made

    @invariant()
    def is_never_false_fresh(self) -> None:
        if not hasattr(self, "bench") or not (self.tree / "pkg").is_dir():
            return
        situation = Situation(variables=self.mode)
        verdict = self.bench.judge(situation)
        if isinstance(verdict, Fresh):
            History.judged["fresh"] += 1
            assert self.truth(), "false fresh"
        else:
            History.judged["stale"] += 1
            History.judged["stale without need"] += self.truth()
            try:
                self.bench.build_again(situation)
            except BuildError:  # a dangling link is nothing to build from: it stays stale
                return
            assert self.bench.judge(situation) == Fresh()
            assert self.truth(), "the new build is not what one from nothing gives"


def _run(
    supply: Supply, root: Path, *, examples: int, steps: int, phases: Collection[Phase]
) -> None:
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
            phases=phases,
        ),
    )


def test_no_short_history_is_false_fresh(supply: Supply, tmp_path: Path) -> None:
    _run(supply, tmp_path, examples=4, steps=10, phases=_PHASES)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_no_long_history_is_false_fresh(part: int, supply: Supply, tmp_path: Path) -> None:
    History.judged.clear()
    while (steps := History.judged["fresh"] + History.judged["stale"]) < 1250:
        _run(supply, tmp_path, examples=25, steps=50, phases=_PHASES)
    print(f"part {part}: {steps} verdicts: {dict(History.judged)}")
