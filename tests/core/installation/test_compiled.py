"""Bytecode that comes with a wheel: compiled once, written as Python itself would have."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.housing import differences, look_at, make_set, new_environment, state_leftovers
from support.interpreters import need_python
from support.wheels import make_wheel
from trueup.acquisition.bytecode import find_bytecode
from trueup.acquisition.compilation import make_bytecode
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store, open_store
from trueup.destination.creation import create_environment
from trueup.destination.environment import Environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.installed import read_installed
from trueup.destination.shelf import drop_shelves
from trueup.errors import StoreError
from trueup.installation.damage import find_damage
from trueup.installation.record import Delivery
from trueup.installation.transaction import carry_out

FILES: dict[str, str | bytes] = {
    "demo/__init__.py": "VALUE = 1\ndef fail():\n    raise ValueError\n",
    "demo/inner/deep.py": "assert VALUE if False else True\nDEEP = 2\n",
    "demo/template.py": "this is {{ no }} Python\n",
    "demo/tests/test_demo.py": "TESTED = True\n",
    "demo/latin.py": b"# -*- coding: latin-1 -*-\nNAME = '\xe9'\n",
    "single.py": "SINGLE = 3\n",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def pack(tmp_path: Path, store: Store) -> Pack:
    return store.add_wheel(str(make_wheel(tmp_path, "demo", "1.0", files=FILES)))


def install(environment: Environment, store: Store, packs: list[Pack]) -> None:
    """Install with whatever bytecode there is, in the place of what has the same name."""
    installed = read_installed(environment)
    interpreter = environment.interpreter
    deliveries = [
        Delivery(one, requested=True, bytecode=find_bytecode(store, one, interpreter))
        for one in packs
    ]
    gone = [installed[one.name] for one in packs if one.name in installed]
    carry_out(environment, gone, deliveries)


def compiled(environment: Environment) -> list[str]:
    library = Path(environment.scheme.purelib)
    return sorted(path.relative_to(library).as_posix() for path in library.rglob("*.pyc"))


def run(environment: Environment, *arguments: str) -> str:
    """Run the environment's Python, which may write no bytecode; return what it says."""
    done = subprocess.run(
        [environment.interpreter.executable, "-B", *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=environment.root,
    )
    return done.stdout + done.stderr


def test_python_takes_it_for_its_own(environment: Environment, store: Store, pack: Pack) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    tag = environment.interpreter.cache_tag
    names = ["demo/__pycache__/__init__", "demo/__pycache__/latin"]
    names += ["demo/inner/__pycache__/deep", "__pycache__/single"]
    assert compiled(environment) == sorted(f"{name}.{tag}.pyc" for name in names)
    told = run(environment, "-v", "-c", "import demo, demo.inner.deep, demo.latin, single")
    for path in compiled(environment):
        assert f"{os.path.join(environment.scheme.purelib, path)} matches" in told
    assert find_damage(environment, read_installed(environment), edited_too=True) == {}


def test_its_header_is_what_the_standard_library_writes(
    environment: Environment, store: Store, pack: Pack
) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    source = Path(environment.scheme.purelib, "demo", "__init__.py")
    ours = Path(importlib.util.cache_from_source(str(source)))
    header = ours.read_bytes()[:16]
    ours.unlink()
    code = "import py_compile, sys; py_compile.compile(sys.argv[1], doraise=True)"
    run(environment, "-c", code, str(source))
    assert ours.read_bytes()[:16] == header


def test_tracebacks_name_the_file_where_it_lies(
    environment: Environment, store: Store, pack: Pack
) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    told = run(environment, "-c", "import demo; print(demo.fail.__code__.co_filename)")
    assert told.strip() == os.path.join(environment.scheme.purelib, "demo", "__init__.py")


def test_an_edit_shows(environment: Environment, store: Store, pack: Pack) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    Path(environment.scheme.purelib, "single.py").write_text("SINGLE = 'edited'\n")
    assert run(environment, "-c", "import single; print(single.SINGLE)").strip() == "edited"


def test_python_that_optimises_makes_its_own(
    environment: Environment, store: Store, pack: Pack
) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    told = run(environment, "-O", "-v", "-c", "import single; print(single.SINGLE)")
    assert "3\n" in told
    assert "single" in told
    assert f"single.{environment.interpreter.cache_tag}.pyc matches" not in told


def test_it_is_compiled_once_for_every_environment(
    tmp_path: Path, store: Store, pack: Pack, memory: str
) -> None:
    first, second = (new_environment(tmp_path / name, memory=memory) for name in ("one", "two"))
    make_bytecode(store, [pack], first.interpreter)
    (file,) = Path(store.folder("bytecode")).iterdir()
    before = file.stat().st_ino
    make_bytecode(store, [pack], second.interpreter)
    assert file.stat().st_ino == before
    install(second, store, [pack])
    assert compiled(second)


def test_it_goes_with_what_it_came_with(
    tmp_path: Path, environment: Environment, store: Store
) -> None:
    before = look_at(environment.root)
    old, new = (
        [store.add_wheel(str(one)) for one in make_set(tmp_path / "w", generation, range(4))]
        for generation in (1, 2)
    )
    make_bytecode(store, old, environment.interpreter)
    install(environment, store, old)
    assert any("only_1" in path for path in compiled(environment))
    install(environment, store, new)
    assert compiled(environment) == []
    make_bytecode(store, new, environment.interpreter)
    install(environment, store, new)
    assert compiled(environment)
    carry_out(environment, list(read_installed(environment).values()), [])
    changed = differences(look_at(environment.root), before)
    assert all(path.startswith("include/") for path in changed)
    assert state_leftovers(environment) == []


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_other_installers_take_it_away(
    environment: Environment, store: Store, pack: Pack, tool: str
) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    python = environment.interpreter.executable
    command = (
        [sys.executable, "-m", "pip", "--python", python, "uninstall", "-q", "-y", "demo"]
        if tool == "pip"
        else [sys.executable, "-m", "uv", "pip", "uninstall", "-q", "--python", python, "demo"]
    )
    subprocess.run(command, check=True, capture_output=True)
    left = [path for path in Path(environment.scheme.purelib).rglob("*") if path.is_file()]
    assert left == []


def test_bytecode_that_somebody_cleans_away_is_no_damage(
    environment: Environment, store: Store, pack: Pack
) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    for path in compiled(environment):
        Path(environment.scheme.purelib, path).unlink()
    assert find_damage(environment, read_installed(environment)) == {}
    assert find_damage(environment, read_installed(environment), edited_too=True) != {}


def test_an_environment_made_anew_has_it_again_and_no_other(
    environment: Environment, store: Store, pack: Pack
) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    sources = [path for path in look_at(environment.root) if path.endswith((".py", ".pyc"))]
    numbers = {path: os.lstat(os.path.join(environment.root, path)).st_ino for path in sources}
    foreign = Path(environment.scheme.purelib, "demo", "__pycache__", "x.cpython-30.pyc")
    foreign.write_bytes(b"foreign")
    again = create_environment(environment.root, interpreter_facts(), clear=True, salvage=True)
    install(again, store, [pack])
    drop_shelves(again.root)
    assert not foreign.exists()
    now = [path for path in look_at(again.root) if path.endswith((".py", ".pyc"))]
    assert now == sources
    found = {path: os.lstat(os.path.join(again.root, path)).st_ino for path in now}
    assert [path for path in now if found[path] != numbers[path]] in ([], ["bin/python"])


@pytest.mark.parametrize("cut", [0, 7, 30, 100, -1])
def test_a_damaged_one_is_not_used(
    environment: Environment, store: Store, pack: Pack, cut: int
) -> None:
    make_bytecode(store, [pack], environment.interpreter)
    (file,) = Path(store.folder("bytecode")).iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:cut])
    assert find_bytecode(store, pack, environment.interpreter) is None
    assert not file.exists()
    file.write_bytes(whole[:-4] + b"oops")
    with pytest.raises(StoreError):
        install(environment, store, [pack])
    assert not file.exists()
    install(environment, store, [pack])
    assert compiled(environment) == []


@pytest.mark.parametrize("version", ["3.8", "3.12", "3.13"])
def test_another_python_has_its_own(
    tmp_path: Path, store: Store, pack: Pack, memory: str, version: str
) -> None:
    environment = new_environment(tmp_path / "other", need_python(version), memory)
    make_bytecode(store, [pack], environment.interpreter)
    install(environment, store, [pack])
    told = run(environment, "-v", "-c", "import single")
    assert f"single.{environment.interpreter.cache_tag}.pyc matches" in told
