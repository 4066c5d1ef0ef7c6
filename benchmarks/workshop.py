"""Where everything lies that a run needs: peers, pinned sets, wheels, caches, targets."""

from __future__ import annotations

import os
import shutil
import string
import tempfile
from typing import TYPE_CHECKING

from benchmarks.measure import CommandFailed, run
from benchmarks.peers import PEERS, clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.case import Case, Command
    from benchmarks.place import Place

__all__ = ["HERE", "Workshop", "names_in"]

HERE = os.path.dirname(os.path.abspath(__file__))
LEAST_FREE_SPACE = 2 << 30  # bytes; the largest environment takes a third of it
BIN, EXE = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")


class Workshop:
    """A folder for what lasts (peers, pins, wheels) and one for what is measured (caches, targets).

    Caches lie on the same file system as targets, or no tool could link from the one to the other.

    Attributes:
        place: where caches and targets are made.
        python: the interpreter that all environments are made from.
        clean: the variables that every command gets.
    """

    def __init__(self, folder: str, place: Place, python: str, passed: tuple[str, ...]) -> None:
        self.place = place
        self.python = python
        self.clean = clean_environment(passed)
        version = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        self.python_version = run([python, "-c", version], self.clean).strip()
        self._folder = os.path.join(folder, self.python_version)
        self._scene = tempfile.mkdtemp(prefix="trueup-benchmark-", dir=place.path)
        self._targets = 0

    def close(self) -> None:
        """Delete what was measured; the pins, the wheels and the peers stay for the next run."""
        shutil.rmtree(self._scene, ignore_errors=True)

    def versions(self, peers: Sequence[str]) -> dict[str, str]:
        """Return the version of each of these tools."""
        ask = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
        return {
            name: run([self.interpreter(name), "-I", "-c", ask, name], self.clean).strip()
            for name in peers
            if name not in {"nox-uv", "trueup-tox", "trueup-nox", "trueup-hook"}
        }

    # Where things lie

    @property
    def caches(self) -> str:
        """Where caches lie that all rounds share."""
        return os.path.join(self._scene, "caches")

    @property
    def floor(self) -> str:
        """The program that writes like C."""
        return os.path.join(self._folder, "floor", f"floor{EXE}")

    def floor_pack(self, chosen: str) -> str:
        """Return the file that the floor writes a set from."""
        return os.path.join(self.caches, f"{chosen}.floor")

    def home(self, peer: str) -> str:
        """Return the environment of a tool."""
        return os.path.join(self._folder, "peers", peer)

    def interpreter(self, peer: str) -> str:
        """Return the Python that a tool runs on."""
        return os.path.join(self.home(peer), BIN, f"python{EXE}")

    def program(self, peer: str) -> str:
        """Return what a tool is started by."""
        if not PEERS[peer].requirements:
            return self.floor if peer == "floor" else peer
        return os.path.join(self.home(peer), BIN, f"{PEERS[peer].program or peer}{EXE}")

    def lock(self, chosen: str) -> str:
        """Return the file with the pins of a set."""
        return os.path.join(self._folder, "pins", f"{chosen}.txt")

    def wheelhouse(self, chosen: str) -> str:
        """Return the directory with the wheels of a set."""
        return os.path.join(self._folder, "wheels", chosen)

    # Measuring

    def new_target(self) -> str:
        """Return a path that was never used before.

        Raises:
            CommandFailed: the place is nearly full.
        """
        if shutil.disk_usage(self.place.path).free < LEAST_FREE_SPACE:
            raise CommandFailed(
                f"{self.place.path} is nearly full: fewer rounds, or another --place"
            )
        self._targets += 1
        folder = os.path.join(self._scene, "targets")
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, str(self._targets))

    def give_back(self, target: str) -> None:
        """Delete `target` where it takes memory; elsewhere everything waits until the end.

        On a disk, deleting is work that the next tool would pay for; see `Place.warning`.
        """
        if self.place.in_memory:
            for path in (target, _project(target), _own(target)):
                shutil.rmtree(path, ignore_errors=True)

    def filled(self, command: Command, case: Case, target: str) -> list[str]:
        """Return `command` with everything in braces replaced."""
        values = self.values(target, case.sets)
        return [word.format_map(values) for word in command]

    def environment(self, case: Case, target: str) -> dict[str, str]:
        """Return all variables that the commands of `case` get when they are measured."""
        peer = PEERS[case.peer]
        own = {**peer.environment, **peer.measured, **case.environment}
        values = self.values(target, case.sets)
        return self.clean | {name: value.format_map(values) for name, value in own.items()}

    def values(self, target: str, sets: Sequence[str]) -> Mapping[str, str]:
        """Return what stands for each word in braces."""
        chosen = sets[0] if sets else ""
        programs = {name: self.program(name) for name in PEERS}
        pythons = {f"{name}-python": self.interpreter(name) for name in PEERS}
        version = ".".join(self.python_version.split(".")[:2])
        site = "Lib/site-packages" if os.name == "nt" else f"lib/python{version}/site-packages"
        return {
            **programs,
            **pythons,
            "python": self.python,
            "tools": HERE,
            "target": target,
            "target_python": os.path.join(target, BIN, f"python{EXE}"),
            "site": site,
            "project": _project(target),
            "own": _own(target),
            "lock": self.lock(chosen),
            "build_lock": self.lock("build"),
            "wheelhouse": self.wheelhouse(chosen),
            "wheelhouses": " ".join(map(self.wheelhouse, sets)),
            "caches": self.caches,
            "floor_pack": self.floor_pack(chosen),
        }


def _project(target: str) -> str:
    return f"{target}.project"


def _own(target: str) -> str:
    return f"{target}.own"


def names_in(word: str) -> set[str]:
    """Return the names in braces in a template."""
    return {name for _, name, _, _ in string.Formatter().parse(word) if name}
