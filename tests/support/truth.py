"""Ground truth for verdicts: what a build from nothing gives, at the very same path."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from trueup.acquisition.pack import Pack
from trueup.acquisition.supply import Supply
from trueup.api.judging import circumstances_of, judge_now
from trueup.api.provision import supply_for
from trueup.api.tracking import Tracked, build_tracked
from trueup.api.workshop import Workshop, open_workshop
from trueup.destination.environment import Interpreter
from trueup.errors import TrueupError
from trueup.freshness.fingerprint import Fingerprint
from trueup.freshness.names import is_by_product, is_noise
from trueup.freshness.reach import reach_of
from trueup.freshness.verdict import Verdict
from trueup.resolution.request import LocalProject, Request

from support.builds import lay_tree
from support.mechanisms import Mechanism

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "core.hooksPath="]


def git(tree: Path, *arguments: str) -> str:
    """Run git in `tree`, and return what it says."""
    done = subprocess.run([*GIT, *arguments], cwd=tree, capture_output=True, text=True, check=True)
    return done.stdout


@dataclass(frozen=True)
class Told:
    """What a verdict said, and what was true."""

    verdict: Verdict
    fresh_in_truth: bool


@dataclass(frozen=True)
class Situation:
    """What an edit changes beside the tree."""

    variables: Mapping[str, str] | None = None
    settings: tuple[tuple[str, str], ...] | None = None


class Bench:
    """One project, built once, and then edited."""

    def __init__(self, tree: Path, mechanism: Mechanism, supply: Supply, *, editable: bool) -> None:
        self.tree = tree
        self.mechanism = mechanism
        self.editable = editable
        self.supply = supply
        self.variables = {
            name: value for name, value in os.environ.items() if name not in ("CFLAGS", "CC")
        }
        # Variables of a project's own making are given to its build when they are named.
        self.variables["TRUEUP_BUILD_ENV"] = "DEMO_MODE PKG_MODE"
        lay_tree(tree, mechanism.files)
        if mechanism.git:
            git(tree, "init", "-q", "-b", "main", ".")
            git(tree, "add", "-A")
            git(tree, "commit", "-q", "-m", "first")
            git(tree, "tag", "v1.0")
        self.built = self._build(Situation())
        self.result = self._result(self.built.pack)
        self.safe = tree.with_name(tree.name + ".safe")
        shutil.copytree(tree, self.safe, symlinks=True)

    def project(self, situation: Situation) -> LocalProject:
        settings = self.mechanism.settings if situation.settings is None else situation.settings
        return LocalProject(str(self.tree), editable=self.editable, config_settings=settings)

    def judge(self, situation: Situation) -> Verdict:
        """Return the verdict on the first build, in the tree as it is now."""
        interpreter = self.supply.interpreter
        now = circumstances_of(self.project(situation), interpreter, (), isolation=True)
        variables = {**self.variables, **(situation.variables or {})}
        return judge_now(self.built.fingerprint, now, interpreter, variables)

    def truth(self, situation: Situation) -> bool:
        """Whether a build from nothing gives what the first build gave and what is there now."""
        now = self._result(self.built.pack) if self.editable else self.result
        aside = self.tree.with_name(self.tree.name + ".aside")
        os.rename(self.tree, aside)
        try:
            shutil.copytree(aside, self.tree, symlinks=True, ignore=self._made(aside))
            try:
                pack = self._build(situation).pack
            except TrueupError:
                return False
            return self._result(pack) == now
        finally:
            shutil.rmtree(self.tree, ignore_errors=True)
            os.rename(aside, self.tree)

    def build_again(self, situation: Situation) -> None:
        """Build in the tree as it is now, knowing the build before, as an install does."""
        self.built = self._build(situation, self.built.fingerprint)
        self.result = self._result(self.built.pack)

    def restore(self) -> None:
        """Put the tree back as it was after the first build; what is the same is not touched."""
        _mirror(self.safe, self.tree)

    def _made(self, top: Path) -> Callable[[str, list[str]], set[str]]:
        made = self.built.fingerprint.made

        def ignore(folder: str, names: list[str]) -> set[str]:
            inside = os.path.relpath(folder, top).replace(os.sep, "/")
            start = "" if inside == "." else inside + "/"
            return {name for name in names if start + name in made or _is_clutter(name)}

        return ignore

    def _build(self, situation: Situation, previous: Fingerprint | None = None) -> Tracked:
        variables = {**self.variables, **(situation.variables or {})}
        supply = replace(self.supply, variables=variables)
        project = self.project(situation)
        now = circumstances_of(project, supply.interpreter, (), isolation=True)
        return build_tracked(now, supply, previous)

    def _result(self, pack: Pack) -> dict[str, str]:
        """Return what is installed, and what of the tree an editable leads to, by digest."""
        found = {
            f"{one.directory}/{one.name}": one.digest.hex()
            for one in pack.files()
            # A bill of materials has the moment and a random number in it.
            if one.name != "RECORD" and "/sboms" not in one.directory
        }
        if not self.editable:
            return found
        reach = reach_of(pack, str(self.tree))
        for folder, folders, names in os.walk(self.tree):
            folders[:] = [
                name
                for name in folders
                if name != ".git" and (not is_noise(name) or name.startswith("__editable__"))
            ]
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.tree).replace(os.sep, "/")
                inside = reach.leads_to(path)
                if inside is None or is_noise(name) or is_by_product(inside):
                    continue
                if path.startswith("build/cp") and not name.endswith(".so"):
                    continue  # the workings of ninja, with logs and times in them
                if name.endswith(_LIVE) or "/" in inside or reach.roots != (".",):
                    found[f"tree/{path}"] = _digest(os.path.join(folder, name))
        return found


_LIVE = (".py", ".so", ".txt")


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "dangling"


def _is_clutter(name: str) -> bool:
    return is_noise(name) and not name.startswith(".git")


def _mirror(source: Path, target: Path) -> None:
    """Make `target` hold what `source` does; what is the same is left alone."""
    for entry in list(os.scandir(target)):
        if not os.path.lexists(source / entry.name) or not _alike(source / entry.name, entry.path):
            _remove(entry.path)
    for entry in os.scandir(source):
        there = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            there.mkdir(exist_ok=True)
            _mirror(Path(entry.path), there)
        elif not os.path.lexists(there):
            shutil.copy2(entry.path, there, follow_symlinks=False)


def _alike(one: Path, other: str) -> bool:
    if one.is_symlink() or os.path.islink(other):
        both = one.is_symlink() and os.path.islink(other)
        return both and os.readlink(one) == os.readlink(other)
    if one.is_dir() or os.path.isdir(other):
        return one.is_dir() and os.path.isdir(other)
    return one.read_bytes() == Path(other).read_bytes()


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


@contextmanager
def opened_supply(cache: Path, interpreter: Interpreter) -> Iterator[Supply]:
    """Yield a supply whose build environments are made by trueup itself, in the store `cache`."""
    variables = {**os.environ, "TRUEUP_CACHE_DIR": str(cache)}
    with open_workshop(variables=variables) as workshop:
        yield _supply(workshop, interpreter)


def _supply(workshop: Workshop, interpreter: Interpreter) -> Supply:
    return supply_for(Request(), interpreter, workshop)
