"""A program that hands bad wheels or bad sources to trueup, uv or pip, and tells how each ends.

`python peer_hostile.py SPEC.json` with the keys of `power_driver`; "way" is "wheels" or "sources".
Each is installed by its path into an environment of its own, below a folder that is compared
afterwards, in a process that is bounded in time and memory. How it can end, for every tool alike:

refused: an error, and the environment is as it was.
refused, files left: an error, and the environment is not as it was.
traceback: the tool itself broke.
installed: exit code 0, and the environment holds something else than the good one leaves there.
taken for good: exit code 0, and the environment is what the good one leaves there.
no end: it was still at work when the time was over.
wrote outside: a file beside the environment, or the Python that it was made from, has changed.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trueup.acquisition.wheel_rules import Limits

from support.bad_sources import BAD_SOURCES, HARMLESS, OddSource
from support.bad_wheels import BAD_WHEELS, GOOD_WHEELS, OddWheel
from support.damages import copied
from support.housing import Tree, look_at
from support.power_driver import Tool

_SECONDS = 20.0
_MEMORY = 3 << 30  # of addresses: output without end must not take the machine down
_BROKE = {"trueup": "trueup/cli/", "uv": "panicked at", "pip": "pip/_internal/cli/"}
_LEFT_OUT = ("RECORD", "uv_cache.json", "/", ".lock")
Odd = OddWheel | OddSource


class Ground:
    """A folder that nothing may leave, with an environment deep in it."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.folder = Path(spec["folder"])
        self.root = self.folder / "ground"
        self.disk = self.root / "a" / "b" / "disk"
        self.bad = self.root / "a" / "bad"
        for folder in (self.disk, self.bad, self.folder / "tmp", self.folder / "caches"):
            folder.mkdir(parents=True)
        self.env = self.disk / "env"
        self.base = os.path.realpath(Path(spec["environment"], "bin", "python"))

    def reset(self) -> None:
        copied(Path(self.spec["environment"]), self.env)
        shutil.rmtree(self.bad)
        self.bad.mkdir()

    def inside(self) -> Tree:
        """Return what the environment holds, without what differs between two good wheels."""
        tree = look_at(self.env)
        kept = {path: one for path, one in tree.items() if not path.endswith(_LEFT_OUT)}
        for path in (path for path in kept if path.endswith("dist-info/direct_url.json")):
            origin = json.loads((self.env / path).read_bytes())
            kept[path] = (0, str(origin.get("url")))
        return kept

    def outside(self) -> list[object]:
        """Return what lies around the environment, and around the temporary files and caches."""
        tree = look_at(self.root)
        around = {path: one for path, one in tree.items() if not path.startswith("a/b/disk/env/")}
        names = sorted(os.listdir(self.folder))
        places = [os.path.lexists(path) for path in ("/tmp/evil", "/evil", "/tmp/evil.py")]
        status = os.stat(self.base)
        return [around, names, places, status.st_ino, status.st_size, status.st_mtime_ns]


def end_of(ground: Ground, odd: Odd, good: Tree) -> str:
    """Install `odd` and return how that ended."""
    ground.reset()
    path = odd.write(ground.bad)
    before, around = ground.inside(), ground.outside()
    code, out = run(ground, odd, path)
    after = ground.inside()
    if ground.outside() != around:
        return "wrote outside"
    if code is None:
        return "no end"
    if code and _BROKE[ground.spec["tool"]] in out:
        return "traceback"
    if code:
        return "refused" if after == before else "refused, files left"
    return "taken for good" if after == good else "installed"


def run(ground: Ground, odd: Odd, path: Path) -> tuple[int | None, str]:
    """Return exit code and output; None for the code of what had to be ended."""
    name = ground.spec["tool"]
    arguments = ["--no-deps", "--no-index", str(path)]
    seconds = odd.seconds if isinstance(odd, OddSource) else None
    if name == "trueup" and seconds is not None and seconds < _SECONDS:
        arguments += ["--build-timeout", str(seconds)]
    tool = Tool(name, ground.spec["program"], [], arguments)
    places = {"HOME": str(ground.folder / "home"), "TMPDIR": str(ground.folder / "tmp")}
    output = ground.folder / "tmp" / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            tool.command(ground.disk, arguments),
            env=os.environ | tool.variables(ground.folder / "caches") | places,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
        code = wait(process)
    with output.open("rb") as stream:
        return code, stream.read(4 << 20).decode("utf-8", "replace")


def wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def cases(way: str) -> tuple[Odd, list[Odd]]:
    """Return the good one, and those that are bad by nobody's own settings."""
    if way == "sources":
        good = next(odd for odd in HARMLESS if odd.label == "more than one wheel")
        return good, list(BAD_SOURCES)
    plain = next(odd for odd in GOOD_WHEELS if odd.label == "plain")
    return plain, [odd for odd in BAD_WHEELS if odd.limits == Limits()]


def ends(spec: dict[str, Any], chosen: Callable[[list[Odd]], list[Odd]]) -> Iterator[list[str]]:
    """Yield label and end of each."""
    good, odds = cases(spec["way"])
    ground = Ground(spec)
    ground.reset()
    code, out = run(ground, good, good.write(ground.bad))
    assert code == 0, out
    expected = ground.inside()
    for odd in chosen(odds):
        yield [odd.label, end_of(ground, odd, expected)]


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))  # of all that it starts, too
    every = spec.get("every", 1)
    found = list(ends(spec, lambda odds: odds[::every]))
    print(json.dumps({"tool": spec["tool"], "way": spec["way"], "ends": found}))


if __name__ == "__main__":
    main()
