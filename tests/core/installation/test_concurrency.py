"""Many at once: processes and threads, one store, many environments or one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.housing import (
    Tree,
    look_at,
    make_pack,
    make_set,
    new_environment,
    put,
    state_leftovers,
)
from support.rush_driver import install
from trueup.acquisition.store import open_store
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.installation.damage import find_damage
from trueup.installation.record import Delivery
from trueup.installation.transaction import Outcome, carry_out
from trueup.reporting import Event

_DRIVER = Path(__file__).resolve().parents[2] / "support" / "rush_driver.py"


@dataclass(frozen=True)
class Rush:
    """Wheels in two generations, and a store with nothing in it."""

    folder: Path
    store: str
    memory: str
    old: list[str]
    new: list[str]

    def run(self, jobs: Sequence[tuple[Environment, list[str]]]) -> None:
        """Start a process for each job; let all begin at once, and wait for all."""
        start = self.folder / "start"
        start.unlink(missing_ok=True)
        running: list[subprocess.Popen[str]] = []
        specs = [self.folder / f"job{number}.json" for number in range(len(jobs))]
        for spec, (environment, wheels) in zip(specs, jobs, strict=True):
            text = {"environment": environment.root, "wheels": wheels, "store": self.store}
            spec.write_text(json.dumps({**text, "memory": self.memory, "start": str(start)}))
            Path(f"{spec}.ready").unlink(missing_ok=True)
            running.append(
                subprocess.Popen(
                    [sys.executable, str(_DRIVER), str(spec)], stderr=subprocess.PIPE, text=True
                )
            )
        while not all(Path(f"{spec}.ready").exists() for spec in specs):
            assert all(one.poll() is None for one in running), "one did not even begin"
            time.sleep(0.005)
        start.touch()
        for one in running:
            _, errors = one.communicate()
            assert (one.returncode, errors) == (0, "")


@pytest.fixture
def rush(tmp_path: Path, memory: str) -> Rush:
    """Give wheels and an empty store."""
    old, new = (
        [str(path) for path in make_set(tmp_path / "wheels", generation, range(14))]
        for generation in (1, 2)
    )
    return Rush(tmp_path, str(tmp_path / "shared store"), memory, old, new)


def pristine(rush: Rush, place: Path, wheels: list[str]) -> Tree:
    """Return what an environment at `place` looks like that nobody else touches."""
    environment = new_environment(place, memory=rush.memory)
    put(environment, [open_store(str(rush.folder / "own store")).add_wheel(one) for one in wheels])
    return look_at(place)


def is_right(environment: Environment) -> bool:
    installed = read_installed(environment)
    whole = find_damage(environment, installed, edited_too=True) == {}
    leftovers = [name for name in state_leftovers(environment) if name != "holder.json"]
    return whole and not leftovers


def test_eight_processes_fill_eight_environments_from_one_empty_store(rush: Rush) -> None:
    places = [rush.folder / f"env{number}" for number in range(8)]
    wheels = [rush.old[number % 4 :] for number in range(8)]
    expected = [pristine(rush, *both) for both in zip(places, wheels, strict=True)]
    environments = [new_environment(place, memory=rush.memory) for place in places]
    rush.run(list(zip(environments, wheels, strict=True)))
    for environment, tree in zip(environments, expected, strict=True):
        assert look_at(environment.root) == tree
        assert is_right(environment)
    packs = [path for path in Path(rush.store).rglob("*.pack") if path.parent.name == "packs"]
    assert len(packs) == len(rush.old)
    assert not list(Path(rush.store, "v1", "temporary").iterdir())


def test_four_processes_in_one_environment_end_in_one_of_their_sets(rush: Rush) -> None:
    place = rush.folder / "env"
    sets = [rush.old, rush.new[:9]]
    expected = [pristine(rush, place, wheels) for wheels in sets]
    environment = new_environment(place, memory=rush.memory)
    for _ in range(2):
        rush.run([(environment, sets[number % 2]) for number in range(4)])
        assert look_at(place) in expected
        assert is_right(environment)


def test_a_killed_holder_frees_the_environment_for_the_next(rush: Rush) -> None:
    place = rush.folder / "env"
    expected = pristine(rush, place, rush.new)
    environment = new_environment(place, memory=rush.memory)
    spec = rush.folder / "killed.json"
    text = {"environment": environment.root, "wheels": rush.old, "store": rush.store}
    spec.write_text(json.dumps({**text, "memory": rush.memory, "start": str(spec)}))
    holder = subprocess.Popen([sys.executable, str(_DRIVER), str(spec)])
    while not any(place.glob(".trueup/transaction-*/*")):
        assert holder.poll() in {None, 0}
        if holder.poll() == 0:
            break  # too quick to be killed: nothing is left to see, and all has to be right still
    holder.kill()
    holder.wait()
    install(environment, rush.store, rush.new)
    assert look_at(place) == expected
    assert is_right(environment)


def test_threads_fill_different_environments_and_one(rush: Rush) -> None:
    shared = rush.folder / "shared"
    sets = [rush.old, rush.new]
    expected = [pristine(rush, shared, wheels) for wheels in sets]
    own = [rush.folder / f"own{number}" for number in range(4)]
    own_expected = [pristine(rush, place, sets[at % 2]) for at, place in enumerate(own)]
    environments = [new_environment(place, memory=rush.memory) for place in own]
    one = new_environment(shared, memory=rush.memory)
    with ThreadPoolExecutor(8) as crew:
        jobs = [
            crew.submit(install, environment, rush.store, sets[at % 2])
            for at, environment in enumerate(environments)
        ]
        jobs += [crew.submit(install, one, rush.store, sets[at % 2]) for at in range(4)]
        for job in jobs:
            job.result()
    for environment, tree in zip(environments, own_expected, strict=True):
        assert look_at(environment.root) == tree
        assert is_right(environment)
    assert look_at(shared) in expected
    assert is_right(one)


def test_threads_of_one_process_write_one_after_the_other(tmp_path: Path) -> None:
    packs = [make_pack(tmp_path)]
    first, second = (new_environment(tmp_path / name) for name in ("first", "second"))
    told: list[str] = []
    with ThreadPoolExecutor() as pool:
        running: list[Future[Outcome]] = []

        def tell_of_first(event: Event) -> None:
            told.append(f"first {event.kind}")
            if event.kind == "writing":
                deliveries = [Delivery(one) for one in packs]
                tell = lambda event: told.append(f"second {event.kind}")  # noqa: E731 - one line
                running.append(
                    pool.submit(carry_out, second, [], deliveries, reporter=tell),
                )
                time.sleep(0.05)  # what would be told, were it not waiting, is told by then

        carry_out(first, [], [Delivery(one) for one in packs], reporter=tell_of_first)
        running[0].result()
    assert [one.split()[0] for one in told] == ["first"] * 4 + ["second"] * 4
    assert look_at(first.scheme.purelib) == look_at(second.scheme.purelib)
