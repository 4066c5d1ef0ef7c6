from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.builds import Provisioner, describe, lay_tree, running_interpreter
from support.interpreters import TARGETS, need_python
from trueup.acquisition.builder import BuildOrder, build_wheel
from trueup.acquisition.snapshot import take_snapshot
from trueup.acquisition.witness import Sighting, Witness
from trueup.destination.environment import Interpreter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

BACKEND = """
import os, subprocess, sys, zipfile
from pathlib import Path

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    {body}
    name = "demo-1.0-py3-none-any.whl"
    zipfile.ZipFile(os.path.join(wheel_directory, name), "w").close()
    return name
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
FILES: dict[str, str] = dict.fromkeys(
    ("a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt", "other/e.txt"), "text\n"
)


@pytest.fixture(scope="session")
def provision(tmp_path_factory: pytest.TempPathFactory) -> Provisioner:
    return Provisioner(tmp_path_factory.mktemp("watched-environments"))


def watched(
    folder: Path, provision: Provisioner, body: str, interpreter: Interpreter | None = None
) -> Sighting:
    source = BACKEND.replace("{body}", body.replace("\n", "\n    "))
    tree = lay_tree(folder / "tree", {"pyproject.toml": PYPROJECT, "backend.py": source, **FILES})
    who = interpreter or running_interpreter()
    order = BuildOrder(str(tree), who, str(folder / "work"))
    with Witness(take_snapshot(str(tree)), order.workspace) as witness:
        build_wheel(order, provision=provision)
    return witness.sighting


@pytest.mark.parametrize("version", TARGETS)
def test_what_a_program_opens_and_lists_is_seen_and_what_python_does_is_not(
    version: str, tmp_path: Path, provision: Provisioner
) -> None:
    body = (
        "open('a.txt').close(); os.listdir('other')\n"
        "subprocess.run(['sh', '-c', 'cat sub/c.txt; ls sub/deep; test -e b.txt'], check=True)\n"
        "subprocess.run([sys.executable, '-c', 'open(\"b.txt\").close()'], check=True)\n"
        "open('other/e.txt').close(); os.listdir('.')"
    )
    seen = watched(tmp_path, provision, body, describe(need_python(version)))
    assert seen == Sighting(frozenset(("sub/c.txt",)), frozenset(("sub/deep",)), 1, "")


def test_what_the_child_of_a_program_opens_is_seen(tmp_path: Path, provision: Provisioner) -> None:
    body = "subprocess.run('(cat a.txt; sh -c \"cat sub/c.txt\")', shell=True, check=True)"
    assert watched(tmp_path, provision, body).opened == {"a.txt", "sub/c.txt"}


@pytest.mark.parametrize(
    "start",
    [
        "os.system('cat a.txt')",
        "os.waitpid(os.posix_spawn('/bin/sh', ['sh', '-c', 'cat a.txt'], os.environ), 0)",
        "os.fork() or os.execv('/bin/sh', ['sh', '-c', 'cat a.txt']); os.wait()",
    ],
)
def test_a_program_whose_end_nobody_tells_is_taken_to_run_on(
    start: str, tmp_path: Path, provision: Provisioner
) -> None:
    seen = watched(tmp_path, provision, f"{start}\nopen('b.txt').close()")
    assert seen.opened == {"a.txt", "b.txt"}


def test_a_python_that_records_nothing_is_a_doubt(tmp_path: Path, provision: Provisioner) -> None:
    body = "subprocess.run([sys.executable, '-I', '-S', '-c', 'open(\"a.txt\")'], check=True)"
    assert "Python" in watched(tmp_path, provision, body).doubt


def test_a_link_is_seen_as_what_it_leads_to(tmp_path: Path) -> None:
    tree = lay_tree(tmp_path / "tree", FILES)
    (tree / "link").symlink_to("sub")
    with Witness(take_snapshot(str(tree)), str(tmp_path / "work")) as witness:
        (tmp_path / "work/gates/b1").touch()
        subprocess.run(["cat", "link/c.txt"], cwd=tree, check=True, capture_output=True)
    assert witness.sighting.opened == {"sub/c.txt"}


def test_more_than_the_kernel_keeps_is_a_doubt(tmp_path: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    tree = lay_tree(tmp_path / "tree", FILES)
    witness = Witness(take_snapshot(str(tree)), str(tmp_path / "work"), along=False)
    with witness:
        for number in range(limit + 10):
            os.close(os.open(tree / ("a.txt", "b.txt")[number % 2], os.O_RDONLY))
    assert "more was opened" in witness.sighting.doubt


def test_a_tree_that_is_gone_is_a_doubt(tmp_path: Path) -> None:
    tree = lay_tree(tmp_path / "tree", FILES)
    before = take_snapshot(str(tree))
    tree.rename(tmp_path / "gone")
    with Witness(before, str(tmp_path / "work")) as witness:
        pass
    assert "cannot be watched" in witness.sighting.doubt
