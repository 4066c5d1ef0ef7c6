"""Damaged files of the store and of environments: healed in the same run, or refused by name.

`pytest -m slow tests/faults/test_damage.py` damages each file in each way.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.bad_sources import packed, project
from support.damages import DAMAGES, Damage, copied, files_below
from support.housing import Tree, look_at, make_set, new_environment, quick_folder
from support.resolving import sha256_of
from support.wheels import make_wheel
from trueup.api.front import Surroundings, install_arguments
from trueup.api.repairing import altered_files
from trueup.destination.environment import Environment
from trueup.errors import TrueupError
from trueup.reporting import Event

_QUICK = 40  # of all damages, in the default run


@dataclass
class Place:
    """A warm store, what is installed out of it, and how that looks.

    Attributes:
        folder: where all of it lies.
        house: the wheels and the sdist.
        store: the store, as it is damaged.
        good: the store as it was.
        wish: arguments that name everything by hash.
        expected: what the environment holds afterwards.
    """

    folder: Path
    house: Path
    store: Path
    good: Path
    wish: list[str]
    expected: Tree = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / "env"

    def install(self, *more: str) -> Environment:
        """Install into a new environment."""
        environment = new_environment(self.root, memory=str(self.folder / "memory"))
        self.run(environment, *self.wish, *more)
        return environment

    def run(self, environment: Environment, *arguments: str) -> None:
        self.events.clear()
        variables = dict(os.environ) | {"TRUEUP_CACHE_DIR": str(self.store)}
        variables |= {"TRUEUP_RESOLVER": "pip", "PIP_NO_INDEX": "1"}
        around = Surroundings(
            environment=environment,
            base=str(self.folder),
            variables=variables,
            reporter=self.events.append,
        )
        install_arguments(arguments, around)

    def is_right(self) -> bool:
        return look_at(self.root) == self.expected


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Everything installed once: four wheels, a built source, and a resolution."""
    with quick_folder() as folder:
        house = folder / "house"
        wheels = make_set(house, 1, (0, 1, 7))
        wheels.append(make_wheel(house, "plain"))
        source = house / "demo-1.0.tar.gz"
        source.write_bytes(packed(project()))
        pins = [f"{path.name.split('-')[0]}==1.0" for path in (*wheels, source)]
        lines = [
            f"{pin} --hash=sha256:{sha256_of(path)}"
            for pin, path in zip(pins, (*wheels, source), strict=True)
        ]
        (folder / "wanted.txt").write_text("\n".join(lines))
        wish = ["--no-index", "-f", str(house), "-r", str(folder / "wanted.txt")]
        place = Place(folder, house, folder / "store", folder / "good", wish)
        place.install()
        place.expected = look_at(place.root)
        copied(place.store, place.good)
        yield place


def store_damages() -> list[tuple[str, Damage]]:
    return [(kind, damage) for kind in ("online", "offline") for damage in DAMAGES]


def targets(place: Place) -> list[Path]:
    """Return the files of the store that an install reads, relative to it."""
    left_out = ("locks", "temporary")
    found = (path.relative_to(place.good) for path in files_below(place.good))
    # Of a build environment, one of each kind of file is enough.
    return [path for path in found if len(path.parts) > 1 and path.parts[1] not in left_out]


def damage_store(place: Place, name: Path, damage: Damage, chance: random.Random) -> bool:
    copied(place.good, place.store)
    return damage(place.store / name, chance)


def judge_online(place: Place) -> str:
    """Install twice out of the damaged store; return what is wrong."""
    for run in ("the same run", "the next run"):
        try:
            place.install()
        except TrueupError as error:
            return f"refused in {run}: {error}"
        if not place.is_right():
            return f"wrong after {run}"
    said = [event.message for event in place.events if event.kind == "warning"]
    return f"still damaged: {said}" if said else ""


def judge_offline(place: Place, name: Path) -> str:
    """Install without any source; return what is wrong: a refusal has to name the thing."""
    hidden = place.house.with_name("hidden")
    place.house.rename(hidden)
    try:
        place.install("--offline")
    except TrueupError as error:
        words = [str(error), *(event.message for event in place.events)]
        named = [str(place.store / name), *(pin.split("==")[0] for pin in _pins(place))]
        return "" if any(one in text for one in named for text in words) else f"unnamed: {error}"
    finally:
        hidden.rename(place.house)
    return "" if place.is_right() else "silently wrong"


def _pins(place: Place) -> list[str]:
    return (place.folder / "wanted.txt").read_text().splitlines()


def run_store_battery(place: Place, stride: int) -> int:
    chance = random.Random(7)
    cases = [(name, *pair) for name in targets(place) for pair in store_damages()]
    wrong: list[str] = []
    done = 0
    for name, kind, damage in cases[:: max(1, stride)]:
        if not damage_store(place, name, damage, chance):
            continue
        done += 1
        problem = judge_online(place) if kind == "online" else judge_offline(place, name)
        if problem:
            wrong.append(f"{damage.__name__} of {name}, {kind}: {problem}")
    assert not wrong, "\n".join(wrong)
    return done


def test_some_damaged_files_of_the_store(place: Place) -> None:
    cases = len(targets(place)) * len(store_damages())
    assert run_store_battery(place, cases // _QUICK) >= _QUICK // 2


@pytest.mark.slow
def test_each_damaged_file_of_the_store(place: Place) -> None:
    print("damages:", done := run_store_battery(place, 1))
    assert done >= 300


def env_files(place: Place) -> list[Path]:
    """Return the files of distributions in the environment, relative to it."""
    return [Path(name) for name in place.expected if not name.endswith("/") and _owned(name)]


def _owned(name: str) -> bool:
    return "site-packages" in name or "share" in name or "part" in name or "include" in name


def damage_of_environment(place: Place, name: Path, damage: Damage, chance: random.Random) -> str:
    """Damage one file; return what is wrong with finding and mending it, offline."""
    environment = new_environment(place.root, memory=str(place.folder / "memory"))
    place.run(environment, *place.wish, "--offline")
    path = place.root / name
    before = {one: one.lstat() for one in path.parent.iterdir()}
    if not damage(path, chance):
        return "-"
    harmed = {path} | {
        one
        for one, status in before.items()
        if not one.exists() or one.lstat().st_ino != status.st_ino
    }
    found = {one.path for one in altered_files(environment)}
    if str(path) not in found or not found <= set(map(str, harmed)):
        return f"found {sorted(found)}"
    for one in harmed:
        if one.is_dir():
            one.rmdir()  # that there is a folder is told by name, and refused: it is not emptied
    place.run(environment, "--repair", "--offline")
    # What belongs to no distribution, such as the activation scripts, is nobody's to mend.
    now = look_at(place.root)
    owned = (str(one) for one in env_files(place))
    return "" if all(now.get(one) == place.expected[one] for one in owned) else "not mended"


def run_environment_battery(place: Place, stride: int) -> int:
    chance = random.Random(11)
    copied(place.good, place.store)
    cases = [(name, damage) for name in env_files(place) for damage in DAMAGES]
    wrong: list[str] = []
    done = 0
    for name, damage in cases[:: max(1, stride)]:
        problem = damage_of_environment(place, name, damage, chance)
        done += problem != "-"
        if problem.strip("-"):
            wrong.append(f"{damage.__name__} of {name}: {problem}")
    assert not wrong, "\n".join(wrong)
    return done


def test_some_damaged_files_of_an_environment(place: Place) -> None:
    cases = len(env_files(place)) * len(DAMAGES)
    assert run_environment_battery(place, cases // _QUICK) >= _QUICK // 2


@pytest.mark.slow
def test_each_damaged_file_of_an_environment(place: Place) -> None:
    print("damages:", done := run_environment_battery(place, 1))
    assert done >= 300


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_receipts_harm_nothing(place: Place, damage: Damage) -> None:
    copied(place.good, place.store)
    environment = place.install()
    receipts = Path(environment.state, "receipts")
    for path in sorted(receipts.iterdir()):
        if not path.exists() or not damage(path, random.Random(3)):
            continue
    place.run(environment, *place.wish)
    place.run(environment, "--repair")
    assert place.is_right()
    assert altered_files(environment) == []
    shutil.rmtree(place.root)
