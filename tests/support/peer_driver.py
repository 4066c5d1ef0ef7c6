"""A program that kills trueup, uv or pip, or damages its cache, and counts what comes of it.

`python peer_driver.py SPEC.json` with the keys of `power_driver`; "way": "kill" ends the command at
a random moment after it began to write into the environment, "damage" harms one file of its cache.
Each time the very same command is run once more, and the environment is compared, file by file,
with one that nothing happened to.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.damages import DAMAGES, copied, files_below
from support.housing import Tree
from support.power_driver import Tool


class Stand:
    """A tool, an environment and a warm cache."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.tool = Tool(spec["tool"], spec["program"], spec["old"], spec["new"])
        self.disk = Path(spec["folder"], "disk")
        self.disk.mkdir()
        self.reset()
        self.before = self.look()
        code, out = self.tool.run(self.disk, self.tool.new)
        assert code == 0, out
        self.expected = self.look()
        copied(self.disk / "cache", self.disk / "warm")
        self.reset()
        process = self.tool.start(self.disk, self.tool.new)
        self.wait_for_writing(process)
        started = time.monotonic()
        process.communicate()
        self.writing = time.monotonic() - started
        self.hit = 0

    def reset(self) -> None:
        copied(Path(self.spec["environment"]), self.disk / "env")

    def look(self) -> Tree:
        return self.tool.look(self.disk)

    def wait_for_writing(self, process: subprocess.Popen[str]) -> None:
        """Wait until something is written where packages go, or the command has ended."""
        site = next((self.disk / "env").glob("lib/python*/site-packages"))
        seen = os.stat(site).st_mtime_ns
        while process.poll() is None and os.stat(site).st_mtime_ns == seen:
            time.sleep(0.0002)

    def again(self) -> str:
        """Run the command once more; return "right", "refused", "crashed" or "silently wrong"."""
        code, out = self.tool.run(self.disk, self.tool.new)
        if "Traceback" in out:
            return "crashed"
        if code:
            return "refused"
        return "right" if self.look() == self.expected else "silently wrong"


def kill(stand: Stand, chance: random.Random) -> str:
    stand.reset()
    copied(stand.disk / "warm", stand.disk / "cache")
    process = stand.tool.start(stand.disk, stand.tool.new)
    stand.wait_for_writing(process)
    time.sleep(chance.uniform(0, stand.writing))
    os.killpg(process.pid, signal.SIGKILL)  # pip for another environment starts itself once more
    process.communicate()
    if stand.look() in (stand.expected, stand.before):
        return "not in the middle"
    stand.hit += 1
    return stand.again()


def damage(stand: Stand, chance: random.Random) -> str:
    stand.reset()
    cache = copied(stand.disk / "warm", stand.disk / "cache")
    way, path = chance.choice(DAMAGES[:7]), chance.choice(files_below(cache))
    if not way(path, chance):
        return "nothing harmed"
    stand.hit += 1
    first = stand.again()
    if first in {"refused", "crashed"}:
        stand.reset()
        second = stand.again()
        return first if second == "right" else f"{first}, and again the next time"
    return first


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    stand = Stand(spec)
    chance = random.Random(spec["seed"])
    found: dict[str, int] = {}
    tried = 0
    while stand.hit < spec["tries"] and tried < 6 * spec["tries"]:
        tried += 1
        kind = (kill if spec["way"] == "kill" else damage)(stand, chance)
        found[kind] = found.get(kind, 0) + 1
    answer = {"tool": spec["tool"], "way": spec["way"], "hit": stand.hit, "found": found}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
