"""What is installed again comes compiled: made in the background, of what was imported before."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.command import Shell, make_shell
from support.wheels import make_wheel
from trueup.acquisition.bytecode import find_bytecode, load_bytecode
from trueup.acquisition.compilation import Program, Task, carry_out, make_bytecode, modules
from trueup.acquisition.compiler import compile_pack
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store, open_store
from trueup.acquisition.store_upkeep import clear, info, prune, verify
from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts

DEMO: dict[str, str | bytes] = {
    "demo/__init__.py": "VALUE = 1\n",
    "demo/used.py": "USED = 2\n",
    "demo/later.py": "LATER = 3\n",
    "demo/never.py": "NEVER = 4\n",
    "demo/tests/__init__.py": "",
    "single.py": "import demo.used\n",
}
FACTS = interpreter_facts(sys.executable)
PROGRAM = Program(sys.executable, FACTS.cache_tag, FACTS.magic, FACTS.free_threaded)
USED = ["demo/__init__", "demo/used", "single"]
ALL = ["demo/__init__", "demo/later", "demo/never", "demo/used", "single"]


@pytest.fixture
def busy(tmp_path: Path) -> Shell:
    """A shell that may start what it wants in the background, and a wheel to install."""
    house = tmp_path / "house"
    make_wheel(house, "demo", files=DEMO)
    make_wheel(house, "data", files={"data/table.txt": "1,2,3\n"}, requires=["demo"])
    shell = make_shell(tmp_path, house)
    del shell.variables["TRUEUP_BACKGROUND"]
    return shell


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def pack(tmp_path: Path, store: Store) -> Pack:
    return store.add_wheel(str(make_wheel(tmp_path / "wheels", "demo", files=DEMO)))


def lock_of(root: str | Path) -> Path:
    return Path(root, "v1", "locks", "background")


def settle(root: str | Path) -> bool:
    """Wait until nothing is at work in the background; return whether anything ever was."""
    path = lock_of(root)
    if not path.exists():
        return False
    with open(path, "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    return True


def make(shell: Shell, name: str, *words: str, **variables: str) -> list[str]:
    """Make an environment and install demo; return its bytecode after the background's end."""
    create_environment(shell.root / name, FACTS, clear=True)
    shell.works("-p", name, *words, "data", **variables)
    compiled = listed(shell, name)
    settle(shell.variables["TRUEUP_CACHE_DIR"])
    return compiled


def listed(shell: Shell, name: str) -> list[str]:
    """Return the modules in an environment that have bytecode."""
    library = Path(FACTS.scheme.purelib).relative_to(FACTS.prefix)
    site = shell.root / name / library
    end = f".{FACTS.cache_tag}.pyc"
    found = (path.relative_to(site).as_posix() for path in site.rglob(f"*{end}"))
    return sorted(path.replace("__pycache__/", "").removesuffix(end) for path in found)


def use(shell: Shell, name: str, code: str = "import single", **variables: str) -> None:
    """Run the Python of an environment, which writes bytecode of what it imports."""
    program = shell.root / name / "bin" / "python"
    subprocess.run([program, "-c", code], check=True, env=shell.variables | variables)


def test_what_was_imported_comes_compiled_from_the_third_install_on(busy: Shell) -> None:
    assert make(busy, "one") == []
    use(busy, "one")
    assert listed(busy, "one") == USED
    assert make(busy, "two") == []
    assert make(busy, "three") == USED


def test_who_only_makes_one_environment_anew_gets_bytecode_too(busy: Shell) -> None:
    create_environment(busy.root / "one", FACTS)
    came = []
    for _ in range(4):
        busy.works("-p", "one", "--recreate", "data")
        settle(busy.variables["TRUEUP_CACHE_DIR"])
        came.append(listed(busy, "one"))
        time.sleep(0.06)  # what changed in the last 50 ms is too young to be remembered
        use(busy, "one")
    assert came[0] == []
    assert came[-1] == USED


def test_nothing_is_started_by_a_first_install(busy: Shell) -> None:
    make(busy, "one")
    use(busy, "one")
    assert not lock_of(busy.variables["TRUEUP_CACHE_DIR"]).exists()


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        ((), {"TRUEUP_BACKGROUND": "0"}),
        ((), {"PYTHONDONTWRITEBYTECODE": "1"}),
        (("--no-compile",), {}),
        (("--no-cache",), {}),
    ],
    ids=["switched-off", "no-bytecode-at-all", "not-this-time", "no-store"],
)
def test_who_does_not_want_it_is_left_alone(
    busy: Shell, words: tuple[str, ...], variables: dict[str, str]
) -> None:
    for name in ("one", "two"):
        assert make(busy, name, *words, **variables) == []
        use(busy, name)
    assert not lock_of(busy.variables["TRUEUP_CACHE_DIR"]).exists()


def test_of_what_was_imported_only_the_names_count(busy: Shell) -> None:
    """Whoever writes into an environment does not reach the next one."""
    make(busy, "one")
    use(busy, "one")
    (used,) = (busy.root / "one").rglob("used.*.pyc")
    (other,) = (busy.root / "one").rglob("single.*.pyc")
    used.write_bytes(other.read_bytes())
    used.with_name(f"stranger.{FACTS.cache_tag}.pyc").write_bytes(b"stranger")
    make(busy, "two")
    assert make(busy, "three") == USED
    use(busy, "three", "import demo.used; assert demo.used.USED == 2")


def test_where_no_environment_is_left_that_could_tell_all_but_tests_is_compiled(
    busy: Shell,
) -> None:
    """An environment that is deleted and made again, always in one place."""
    for _ in range(3):
        assert make(busy, "one") == []
    assert make(busy, "one") == ALL


def test_environments_that_nobody_has_used_yet_tell_nothing(busy: Shell) -> None:
    for name in ("one", "two", "three", "four"):
        assert make(busy, name) == []


def test_an_environment_made_anew_tells_what_was_imported_in_it(busy: Shell) -> None:
    busy.works("data")
    for imports in ("import single", "import demo.later", ""):
        use(busy, ".venv", imports)
        # With `-v` it is made anew each time: otherwise one that looks as it did is left as it is.
        busy.works("--recreate", "-v", "data")
        settle(busy.variables["TRUEUP_CACHE_DIR"])
    assert listed(busy, ".venv") == USED


def test_what_is_imported_later_is_added(busy: Shell) -> None:
    make(busy, "one")
    use(busy, "one")
    make(busy, "two")
    use(busy, "two", "import demo.later")
    assert make(busy, "three") == USED
    assert make(busy, "four") == USED  # nobody looks again so soon
    (mark,) = Path(busy.variables["TRUEUP_CACHE_DIR"], "v1", "uses").glob("looked.*")
    long_ago = time.time() - 3600
    os.utime(mark, (long_ago, long_ago))
    assert make(busy, "five") == USED
    assert make(busy, "six") == sorted([*USED, "demo/later"])
    use(busy, "six", "import single, demo.later; assert demo.later.LATER == 3")


def test_what_was_asked_for_completes_what_was_made(busy: Shell) -> None:
    make(busy, "one")
    use(busy, "one")
    make(busy, "two")
    assert make(busy, "three", "--compile-bytecode") == ALL
    assert make(busy, "four") == ALL


def test_one_works_at_a_time(busy: Shell) -> None:
    make(busy, "one")
    use(busy, "one")
    path = lock_of(busy.variables["TRUEUP_CACHE_DIR"])
    path.touch()
    create_environment(busy.root / "two", FACTS)
    with open(path, "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        busy.works("-p", "two", "data")
    settle(busy.variables["TRUEUP_CACHE_DIR"])
    assert make(busy, "three") == []


STARTED = """
import os, sys
from trueup.acquisition.background import start
from trueup.acquisition.compilation import Program
from trueup.acquisition.store import open_store
store = open_store(sys.argv[1])
print(start(store, Program(*sys.argv[2:5], False)))
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("nobody to wait for")
"""


def start_with(store: Store, executable: Path) -> str:
    """Start the background process with another program to compile; wait for our own part."""
    words = [store.root, str(executable), FACTS.cache_tag, FACTS.magic]
    done = subprocess.run(
        [sys.executable, "-c", STARTED, *words], capture_output=True, text=True, check=True
    )
    return done.stdout


def twice(store: Store, pack: Pack, tmp_path: Path) -> None:
    """Let the store believe that a pack was installed twice, into environments that are gone."""
    from trueup.acquisition.uses import Use, keep_use, use_path

    gone = str(tmp_path / "gone")
    path = use_path(store, gone, PROGRAM)
    libraries = {"purelib": gone, "platlib": gone}
    keep_use(store, Use(path, gone, libraries, {pack.digest: 2}))


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_it_is_the_least_important_of_all_and_nobody_waits_for_it(
    store: Store, pack: Pack, tmp_path: Path
) -> None:
    twice(store, pack, tmp_path)
    pipe, told = tmp_path / "pipe", tmp_path / "told"
    os.mkfifo(pipe)
    ask = "import os; print(os.nice(0), os.sched_getscheduler(0), os.getsid(0))"
    text = f'read line < {pipe}; {sys.executable} -c "{ask}" > {told}; exec {sys.executable} "$@"'
    assert start_with(store, script(tmp_path, text)).split("\n")[:2] == [
        "True",
        "nobody to wait for",
    ]
    assert start_with(store, Path(sys.executable)).startswith("False")
    pipe.write_text("go on\n")
    assert settle(store.root)
    nice, scheduler, session = map(int, told.read_text().split())
    assert (nice, scheduler) == (19, os.SCHED_IDLE)
    assert session != os.getsid(0)
    assert find_bytecode(store, pack, PROGRAM) is not None


@pytest.mark.parametrize(
    "text",
    ["kill -9 $PPID", "exit 1", f'{sys.executable} "$@"; kill -9 $PPID', "kill -9 $$"],
    ids=["killed-before", "failed", "killed-after", "compiler-killed"],
)
def test_where_it_ends_before_its_time_nothing_half_made_is_left(
    store: Store, pack: Pack, tmp_path: Path, text: str
) -> None:
    twice(store, pack, tmp_path)
    start_with(store, script(tmp_path, text))
    settle(store.root)
    assert find_bytecode(store, pack, PROGRAM) is None
    assert os.listdir(store.folder("bytecode")) == []
    assert start_with(store, Path(sys.executable)).startswith("True")
    settle(store.root)
    found = find_bytecode(store, pack, PROGRAM)
    assert found is not None
    assert found.complete


def test_a_program_that_is_gone_or_another_by_now_makes_nothing(
    store: Store, pack: Pack, tmp_path: Path
) -> None:
    other = Program(sys.executable, FACTS.cache_tag, "00000000", free_threaded=False)
    gone = Program(str(tmp_path / "gone"), FACTS.cache_tag, FACTS.magic, free_threaded=False)
    for program in (other, gone):
        assert carry_out(store, [Task(pack)], program).startswith("no bytecode could be made")
        assert find_bytecode(store, pack, program) is None


def test_what_is_not_reached_in_its_time_waits_for_the_next(
    store: Store, pack: Pack, tmp_path: Path
) -> None:
    assert carry_out(store, [Task(pack)], PROGRAM, seconds=1e-9) == ""
    assert find_bytecode(store, pack, PROGRAM) is None
    files = [
        (one.number, pack.offsets[one.number], pack.sizes[one.number], one.name, 0, 0, -1)
        for one in modules(pack)
    ]
    out = tmp_path / "out"
    turns = iter([False, False, True, True, True, True])
    job = {"pack": pack.path, "out": str(out), "old": "", "complete": True, "files": files}
    compile_pack(job | {"count": len(pack.names)}, lambda: next(turns))
    part = load_bytecode(str(out), pack, PROGRAM)
    assert not part.complete
    assert sum(map(bool, part.sizes)) == 2
    assert carry_out(store, [Task(pack, old=part)], PROGRAM) == ""
    whole = find_bytecode(store, pack, PROGRAM)
    make_bytecode(store, [pack], FACTS)
    assert whole is not None
    assert whole.complete
    assert sum(map(bool, whole.sizes)) == len(ALL)


def test_a_body_that_is_damaged_is_made_again(store: Store, pack: Pack) -> None:
    numbers = frozenset(one.number for one in modules(pack) if one.name == "used.py")
    carry_out(store, [Task(pack, numbers)], PROGRAM)
    old = find_bytecode(store, pack, PROGRAM)
    assert old is not None
    content = Path(old.path).read_bytes()
    (at,) = numbers
    Path(old.path).write_bytes(content[: old.offsets[at]] + b"?" * old.sizes[at])
    carry_out(store, [Task(pack, None, old)], PROGRAM)
    new = find_bytecode(store, pack, PROGRAM)
    assert new is not None
    assert new.sums[at] == old.sums[at]
    assert verify(store).damaged == ()


def test_the_store_looks_after_it(store: Store, pack: Pack) -> None:
    make_bytecode(store, [pack], FACTS)
    (file,) = Path(store.folder("bytecode")).iterdir()
    assert info(store).bytecode == 1
    assert (verify(store).checked, verify(store).damaged) == (2, ())
    prune(store, 1000)
    assert file.exists()
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"?")
    assert verify(store).damaged == (file.name,)
    assert not file.exists()
    file.write_bytes(content)
    Path(pack.path).unlink()
    prune(store, 1000)
    assert not file.exists()
    file.write_bytes(content)
    clear(store)
    assert info(store).bytecode == 0
