"""Setting up: peers in environments of their own, pins, wheels, and caches that are filled once."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from benchmarks.case import FIRST_RUN
from benchmarks.floor import compile_floor, write_pack
from benchmarks.growth import MADE
from benchmarks.measure import run
from benchmarks.peers import PEERS
from benchmarks.workshop import HERE, names_in

if TYPE_CHECKING:
    from benchmarks.case import Case
    from benchmarks.peers import Peer
    from benchmarks.workshop import Workshop

__all__ = ["Supplies"]


class Supplies:
    """Sees to it that a workshop has what cases need, each thing once."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self._done: set[str] = set()

    @property
    def peers(self) -> list[str]:
        """The tools that were installed, by name."""
        return [name for name in PEERS if f"installing {name}" in self._done]

    def set_up(self, case: Case) -> None:
        """Have the peers of `case` installed, its sets pinned and the caches filled.

        Raises:
            CommandFailed: a tool could not be installed, or could not fill its cache.
        """
        # uv also pins the sets and makes empty environments.
        for name in sorted({"uv", *_peers_of(case)}):
            if PEERS[name].requirements and self._starting(f"installing {name}"):
                self.install(PEERS[name])
        wanted = {name for word in case.words for name in names_in(word)}
        for chosen in case.sets:
            if self._starting(f"pinning the {chosen} set"):
                self._pin(chosen)
            wheels = "wheelhouses" in wanted or "wheelhouse" in wanted
            if chosen not in MADE and wheels and self._starting(f"getting the {chosen} wheels"):
                self._download(chosen)
            if PEERS[case.peer].warm and self._starting(f"warming {case.peer}: {chosen}"):
                self._warm(case, chosen)
        if case.peer == "floor":
            self._lay_floor(case.sets[0])

    def _starting(self, work: str) -> bool:
        if work in self._done:
            return False
        print(f"{work} ...", file=sys.stderr, flush=True)
        self._done.add(work)
        return True

    def install(self, peer: Peer) -> None:
        """Have a tool in an environment of its own, in its newest version; trueup from here."""
        shop = self.workshop
        home = shop.home(peer.name)
        python = shop.interpreter(peer.name)
        if not os.path.exists(python):
            run([shop.python, "-m", "venv", home], shop.clean)
        # An old pip, as comes with an old Python, writes commands that first import `re`: 5 ms.
        run([python, "-m", "pip", "install", "-q", "--upgrade", "pip"], shop.clean)
        wanted = [word.format(checkout=os.path.dirname(HERE)) for word in peer.requirements]
        run([python, "-m", "pip", "install", "-q", "--upgrade", *wanted], shop.clean)
        if peer.name.startswith("trueup"):
            # The checkout may have changed under the same version since the last time.
            again = ["--force-reinstall", "--no-deps", os.path.dirname(HERE)]
            run([python, "-m", "pip", "install", "-q", *again], shop.clean)
        run([shop.program(peer.name), "--version"], shop.clean)

    def _pin(self, chosen: str) -> None:
        shop = self.workshop
        pinned = shop.lock(chosen)
        if chosen in MADE:
            distributions, files = MADE[chosen]
            counts = ["--distributions", str(distributions), "--files", str(files)]
            made = [shop.python, os.path.join(HERE, "projects.py"), "wheels"]
            run([*made, shop.wheelhouse(chosen), *counts, "--lock", pinned], shop.clean)
            return
        if os.path.exists(pinned):
            return
        os.makedirs(os.path.dirname(pinned), exist_ok=True)
        listed = os.path.join(HERE, "sets", f"{chosen}.txt")
        options = ["--only-binary", ":all:", "--no-header", "--no-annotate"]
        python = ["--python", shop.python]
        compiled = [shop.program("uv"), "pip", "compile", "-q", *options, *python, listed]
        pins = run(compiled, shop.clean)
        with open(pinned, "w", encoding="utf-8") as stream:
            stream.write(pins)

    def _download(self, chosen: str) -> None:
        shop = self.workshop
        wheels = shop.wheelhouse(chosen)
        if os.path.exists(wheels):
            return
        if self._starting("installing pip"):
            self.install(PEERS["pip"])
        part = f"{wheels}.part"
        options = ["-q", "--no-deps", "--only-binary", ":all:", "-d", part]
        run([shop.program("pip"), "download", *options, "-r", shop.lock(chosen)], shop.clean)
        os.rename(part, wheels)

    def _warm(self, case: Case, chosen: str) -> None:
        """Have the tool install the set once; one that learns, twice, with a test run between."""
        shop = self.workshop
        tool = PEERS[case.peer]
        if tool.name.startswith("trueup-"):  # they all fill the same store, by the same program
            if self._starting("installing trueup"):
                self.install(PEERS["trueup"])
            if not self._starting(f"warming trueup: {chosen}"):
                return
        target = shop.new_target()
        told = shop.values(target, (chosen,))
        run([shop.python, "-m", "venv", "--without-pip", target], shop.clean)
        variables = {name: value.format_map(told) for name, value in tool.environment.items()}
        test = os.path.join(HERE, "sets", "first", f"test_{chosen}.py")
        tested = tool.again and os.path.exists(test)
        first = ((*FIRST_RUN, test),) if tested else ()
        for command in (*tool.warm, *first, *(tool.again if tested else ())):
            run([word.format_map(told) for word in command], shop.clean | variables)
        shop.give_back(target)

    def _lay_floor(self, chosen: str) -> None:
        shop = self.workshop
        if self._starting("compiling the floor"):
            compile_floor(shop.floor, shop.clean)
        if not self._starting(f"laying the floor of the {chosen} set"):
            return
        empty, full = shop.new_target(), shop.new_target()
        uv = shop.program("uv")
        variables = shop.clean | {"UV_CACHE_DIR": os.path.join(shop.caches, "uv")}
        for target in (empty, full):
            run([uv, "venv", "-q", "--python", shop.python, target], variables)
        python = shop.values(full, (chosen,))["target_python"]
        options = ["-q", "--link-mode", "copy", "--python", python, "-r", shop.lock(chosen)]
        run([uv, "pip", "install", *options], variables)
        write_pack(full, empty, shop.floor_pack(chosen))
        shop.give_back(empty)
        shop.give_back(full)


def _peers_of(case: Case) -> set[str]:
    words = (*case.words, *(word for command in PEERS[case.peer].warm for word in command))
    found = {name.removesuffix("-python") for word in words for name in names_in(word)}
    return {case.peer} | (PEERS.keys() & found)
