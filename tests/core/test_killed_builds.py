"""A build whose trueup is killed ends with it, and what it left is not taken for somebody's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.builds import lay_tree
from support.projects import BACKEND, GENERATING
from support.waiting import runs, wait_for
from support.wheels import make_wheel
from trueup.acquisition.snapshot import take_snapshot
from trueup.acquisition.store import open_store
from trueup.acquisition.store_upkeep import clear, prune
from trueup.api.killed import Begun
from trueup.errors import StoreError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks for processes by /proc")

# The hook makes a module where there is none, and one each time; then it says so, and waits, with
# a program that it started, if it is told to.
_SLOW = (
    """
def _generate():
    template = pathlib.Path("template.txt").read_text()
    module = pathlib.Path("src/demo/made.py")
    if not module.exists():
        module.write_text(template)
    pathlib.Path("src/demo/stamp.py").write_text("STAMP = 1\\n")
    _set_up()
    if pathlib.Path("slow").exists():
        import os, subprocess, time
        with subprocess.Popen(["sleep", "600"]) as child:
            pathlib.Path("begun.tmp").write_text(f"{os.getpid()} {child.pid} {os.getppid()}")
            os.rename("begun.tmp", "begun")
            time.sleep(600)

def _set_up():
    pass
"""
    + GENERATING
)
# What cmake does: a folder of its own, in which the flags of the first time are written down.
_CMAKE = """
def _set_up():
    import os, subprocess
    script = "mkdir -p out/work && cd out/work && : > CMakeCache.txt && "
    script += "{ test -e flags || echo \\"$CFLAGS\\" > flags; }"
    subprocess.run(["sh", "-c", script], check=True)
    pathlib.Path("src/demo/flags.py").write_text("# " + pathlib.Path("out/work/flags").read_text())
"""


class Project:
    """A project with a slow backend, and the command that installs it."""

    def __init__(self, folder: Path, more: str = "", *, editable: bool = False) -> None:
        files = {
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
            'backend-path = ["."]\n[project]\nname = "demo"\nversion = "1.0"\n',
            "backend.py": BACKEND + _SLOW + more,
            "template.txt": "A = 1\n",
            "src/demo/__init__.py": "",
        }
        self.tree = lay_tree(folder / "demo", files)
        self.cache = folder / "cache"
        self.target = folder / "target"
        self.variables = {**os.environ, "TRUEUP_CACHE_DIR": str(self.cache)}
        self.way = ["-e"] if editable else []

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "trueup", *words]

    @property
    def _install(self) -> list[str]:
        way = [*self.way, str(self.tree)]
        return self.command("install", "--target", str(self.target), "--no-deps", *way)

    def install(self) -> str:
        done = subprocess.run(
            self._install, env=self.variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def kill(self) -> list[int]:
        """Kill the install in mid-build; return the numbers of the processes of its build."""
        (self.tree / "slow").touch()
        begun = self.tree / "begun"
        with subprocess.Popen(
            self._install,
            env=self.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert wait_for(begun.exists, 60), "it does not build"
            process.kill()
            assert process.wait() == -signal.SIGKILL
        numbers = [int(word) for word in begun.read_text().split()]
        begun.unlink()
        (self.tree / "slow").unlink()
        return [number for number in numbers if number != process.pid]

    def module(self, name: str = "made.py") -> str:
        return (self.target / "demo" / name).read_text()


def all_over(numbers: list[int]) -> bool:
    return not any(map(runs, numbers))


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_the_build_ends_with_it_and_what_it_left_does_not_mislead_the_next(
    tmp_path: Path, editable: bool
) -> None:
    project = Project(tmp_path, editable=editable)
    numbers = project.kill()
    assert wait_for(lambda: all_over(numbers)), "a process of the build goes on"
    assert (project.tree / "src/demo/made.py").read_text() == "A = 1\n"
    (project.tree / "template.txt").write_text("A = 2\n")
    project.install()
    assert (project.tree / "src/demo/made.py").read_text() == "A = 2\n"
    assert os.listdir(project.cache / "v1/attempts") == []


def test_both_processes_end_where_two_hooks_share_an_import(tmp_path: Path) -> None:
    project = Project(tmp_path)
    backend = (project.tree / "backend.py").read_text()
    asked = backend + "\ndef get_requires_for_build_wheel(*_):\n    _generate()\n    return []\n"
    # Out of the tree, so that it is imported once for both hooks.
    (project.tree / "backend.py").unlink()
    text = (project.tree / "pyproject.toml").read_text()
    text = text.replace('backend-path = ["."]\n', "").replace('"backend"', '"demo_backend"')
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    make_wheel(wheels, "demo-backend", files={"demo_backend.py": asked})
    text = text.replace("requires = []", 'requires = ["demo-backend"]')
    (project.tree / "pyproject.toml").write_text(text)
    project.way = ["--no-index", "--find-links", str(wheels)]
    numbers = project.kill()
    assert len(numbers) == 3, "the process that waits for the second hook is one of them"
    assert wait_for(lambda: all_over(numbers)), "a process of the build goes on"


def test_what_it_left_is_known_after_a_good_build_before_it_and_in_another_environment(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    project.install()
    (project.tree / "template.txt").write_text("A = 2\n")
    project.kill()
    (project.tree / "template.txt").write_text("A = 3\n")
    project.target = tmp_path / "other"
    project.install()
    assert project.module() == "A = 3\n"


def test_flags_that_a_killed_build_wrote_down_are_not_those_of_the_next(tmp_path: Path) -> None:
    project = Project(tmp_path, _CMAKE)
    project.variables["CFLAGS"] = "-O1"
    project.kill()
    project.variables["CFLAGS"] = "-O2"
    project.install()
    assert project.module("flags.py") == "# -O2\n"


def test_a_build_killed_twice_is_known_from_the_first_on(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.kill()
    project.kill()
    (project.tree / "template.txt").write_text("A = 2\n")
    project.install()
    assert project.module() == "A = 2\n"


def test_what_was_there_before_and_what_came_after_is_nobodys_but_the_users(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    mine = project.tree / "src/demo/stamp.py"
    mine.write_text("MINE = 1\n")
    project.kill()
    (project.tree / "src/demo/new.py").write_text("NEW = 1\n")
    before = mine.stat().st_ino
    project.install()
    assert project.module("new.py") == "NEW = 1\n"
    assert mine.stat().st_ino == before


def test_what_it_wrote_and_somebody_may_have_edited_stays_and_is_never_called_fresh(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    project.kill()
    made = project.tree / "src/demo/made.py"
    made.write_text("EDITED = 1\n")
    # What is written in the first half of a second after may still be its own.
    time.sleep(0.6)
    os.chmod(made, 0o600)
    for _ in range(2):
        assert "made.py was written by a build that was killed" in project.install()
        assert project.module() == "EDITED = 1\n"
        checked = subprocess.run(
            project.command("check", "--target", str(project.target)),
            env=project.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 2, checked.stdout
    os.utime(made)
    assert "killed" not in project.install()
    assert project.module() == "EDITED = 1\n"


def test_it_is_remembered_through_a_prune_as_long_as_the_tree_is_there(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.kill()
    store = open_store(str(project.cache))
    prune(store, -60)
    assert len(os.listdir(store.folder("attempts"))) == 2
    (project.tree / "template.txt").write_text("A = 2\n")
    project.install()
    assert project.module() == "A = 2\n"
    project.kill()
    project.tree.rename(tmp_path / "elsewhere")
    prune(store, -60)
    prune(store, -60)
    assert os.listdir(store.folder("attempts")) == []


def test_a_cleared_store_holds_nothing_of_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.kill()
    store = open_store(str(project.cache))
    clear(store)
    assert os.listdir(store.folder("attempts")) == []


def test_where_there_is_no_room_for_what_has_to_be_remembered_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    begun = Begun(str(tmp_path / "gone"), str(tmp_path / "tree"))
    with pytest.raises(StoreError, match="gone"):
        begun.write(take_snapshot(begun.tree))
    with pytest.raises(StoreError, match="gone"):
        begun.workspace()
