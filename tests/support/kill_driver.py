"""A program that kills whole commands, one by one, and judges what the same command makes of it.

`python kill_driver.py SPEC.json`: where `crash_driver` breaks transactions, this breaks all that
is around them as well: a store that is filled, an environment that is made anew, a store that is
cleaned up. Each try runs in a fork, so that nothing has to be imported again.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trueup.acquisition.store import open_store
from trueup.acquisition.store_upkeep import prune, verify
from trueup.api.front import Surroundings, install_arguments
from trueup.api.repairing import altered_files
from trueup.api.uninstalling import uninstall_names
from trueup.api.workshop import open_workshop
from trueup.destination.locate import open_environment

from support.crash_driver import Counter, in_child, kill_here, spread
from support.damages import copied
from support.housing import Tree, look_at, new_environment


class Theatre:
    """An environment, a store, and what is done with them."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.folder = Path(spec["folder"])
        self.root, self.store = self.folder / "env", self.folder / "store"
        self.counter = Counter()
        self.broken: list[dict[str, Any]] = []
        self.variables = dict(os.environ) | {"TRUEUP_CACHE_DIR": str(self.store)}
        self.memory = str(self.folder / "memory")
        self.prepare()

    def prepare(self) -> None:
        """Keep what the old and the new state look like, and a warm store."""
        new_environment(self.root, memory=self.memory)
        self.empty = look_at(self.root)
        copied(self.root, self.folder / "empty")
        self.install("old")
        self.old = look_at(self.root)
        copied(self.root, self.folder / "old")
        self.install("new")
        self.new = look_at(self.root)
        copied(self.store, self.folder / "warm")

    def around(self) -> Surroundings:
        environment = open_environment(str(self.root), memory=self.memory)
        return Surroundings(environment=environment, variables=self.variables)

    def install(self, wish: str, *more: str) -> None:
        install_arguments([*self.spec[wish], *more], self.around())

    def uninstall(self) -> None:
        with open_workshop(variables=self.variables) as workshop:
            environment = open_environment(str(self.root), memory=self.memory)
            uninstall_names(self.spec["names"], environment, workshop)

    def prune(self) -> None:
        prune(open_store(str(self.store)), -1.0)

    def play(self) -> tuple[Callable[[], None], Tree, str]:
        """Return what is done, how the environment looks afterwards, and how before."""
        return {
            "cold install": (lambda: self.install("new"), self.new, "empty"),
            "warm install": (lambda: self.install("new"), self.new, "empty"),
            "upgrade": (lambda: self.install("new"), self.new, "old"),
            "uninstall": (self.uninstall, self.empty, "old"),
            "recreate": (lambda: self.install("new", "--recreate"), self.new, "old"),
            "prune": (self.prune, self.old, "old"),
        }[self.spec["play"]]

    def reset(self, before: str) -> None:
        copied(self.folder / before, self.root)
        if self.spec["play"] == "cold install":
            shutil.rmtree(self.store, ignore_errors=True)
        else:
            copied(self.folder / "warm", self.store)

    def judge(self, label: str, work: Callable[[], None], after: Tree) -> None:
        """Do it once more, and look at everything."""
        wrong: list[str] = []
        try:
            work()
            if self.spec["play"] == "prune":  # and what was pruned is got again
                copied(self.folder / "empty", self.root)
                self.install("old")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            wrong.append(f"the next run: {type(error).__name__}: {error}")
        now = look_at(self.root)
        # A directory that was made for an install stays when it is empty, as with other tools.
        other = [
            path
            for path in {*now, *after}
            if now.get(path) != after.get(path) and not path.endswith("/")
        ]
        wrong += [f"{len(other)} files differ, such as {other[0]}"] if other else []
        environment = open_environment(str(self.root), memory=self.memory)
        wrong += [f"{one.path} is {one.kind}" for one in altered_files(environment)]
        state = Path(environment.state)
        left = [*state.glob("transaction-*"), *state.glob("journal")]
        left += [*self.store.glob("v1/temporary/*")]
        wrong += [f"left over: {path}" for path in left]
        wrong += [f"damaged: {name}" for name in verify(open_store(str(self.store))).damaged]
        if wrong:
            self.broken.append({"at": label, "wrong": wrong[:6]})

    def kill_at_calls(self) -> int:
        work, after, before = self.play()
        self.reset(before)
        total = self.count(work)
        points = spread(total, self.spec["tries"])
        for point in points:
            self.reset(before)

            def armed(point: int = point) -> None:
                self.counter.arm(point, kill_here)
                work()

            in_child(armed)
            self.judge(f"call {point} of {total}", work, after)
        return len(points)

    def count(self, work: Callable[[], None]) -> int:
        reading, writing = os.pipe()

        def counted() -> None:
            self.counter.arm(-1, lambda: None)
            work()
            self.counter.armed = False
            os.write(writing, str(self.counter.count).encode())

        in_child(counted)
        os.close(writing)
        with open(reading) as answer:
            return int(answer.read())

    def kill_at_times(self) -> int:
        work, after, before = self.play()
        chance = random.Random(self.spec["seed"])
        self.reset(before)
        started = time.perf_counter()
        in_child(work)
        lasting = time.perf_counter() - started
        for at in range(self.spec["tries"]):
            self.reset(before)
            child = os.fork()
            if child == 0:
                work()
                os._exit(0)
            time.sleep(chance.uniform(0, lasting))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            self.judge(f"try {at}", work, after)
        return int(self.spec["tries"])


def main() -> None:
    theatre = Theatre(json.loads(Path(sys.argv[1]).read_text()))
    way = theatre.kill_at_calls if theatre.spec["way"] == "calls" else theatre.kill_at_times
    print(json.dumps({"tried": way(), "broken": theatre.broken}))


if __name__ == "__main__":
    main()
