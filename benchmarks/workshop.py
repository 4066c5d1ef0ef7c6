"""Where everything lies that a run needs: peers, pinned sets, wheels, caches, targets."""

from __future__ import annotations

import os
import shutil
import string
import sys
import tempfile
from typing import TYPE_CHECKING

from benchmarks.measure import CommandFailed, run
from benchmarks.peers import PEERS, clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.cases import Case, Command
    from benchmarks.peers import Peer
    from benchmarks.place import Place

__all__ = ["Workshop"]

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {"tox-uv": "tox"}
LEAST_FREE_SPACE = 2 << 30  # bytes; the largest environment takes a third of it
BIN, EXE = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")


class Workshop:
    """A folder for what lasts (peers, pins, wheels) and one for what is measured (caches, targets).

    Caches lie on the same file system as targets, or no tool could link from the one to the other.

    Attributes:
        place: where caches and targets are made.
        python: the interpreter that all environments are made from.
    """

    def __init__(self, folder: str, place: Place, python: str, passed: tuple[str, ...]) -> None:
        self.place = place
        self.python = python
        self._clean = clean_environment(passed)
        version = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        self.python_version = run([python, "-c", version], self._clean).strip()
        self._folder = os.path.join(folder, self.python_version)
        self._scene = tempfile.mkdtemp(prefix="trueup-benchmark-", dir=place.path)
        self._done: set[str] = set()
        self._targets = 0

    def close(self) -> None:
        """Delete what was measured; the pins, the wheels and the peers stay for the next run."""
        shutil.rmtree(self._scene, ignore_errors=True)

    def set_up(self, case: Case) -> None:
        """Have the peers of `case` installed, its set pinned and the caches filled; each once.

        Raises:
            CommandFailed: a tool could not be installed, or could not fill its cache.
        """
        # uv also pins the sets and makes empty environments.
        for name in sorted({"uv", *self._peers_of(case)}):
            if self._starting(f"installing {name}"):
                self._install_peer(PEERS[name])
        if self._starting(f"pinning the {case.set} set"):
            self._pin(case.set)
        wants_wheels = any(_names_in(word) >= {"wheelhouse"} for c in case.command for word in c)
        if wants_wheels and self._starting(f"downloading the wheels of the {case.set} set"):
            self._download(case.set)
        if self._starting(f"filling the cache of {case.peer} with the {case.set} set"):
            self._warm(case)

    def versions(self) -> dict[str, str]:
        """Return the version of each tool that was set up."""
        ask = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
        names = [name for name in PEERS if f"installing {name}" in self._done]
        return {
            name: run([self._program(name, "python"), "-I", "-c", ask, name], self._clean).strip()
            for name in names
        }

    def _starting(self, work: str) -> bool:
        if work in self._done:
            return False
        print(f"{work} ...", file=sys.stderr, flush=True)
        self._done.add(work)
        return True

    def _peers_of(self, case: Case) -> set[str]:
        commands = (*case.command, *case.prepare, *PEERS[case.peer].warm)
        words = (word for command in commands for word in command)
        return {case.peer} | (PEERS.keys() & {name for word in words for name in _names_in(word)})

    def _install_peer(self, peer: Peer) -> None:
        home = os.path.join(self._folder, "peers", peer.name)
        python = self._program(peer.name, "python")
        if not os.path.exists(python):
            run([self.python, "-m", "venv", home], self._clean)
        wanted = [word.format(checkout=os.path.dirname(HERE)) for word in peer.requirements]
        # The checkout may have changed under the same version since the last time.
        own = ["--force-reinstall"] if peer.name == "trueup" else ["--upgrade"]
        run([python, "-m", "pip", "install", "-q", *own, *wanted], self._clean)
        run(
            [self._program(peer.name, PROGRAMS.get(peer.name, peer.name)), "--version"], self._clean
        )

    def _pin(self, chosen: str) -> None:
        pinned = self._lock(chosen)
        if os.path.exists(pinned):
            return
        os.makedirs(os.path.dirname(pinned), exist_ok=True)
        listed = os.path.join(HERE, "sets", f"{chosen}.txt")
        options = [
            "--only-binary",
            ":all:",
            "--no-header",
            "--no-annotate",
            "--python",
            self.python,
        ]
        pins = run(
            [self._program("uv", "uv"), "pip", "compile", "-q", *options, listed], self._clean
        )
        with open(pinned, "w", encoding="utf-8") as stream:
            stream.write(pins)

    def _download(self, chosen: str) -> None:
        wheels = self._wheelhouse(chosen)
        if os.path.exists(wheels):
            return
        part = f"{wheels}.part"
        options = ["-q", "--no-deps", "--only-binary", ":all:", "-d", part]
        pip = self._program("pip", "pip")
        run([pip, "download", *options, "-r", self._lock(chosen)], self._clean)
        os.rename(part, wheels)

    def _warm(self, case: Case) -> None:
        peer = PEERS[case.peer]
        if not peer.warm:
            return
        target = self.new_target()
        run([self.python, "-m", "venv", "--without-pip", target], self._clean)
        environment = self._clean | self._filled(peer.environment, case, target)
        for command in peer.warm:
            run(self.filled(command, case, target), environment)

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
        return os.path.join(self._scene, "targets", str(self._targets))

    def give_back(self, target: str) -> None:
        """Delete `target` where it takes memory; elsewhere everything waits until the end.

        On a disk, deleting is work that the next tool would pay for; see `Place.warning`.
        """
        if self.place.in_memory:
            shutil.rmtree(target)

    def filled(self, command: Command, case: Case, target: str) -> list[str]:
        """Return `command` with everything in braces replaced."""
        values = self._values(case, target)
        return [word.format_map(values) for word in command]

    def environment(self, case: Case, target: str) -> dict[str, str]:
        """Return all variables that the commands of `case` get when they are measured."""
        peer = PEERS[case.peer]
        own = {**peer.environment, **peer.measured, **case.environment}
        return self._clean | self._filled(own, case, target)

    def _filled(self, variables: Mapping[str, str], case: Case, target: str) -> dict[str, str]:
        values = self._values(case, target)
        return {name: value.format_map(values) for name, value in variables.items()}

    def _values(self, case: Case, target: str) -> dict[str, str]:
        programs = {name: self._program(name, PROGRAMS.get(name, name)) for name in PEERS}
        return programs | {
            "python": self.python,
            "target": target,
            "target_python": os.path.join(target, BIN, f"python{EXE}"),
            "lock": self._lock(case.set),
            "wheelhouse": self._wheelhouse(case.set),
            "caches": os.path.join(self._scene, "caches"),
        }

    def _program(self, peer: str, program: str) -> str:
        return os.path.join(self._folder, "peers", peer, BIN, f"{program}{EXE}")

    def _lock(self, chosen: str) -> str:
        return os.path.join(self._folder, "pins", f"{chosen}.txt")

    def _wheelhouse(self, chosen: str) -> str:
        return os.path.join(self._folder, "wheels", chosen)


def _names_in(word: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(word) if name}
