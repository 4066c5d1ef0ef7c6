"""Two hooks, one import: nobody can tell the difference from a new process for each."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.builds import Provisioner, describe, lay_tree, running_interpreter
from support.interpreters import TARGETS, need_python
from support.waiting import runs, wait_for
from trueup.acquisition.builder import BuildOrder, BuiltWheel, build_wheel
from trueup.destination.environment import Interpreter
from trueup.errors import BuildError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there hooks share an import")

BACKEND = """
import os, zipfile
IMPORTED = os.getpid()
STATE = []
{imported}

def get_requires_for_build_wheel(config_settings=None):
    print("first", IMPORTED, os.getpid(), STATE)
    STATE.append("changed")
    {asked}
    return []

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    print("second", IMPORTED, os.getpid(), STATE)
    {built}
    name = "demo-1.0-py3-none-any.whl"
    zipfile.ZipFile(os.path.join(wheel_directory, name), "w").close()
    return name
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "demo_backend"\n'


class Provider:
    """Makes one environment that has the backend in it, and another for more requirements."""

    def __init__(self, folder: Path, source: str) -> None:
        self._make = Provisioner(folder / "environments")
        self._source = source

    def __call__(self, requirements: Sequence[str], interpreter: Interpreter, /) -> Interpreter:
        made = self._make((), interpreter) if not requirements else self._other(interpreter)
        Path(made.scheme.purelib, "demo_backend.py").write_text(self._source)
        return made

    def _other(self, interpreter: Interpreter) -> Interpreter:
        return Provisioner(self._make.root / "more")((), interpreter)


class Project:
    """A project, its backend, and a build of it."""

    def __init__(self, folder: Path, imported: str = "", asked: str = "", built: str = "") -> None:
        asked, built = (text.replace("\n", "\n    ") or "pass" for text in (asked, built))
        source = BACKEND.replace("{imported}", imported).replace("{asked}", asked)
        self.provide = Provider(folder, source.replace("{built}", built))
        self.folder = folder
        self.tree = lay_tree(folder / "tree", {"pyproject.toml": PYPROJECT, "value.txt": "before"})

    def build(
        self, python: Interpreter | None = None, timeout: float | None = None
    ) -> tuple[BuiltWheel, list[list[str]]]:
        """Build it; return what came of it, and the words of each line of the hooks' output."""
        workspace = str(self.folder / "work")
        python = python or running_interpreter()
        order = BuildOrder(str(self.tree), python, workspace, timeout=timeout)
        built = build_wheel(order, provision=self.provide)
        return built, [line.split() for line in Path(built.log).read_text().splitlines()]


@pytest.mark.parametrize("version", TARGETS)
def test_each_hook_has_a_process_and_finds_the_backend_as_it_was_imported_once(
    version: str, tmp_path: Path
) -> None:
    _, (first, second) = Project(tmp_path).build(describe(need_python(version)))
    assert first[0] == "first"
    assert second[0] == "second"
    assert first[1] == second[1] == second[2] != first[2]
    assert first[3] == second[3] == "[]"


def test_what_the_import_looked_at_is_in_the_trace(tmp_path: Path) -> None:
    imported = "open('value.txt').read()\nos.path.exists('nowhere.txt')\nos.environ.get('CFLAGS')"
    project = Project(tmp_path, imported, asked="open('asked.txt', 'w').close()")
    time.sleep(0.1)  # a file that is younger than that could change unseen: nothing is shared then
    built, (first, second) = project.build()
    assert first[1] == second[1]
    assert built.trace is not None
    assert "value.txt" in built.trace.reads
    assert "nowhere.txt" in built.trace.absences
    assert "CFLAGS" in built.trace.environment
    assert "asked.txt" in built.trace.writes
    assert not built.trace.blind


@pytest.mark.parametrize(
    "change", ["open('value.txt', 'w').write('after')", "os.remove('value.txt')"]
)
def test_a_hook_finds_an_import_of_what_the_hook_before_has_made(
    change: str, tmp_path: Path
) -> None:
    imported = "VALUE = open('value.txt').read() if os.path.exists('value.txt') else 'none'"
    project = Project(tmp_path, imported, asked=change, built="print(VALUE)")
    time.sleep(0.1)
    _, lines = project.build()
    assert lines[-1] == ["after" if "after" in change else "none"]


@pytest.mark.parametrize(
    "imported",
    [
        "import threading as t\nt.Thread(target=t.Event().wait, daemon=True).start()",
        "CHILD = os.fork() or os._exit(0)",
        "import subprocess\nsubprocess.run(['true'])",
        "FILE = open('value.txt')",
        "import tempfile\nFOLDER = tempfile.TemporaryDirectory()",
        "open('log.txt', 'w').close()",
    ],
)
def test_an_import_that_leaves_more_than_modules_behind_is_done_for_each_hook(
    imported: str, tmp_path: Path
) -> None:
    project = Project(tmp_path, imported)
    time.sleep(0.1)
    _, (first, second) = project.build()
    assert first[1] == first[2]
    assert second[1] == second[2] != first[2]


def test_what_a_hook_asks_for_is_there_for_the_next_and_nothing_of_the_first_is_left(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path, asked="return ['more']")
    built, (first, second) = project.build()
    assert built.requirements == ("more",)
    assert second[1] == second[2] != first[1]
    assert not runs(int(first[1]))


def test_a_hook_that_kills_itself_is_told_of(tmp_path: Path) -> None:
    project = Project(tmp_path, asked="import signal\nos.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(BuildError, match=r"get_requires_for_build_wheel was ended by SIGKILL"):
        project.build()


def test_a_hook_that_ends_its_process_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"get_requires_for_build_wheel ended with exit code 7"):
        Project(tmp_path, asked="raise SystemExit(7)").build()


def test_a_hook_without_its_parent_is_ended(tmp_path: Path) -> None:
    asked = "import signal, time\nopen('pid', 'w').write(str(os.getpid()))\n"
    asked += "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(3600)"
    project = Project(tmp_path, asked=asked)
    with pytest.raises(BuildError, match="was ended by SIGKILL"):
        project.build()
    assert wait_for(lambda: not runs(int((project.tree / "pid").read_text())))


HANG = "import time\ndef wait_for_ever():\n    time.sleep(3600)\n"


@pytest.mark.parametrize("where", ["imported", "asked", "built"])
def test_a_hang_is_ended_and_shows_where_it_hung(where: str, tmp_path: Path) -> None:
    tell = "open('pid', 'a').write(str(os.getpid()) + ' ')\nwait_for_ever()"
    doing = {"imported": HANG, where: (HANG if where == "imported" else "") + tell}
    project = Project(tmp_path, **doing)
    with pytest.raises(BuildError, match=r"did not end within 2 s") as caught:
        project.build(timeout=2.0)
    assert "in wait_for_ever" in caught.value.output
    numbers = (project.tree / "pid").read_text().split()
    assert wait_for(lambda: not any(runs(int(number)) for number in numbers))


def test_an_interrupt_ends_a_hook_and_the_process_that_waits_for_the_next(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    asked = f"import time\nopen({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{IMPORTED}}.')\n"
    project = Project(tmp_path, asked=asked + "time.sleep(3600)")
    project.provide((), running_interpreter())

    def interrupt() -> None:
        wait_for(lambda: pids.exists() and pids.read_text().endswith("."))
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        project.build()
    thread.join()
    numbers = pids.read_text().rstrip(".").split()
    assert wait_for(lambda: not any(runs(int(number)) for number in numbers))


@pytest.mark.parametrize("leave", ["pass", "os.setsid()"])
def test_what_the_first_hook_left_running_ends_and_the_next_hook_runs(
    leave: str, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    asked = f"""
if os.fork() == 0:
    {leave}
    open({str(pid)!r}, 'w').write(str(os.getpid()))
    import time
    time.sleep(3600)
while not os.path.exists({str(pid)!r}) or not open({str(pid)!r}).read():
    pass
"""
    _, lines = Project(tmp_path, asked=asked).build()
    assert lines[-1][0] == "second"
    assert wait_for(lambda: not runs(int(pid.read_text())))


def test_a_backend_that_cannot_be_imported_is_said_as_ever(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot be imported") as caught:
        Project(tmp_path, imported="import no_such_module").build()
    assert "No module named 'no_such_module'" in caught.value.output
