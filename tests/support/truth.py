"""Ground truth for verdicts: what a build from nothing gives, at the very same path."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from trueup.acquisition.builder import Provision
from trueup.acquisition.pack import Pack, PackedFile
from trueup.acquisition.supply import Supply
from trueup.api.judging import circumstances_of, judge_now
from trueup.api.provision import supply_for
from trueup.api.tracking import Tracked, build_tracked
from trueup.api.workshop import open_workshop
from trueup.destination.environment import Interpreter
from trueup.freshness.fingerprint import Fingerprint
from trueup.freshness.names import is_by_product, is_noise
from trueup.freshness.reach import reach_of
from trueup.freshness.verdict import Verdict
from trueup.resolution.request import LocalProject, Request

from support.builds import lay_tree
from support.ground import BuildFailed, Ground, GroundOrder
from support.mechanisms import Mechanism
from support.mirror import contents, mirror

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "core.hooksPath="]


def git(tree: Path, *arguments: str) -> str:
    """Run git in `tree`, and return what it says."""
    done = subprocess.run([*GIT, *arguments], cwd=tree, capture_output=True, text=True, check=True)
    return done.stdout


@dataclass(frozen=True)
class Situation:
    """What an edit changes beside the tree."""

    variables: Mapping[str, str] | None = None
    settings: tuple[tuple[str, str], ...] | None = None
    interpreter: Interpreter | None = None


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
        self.ground = Ground(supply.provision)
        self.made: frozenset[str] = frozenset()
        self.built: Tracked
        self.build_again(Situation(), known=False)
        self.safe = tree.with_name(tree.name + ".safe")
        shutil.copytree(tree, self.safe, symlinks=True)

    def project(self, situation: Situation) -> LocalProject:
        """Return what is asked for in this situation."""
        settings = self.mechanism.settings if situation.settings is None else situation.settings
        return LocalProject(str(self.tree), editable=self.editable, config_settings=settings)

    def judge(self, situation: Situation) -> Verdict:
        """Return the verdict on the first build, in the tree as it is now."""
        interpreter = situation.interpreter or self.supply.interpreter
        now = circumstances_of(self.project(situation), interpreter, (), isolation=True)
        return judge_now(self.built.fingerprint, now, interpreter, self._variables(situation))

    def truth(self, situation: Situation) -> bool:
        """Whether a build from nothing gives what the last build gave and what is there now."""
        return self.tree.is_dir() and self.from_nothing(situation) == self.installed()

    def installed(self) -> dict[str, str]:
        """Return what was installed, and what is there now of what an editable leads to."""
        return self._result(self.built.pack) if self.editable else self.result

    def from_nothing(self, situation: Situation) -> dict[str, str] | None:
        """Return what a build from nothing gives; None where it fails.

        It is made of what the builds before have not made, at the very same path; and without the
        links that lead to nothing, which are to be as if they were not there.
        """
        dead = dead_links(self.tree)
        aside = self.tree.with_name(self.tree.name + ".aside")
        os.rename(self.tree, aside)
        try:
            shutil.copytree(aside, self.tree, symlinks=True, ignore=self._made(aside))
            for path in sorted(self.made, reverse=True):  # folders that builds made, now empty
                with suppress(OSError):
                    os.rmdir(self.tree / path)
            with tempfile.TemporaryDirectory() as folder:
                with _without(dead, self.tree):
                    wheel = self.ground.build(self._order(situation), Path(folder))
                return self._result(self.supply.store.add_wheel(str(wheel), wheel.name))
        except BuildFailed:
            return None
        finally:
            shutil.rmtree(self.tree, ignore_errors=True)
            os.rename(aside, self.tree)

    def _order(self, situation: Situation) -> GroundOrder:
        project = self.project(situation)
        return GroundOrder(
            tree=self.tree,
            editable=self.editable,
            settings=project.config_settings,
            interpreter=situation.interpreter or self.supply.interpreter,
            variables=self._variables(situation),
        )

    def build_again(self, situation: Situation, *, known: bool = True) -> None:
        """Build in the tree as it is now, knowing the build before, as an install does."""
        before = contents(self.tree)
        self.built = self._build(situation, self.built.fingerprint if known else None)
        after = contents(self.tree)
        changed = {path for path, digest in after.items() if before.get(path) != digest}
        self.made = frozenset(changed | (self.made & after.keys()))
        self.result = self._result(self.built.pack)

    def restore(self) -> None:
        """Put the tree back as it was after the first build; what is the same is not touched."""
        self.tree.mkdir(exist_ok=True)
        mirror(self.safe, self.tree)

    def close(self) -> None:
        """End what was started."""
        self.ground.close()

    def _made(self, top: Path) -> Callable[[str, list[str]], set[str]]:
        def ignore(folder: str, names: list[str]) -> set[str]:
            inside = os.path.relpath(folder, top).replace(os.sep, "/")
            start = "" if inside == "." else inside + "/"
            return {
                name
                for name in names
                if (start + name in self.made and not _is_folder(os.path.join(folder, name)))
                or _is_clutter(name)
            }

        return ignore

    def _variables(self, situation: Situation) -> dict[str, str]:
        return {**self.variables, **(situation.variables or {})}

    def _build(self, situation: Situation, previous: Fingerprint | None) -> Tracked:
        supply = replace(self.supply, variables=self._variables(situation))
        project = self.project(situation)
        now = circumstances_of(project, supply.interpreter, (), isolation=True)
        return build_tracked(now, supply, previous)

    def _meaning(self, pack: Pack, one: PackedFile) -> str:
        if self.editable and one.name.startswith("_editable_skbc") and one.name.endswith(".py"):
            return _in_order(pack.read(f"{one.directory}/{one.name}"))
        return one.digest.hex()

    def _result(self, pack: Pack) -> dict[str, str]:
        """Return what is installed, and what of the tree an editable leads to, by digest."""
        found = {
            f"{one.directory}/{one.name}": self._meaning(pack, one) + " x" * one.executable
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
                if path.startswith(("build/cp", ".cmake/")) and not name.endswith(".so"):
                    continue  # the workings of ninja and cmake, with logs and times in them
                if name.endswith(_LIVE) or "/" in inside or reach.roots != (".",):
                    found[f"tree/{path}"] = _digest(os.path.join(folder, name))
        return found


def dead_links(tree: Path) -> dict[str, str]:
    """Return the links in a tree that lead to nothing, each with where it leads."""
    return {
        path: os.readlink(tree / path)
        for path in contents(tree)
        if os.path.islink(tree / path) and not os.path.exists(tree / path)
    }


@contextmanager
def _without(links: Mapping[str, str], tree: Path) -> Iterator[None]:
    """Take links away meanwhile, without a repository taking that for a change."""
    taken = [path for path in links if os.path.lexists(tree / path)]
    for path in taken:
        tracked = (tree / ".git").is_dir() and git(tree, "ls-files", "--", path)
        if tracked and not git(tree, "diff", "--name-only", "--", path):
            git(tree, "update-index", "--skip-worktree", "--", path)
        (tree / path).unlink()
    yield
    for path in taken:
        if not os.path.lexists(tree / path):
            (tree / path).symlink_to(links[path])


def _in_order(module: bytes) -> str:
    """Return a digest of a module that is the same for dictionaries in another order.

    scikit-build-core writes one down in the order in which a folder was listed.
    """
    import ast

    class Sorting(ast.NodeTransformer):
        def visit_Dict(self, node: ast.Dict) -> ast.AST:
            self.generic_visit(node)
            items = sorted(
                zip(node.keys, node.values, strict=True),
                key=lambda it: str(it[0] and ast.dump(it[0])),
            )
            node.keys, node.values = [one for one, _ in items], [one for _, one in items]
            return node

    return hashlib.sha256(ast.dump(Sorting().visit(ast.parse(module))).encode()).hexdigest()


_LIVE = (".py", ".so", ".txt")


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "dangling"


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _is_clutter(name: str) -> bool:
    return is_noise(name) and not name.startswith(".git")


@contextmanager
def opened_supply(cache: Path, interpreter: Interpreter) -> Iterator[Supply]:
    """Yield a supply whose build environments are made by trueup itself, in the store `cache`."""
    variables = {**os.environ, "TRUEUP_CACHE_DIR": str(cache)}
    with open_workshop(variables=variables) as workshop:
        supply = supply_for(Request(), interpreter, workshop)
        yield replace(supply, provision=_remembering(supply.provision))


def _remembering(provision: Provision) -> Provision:
    """Return a `provision` that makes each environment once: nobody damages them here."""
    known: dict[tuple[tuple[str, ...], str], Interpreter] = {}

    def remembered(requirements: Sequence[str], interpreter: Interpreter, /) -> Interpreter:
        key = tuple(requirements), interpreter.executable
        if key not in known:
            known[key] = provision(requirements, interpreter)
        return known[key]

    return remembered
