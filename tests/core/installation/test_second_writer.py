"""A second process writes half of a large install, and can only make it faster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from support.housing import Tree, add_all, look_at, new_environment, put, state_leftovers
from support.waiting import runs, wait_for
from support.wheels import make_wheel
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import open_store
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.installation.damage import find_damage
from trueup.installation.transaction import recover

if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
    pytest.skip("there is no second processor", allow_module_level=True)

PYTHON = sys.executable
NUMBERS = range(5)
Program = Callable[[str], Path]


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> list[Pack]:
    """So many files that it takes longer to write them than to start another Python."""
    folder = tmp_path_factory.mktemp("packs")
    wheels = []
    for number in NUMBERS:
        files: dict[str, str | bytes] = {
            f"part{number}/d{at % 40}/m{at}.py": f"{number}" for at in range(2_300 + number)
        }
        files["shared/__init__.py"] = f"LAST = {number}\n"
        wheels.append(make_wheel(folder, f"part{number}", files=files))
    return add_all(open_store(str(folder / "store")), wheels)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Give a function that lets a program with this Python code be what Python is started by."""

    def give(code: str) -> Path:
        path = tmp_path / "python-of-the-test"
        path.write_text(f"#!{PYTHON}\nimport os, sys\n{textwrap.dedent(code)}")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))
        return path

    return give


NOTING = f"""
with open(__file__ + ".starts", "a") as notes:
    notes.write(str(os.getpid()) + "\\n")
os.execv({PYTHON!r}, [{PYTHON!r}, *sys.argv[1:]])
"""


def installed(place: Path, packs: list[Pack]) -> Tree:
    """Return what an environment holds when `packs` have been put into it."""
    environment = new_environment(place)
    put(environment, packs)
    present = read_installed(environment)
    assert sorted(present) == [pack.name for pack in packs]
    assert find_damage(environment, present, edited_too=True) == {}
    assert state_leftovers(environment) == []
    return look_at(environment.scheme.purelib)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, packs: list[Pack]) -> Tree:
    """What one writer leaves, for whom there is one processor only."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        return installed(tmp_path_factory.mktemp("alone") / "env", packs)
    finally:
        os.sched_setaffinity(0, processors)


def test_two_writers_leave_what_one_leaves(
    tmp_path: Path, packs: list[Pack], expected: Tree, program: Program
) -> None:
    path = program(NOTING)
    assert installed(tmp_path / "env", packs) == expected
    assert len(Path(f"{path}.starts").read_text().split()) == 1
    (shared,) = (tmp_path / "env").glob("lib/python*/site-packages/shared/__init__.py")
    assert shared.read_text() == "LAST = 4\n"  # of two that bring a file, the last one's stands


FAILING = {
    "that fails at once": "sys.exit(3)",
    "that is killed": "import signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "that takes all and does nothing": """
        for number in range(5):
            os.mkdir(os.path.join(sys.argv[-1], str(number)))
        sys.exit(1)
    """,
    "that leaves half of a distribution": """
        os.mkdir(os.path.join(sys.argv[-1], "4"))  # taken, as a writer does: or it ends here
        os.makedirs(os.path.join(sys.argv[-1], "4", "purelib", "part4"))
        open(os.path.join(sys.argv[-1], "4", "purelib", "part4", "junk.py"), "w").close()
        sys.exit(1)
    """,
    "that says nothing of what it took": "os.mkdir(os.path.join(sys.argv[-1], '4'))",
    "that stops in the middle of a word": """
        os.mkdir(os.path.join(sys.argv[-1], "4"))
        os.write(1, b"\\x80\\x05}\\x94")
    """,
}


@pytest.mark.parametrize("code", FAILING.values(), ids=FAILING)
def test_one_writer_does_what_a_second_one_did_not(
    tmp_path: Path,
    packs: list[Pack],
    expected: Tree,
    program: Program,
    code: str,
) -> None:
    program(code)
    assert installed(tmp_path / "env", packs) == expected


def test_one_writer_does_where_no_other_can_be_started(
    tmp_path: Path, packs: list[Pack], expected: Tree, program: Program
) -> None:
    program("").unlink()
    assert installed(tmp_path / "env", packs) == expected


def test_with_one_processor_there_is_one_writer(
    tmp_path: Path, packs: list[Pack], program: Program
) -> None:
    path = program(NOTING)
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        put(new_environment(tmp_path / "env"), packs)
    finally:
        os.sched_setaffinity(0, processors)
    assert not Path(f"{path}.starts").exists()


def test_a_small_install_starts_no_other_process(
    tmp_path: Path, packs: list[Pack], program: Program
) -> None:
    path = program(NOTING)
    put(new_environment(tmp_path / "env"), packs[:1])
    assert not Path(f"{path}.starts").exists()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc")
def test_a_second_writer_ends_with_the_first_and_leaves_nothing_in_the_way(
    tmp_path: Path, packs: list[Pack], program: Program
) -> None:
    place = tmp_path / "env"
    environment: Environment = new_environment(place)
    store = os.path.dirname(os.path.dirname(os.path.dirname(packs[0].path)))
    path = program(NOTING)
    code = f"""
        import sys
        sys.executable = {str(path)!r}
        from trueup.acquisition.store import open_store
        from trueup.destination.locate import open_environment
        from trueup.installation.record import Delivery
        from trueup.installation.transaction import carry_out
        environment = open_environment(python={environment.interpreter.executable!r})
        store = open_store({store!r})
        packs = [store.find_pack(digest) for digest in {[pack.digest for pack in packs]!r}]
        carry_out(environment, [], [Delivery(pack) for pack in packs])
    """
    notes = Path(f"{path}.starts")
    with subprocess.Popen([PYTHON, "-c", textwrap.dedent(code)]) as first:
        assert wait_for(
            lambda: first.poll() is not None or (notes.exists() and bool(notes.read_text()))
        )
        assert first.poll() is None
        second = int(notes.read_text())
        first.send_signal(signal.SIGKILL)
    assert wait_for(lambda: not runs(second), 60)
    recover(environment)
    assert state_leftovers(environment) == []
    assert read_installed(environment) == {}
