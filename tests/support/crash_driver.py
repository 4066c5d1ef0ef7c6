"""A program that breaks transactions, one by one, and judges what one recovery makes of it.

`python crash_driver.py SPEC.json` prints one JSON object: how many points there were, which were
tried, and what was broken. It works in one place: an environment is made in an old state and in a
new one, then for each try it is put back to the old one, and a child process that carries out the
change is ended at its n-th file-system call, or at a moment of its life.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trueup.acquisition.store import open_store
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.errors import TransactionError
from trueup.installation.damage import find_damage
from trueup.installation.record import Delivery
from trueup.installation.transaction import carry_out, recover

from support.housing import (
    Tree,
    differences,
    look_at,
    new_environment,
    owned_files,
    put,
    state_leftovers,
)

_KILLED, _DONE = 9, 0


class Counter:
    """Counts file-system calls, and does something at one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.limit = 0
        self.act: Callable[[], None] = lambda: None
        self.armed = False
        sys.addaudithook(self._hear)
        for name in ("write", "fsync", "sendfile", "copy_file_range"):  # these raise no event
            self._wrap(name)

    def arm(self, limit: int, act: Callable[[], None]) -> None:
        self.count, self.limit, self.act, self.armed = 0, limit, act, True

    def _wrap(self, name: str) -> None:
        call = getattr(os, name, None)
        if call is not None:

            def counted(*arguments: Any) -> Any:
                self._step()
                return call(*arguments)

            setattr(os, name, counted)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" or event.startswith(("os.", "shutil.")):
            self._step()

    def _step(self) -> None:
        if self.armed:
            self.count += 1
            if self.count == self.limit:
                self.act()


@dataclass
class Scene:
    """One environment, its old and new state, and the change between them."""

    environment: Environment
    change: Callable[[], None]
    base: Tree
    old: Tree
    new: Tree
    owned_before: dict[str, set[str]]
    owned_after: dict[str, set[str]]
    backup: str
    identities: dict[str, tuple[int, ...]]
    counter: Counter
    broken: list[dict[str, Any]] = field(default_factory=list)

    def restore(self) -> None:
        """Put the environment back to its old state."""
        root = self.environment.root
        if identities(root) == self.identities:
            return
        shutil.rmtree(root)
        # Nothing that is tested here writes into a file that is there.
        shutil.copytree(self.backup, root, symlinks=True, copy_function=os.link)

    def judge(self, label: str, *, allowed: str = "either") -> None:
        """Note what is wrong: every distribution has to be as before or as after."""
        wrong = self._wrong_files(allowed)
        wrong += [f"left over: {name}" for name in state_leftovers(self.environment)]
        installed = read_installed(self.environment)
        wrong += [f"damage: {text}" for text in find_damage(self.environment, installed).values()]
        receipts = os.listdir(os.path.join(self.environment.state, "receipts")) if installed else []
        names = {os.path.basename(one.path) for one in installed.values()}
        wrong += [f"no receipt: {name}" for name in sorted(names - set(receipts))]
        if wrong:
            self.broken.append({"at": label, "wrong": wrong[:20]})

    def judge_unrecovered(self, label: str) -> None:
        """Note which distribution every other tool would take for installed, and is not whole."""
        root = self.environment.root
        for name, present in read_installed(self.environment).items():
            metadata = os.path.relpath(present.metadata_path, root)
            for owned in (self.owned_before.get(name, set()), self.owned_after.get(name, set())):
                if metadata not in owned:
                    continue
                missing = [path for path in owned if not os.path.lexists(os.path.join(root, path))]
                if missing:
                    self.broken.append({"at": label, "wrong": [f"{name} misses {missing}"]})

    def _wrong_files(self, allowed: str) -> list[str]:
        now = look_at(self.environment.root)
        wrong: list[str] = []
        for name in {*self.owned_before, *self.owned_after}:
            paths = self.owned_before.get(name, set()) | self.owned_after.get(name, set())
            mine = {path: now[path] for path in paths if path in now}
            before = {path: self.old[path] for path in paths if path in self.old}
            after = {path: self.new[path] for path in paths if path in self.new}
            states = {"either": (before, after), "old": (before,), "new": (after,)}[allowed]
            if mine not in states:
                missing = sorted(set(after) - set(mine))
                wrong.append(f"{name} is neither old nor new; of the new one these miss: {missing}")
            for path in paths:
                now.pop(path, None)
        empty = {path for tree in (self.old, self.new) for path in tree if path.endswith("/")}
        changed = (path for path in differences(now, self.base) if path not in empty)
        return [*wrong, *(f"changed: {path}" for path in changed if path in now or path[-1] != "/")]


def identities(root: str) -> dict[str, tuple[int, ...]]:
    """Return which file is at each path, and each directory."""
    found: dict[str, tuple[int, ...]] = {}
    for top, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = os.path.join(top, name)
            status = os.lstat(path)
            one = (status.st_ino, status.st_mtime_ns) if name in files else ()
            found[path.removeprefix(root)] = () if os.path.islink(path) else one
    return found


def set_scene(spec: dict[str, Any]) -> Scene:
    store = open_store(spec["store"])
    found = {key: [store.find_pack(digest) for digest in spec[key]] for key in ("old", "come")}
    old, come = ([pack for pack in packs if pack] for packs in found.values())
    environment = new_environment(Path(spec["root"]))
    root = environment.root
    base = look_at(root)
    os.makedirs(environment.state, exist_ok=True)
    if old:
        put(environment, old)
    in_the_way = spec.get("in_the_way", {})
    for path, text in in_the_way.items():
        whole = os.path.join(root, path)
        os.makedirs(whole if text is None else os.path.dirname(whole), exist_ok=True)
        if text is not None:
            Path(whole).write_text(text)
        key = path if text is not None else f"{path}/"
        base[key] = look_at(root)[key]
    before, owned_before = look_at(root), owned_files(environment)
    backup = root + ".backup"
    shutil.copytree(root, backup, symlinks=True, copy_function=os.link)

    def change() -> None:
        installed = read_installed(environment)
        gone = [installed[name] for name in spec["go"]]
        gone += [installed[pack.name] for pack in come if pack.name in installed]
        carry_out(environment, gone, [Delivery(pack, requested=True) for pack in come])

    after, owned_after = before, owned_before
    if not spec.get("refused"):
        change()
        after, owned_after = look_at(root), owned_files(environment)
    scene = Scene(
        environment=environment,
        change=change,
        base=base,
        old=before,
        new=after,
        owned_before=owned_before,
        owned_after=owned_after,
        backup=backup,
        identities=identities(root + ".backup"),
        counter=Counter(),
    )
    scene.restore()
    return scene


def in_child(work: Callable[[], None]) -> int:
    """Do `work` in a child process; return how that ended."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except TransactionError:
            os._exit(_DONE)
        except BaseException as error:  # noqa: BLE001 - a forked child must not return
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(3)
        os._exit(_DONE)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_here() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def count_steps(scene: Scene, work: Callable[[], None]) -> int:
    """Return how many file-system calls `work` makes, by doing it in a child."""
    reading, writing = os.pipe()

    def counted() -> None:
        scene.counter.arm(-1, lambda: None)
        try:
            work()
        finally:
            scene.counter.armed = False
            os.write(writing, str(scene.counter.count).encode())

    in_child(counted)
    os.close(writing)
    with open(reading) as answer:
        return int(answer.read())


def spread(total: int, wanted: int) -> list[int]:
    """Return `wanted` numbers from 1 to `total`, evenly; all of them, if there are no more."""
    if not wanted or wanted >= total:
        return list(range(1, total + 1))
    return sorted({1 + round(at * (total - 1) / (wanted - 1)) for at in range(wanted)})


def kill_at_calls(scene: Scene, spec: dict[str, Any]) -> list[int]:
    points = spread(count_steps(scene, scene.change), spec["tries"])
    for point in points:
        scene.restore()

        def work(point: int = point) -> None:
            scene.counter.arm(point, kill_here)
            scene.change()

        ended = in_child(work)
        if ended not in {_DONE, -_KILLED}:
            scene.broken.append({"at": point, "wrong": [f"the child ended with {ended}"]})
        scene.judge_unrecovered(f"call {point}, before recovery")
        recover(scene.environment)
        scene.judge(f"call {point}", allowed=spec.get("refused", "either"))
        if recover(scene.environment):
            scene.broken.append({"at": point, "wrong": ["the second recovery had work to do"]})
    return points


def kill_recovery_too(scene: Scene, spec: dict[str, Any]) -> list[int]:
    """Kill the change at some calls; for each, kill the recovery at some calls as well."""
    tried: list[int] = []
    for point in spread(count_steps(scene, scene.change), spec["tries"]):

        def work(point: int = point) -> None:
            scene.counter.arm(point, kill_here)
            scene.change()

        def mend() -> None:
            recover(scene.environment)

        scene.restore()
        in_child(work)
        for second in spread(max(1, count_steps(scene, mend)), spec["second"]):
            scene.restore()
            in_child(work)

            def mend_and_die(second: int = second) -> None:
                scene.counter.arm(second, kill_here)
                recover(scene.environment)

            in_child(mend_and_die)
            recover(scene.environment)
            scene.judge(f"call {point}, then {second}", allowed=spec.get("refused", "either"))
            tried.append(point)
    return tried


def kill_at_times(scene: Scene, spec: dict[str, Any]) -> list[int]:
    """Kill the change at random moments of the time that it takes."""
    chance = random.Random(spec["seed"])
    scene.restore()
    started = time.perf_counter()
    in_child(scene.change)
    lasting = time.perf_counter() - started
    for at in range(spec["tries"]):
        scene.restore()
        child = os.fork()
        if child == 0:
            scene.change()
            os._exit(_DONE)
        time.sleep(chance.uniform(0, lasting))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        recover(scene.environment)
        scene.judge(f"try {at}")
    return list(range(spec["tries"]))


def interrupt_at_calls(scene: Scene, spec: dict[str, Any]) -> list[int]:
    """Press Ctrl-C at some calls: nothing may be left to recover from."""

    def press() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    points = spread(count_steps(scene, scene.change), spec["tries"])
    for point in points:
        scene.restore()

        def work(point: int = point) -> None:
            scene.counter.arm(point, press)
            try:
                scene.change()
            except KeyboardInterrupt:
                os._exit(_DONE)
            os._exit(4)  # it was never heard

        ended = in_child(work)
        if ended != _DONE:
            scene.broken.append({"at": point, "wrong": [f"the child ended with {ended}"]})
        if recover(scene.environment):
            scene.broken.append({"at": point, "wrong": ["there was something to recover from"]})
        scene.judge(f"call {point}")
    return points


_WAYS: dict[str, Callable[[Scene, dict[str, Any]], Sequence[int]]] = {
    "calls": kill_at_calls,
    "recovery": kill_recovery_too,
    "times": kill_at_times,
    "interrupts": interrupt_at_calls,
}


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    scene = set_scene(spec)
    tried = _WAYS[spec["way"]](scene, spec)
    print(json.dumps({"tried": len(tried), "last": max(tried, default=0), "broken": scene.broken}))


if __name__ == "__main__":
    main()
