"""A program that does to uv and pip what the tests do to trueup, and counts what comes of it.

`python peer_driver.py SPEC.json` with the keys of `power_driver`; "way": "kill" ends the command
at random moments, "damage" harms one file of its cache at a time, "wheels" hands it bad wheels.
Each time the very same command is run once more, and the environment is compared, file by file,
with one that nothing happened to.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trueup.acquisition.wheel_rules import Limits

from support.bad_wheels import BAD_WHEELS
from support.damages import DAMAGES, copied, files_below
from support.housing import Tree, look_at
from support.power_driver import Tool


class Stand:
    """A tool, an environment and a cache; what the tool itself notes is not compared."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.tool = Tool(spec["tool"], spec["program"], spec["old"], spec["new"])
        self.disk = Path(spec["folder"], "disk")
        self.disk.mkdir()
        self.reset()
        started = time.monotonic()
        code, out = self.tool.run(self.disk, self.tool.new)
        assert code == 0, out
        self.lasting = time.monotonic() - started
        self.before: Tree = {}
        self.hit = 0
        self.expected = self.look()
        (self.disk / "cache").mkdir(exist_ok=True)  # pip keeps nothing of wheels in a folder
        copied(self.disk / "cache", self.disk / "warm")

    def reset(self) -> None:
        copied(Path(self.spec["environment"]), self.disk / "env")

    def look(self) -> Tree:
        notes = ("INSTALLER", "REQUESTED", "RECORD", "uv_cache.json")
        tree = look_at(self.disk / "env")
        left_out = (*notes, "/", ".lock")
        return {path: one for path, one in tree.items() if not path.endswith(left_out)}

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
    time.sleep(chance.uniform(0.1, stand.lasting))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    stand.hit += stand.look() != stand.expected and stand.look() != stand.before
    return stand.again()


def damage(stand: Stand, chance: random.Random) -> str:
    stand.reset()
    cache = copied(stand.disk / "warm", stand.disk / "cache")
    way, path = chance.choice(DAMAGES[:7]), chance.choice(files_below(cache))
    if not way(path, chance):
        return "nothing harmed"
    first = stand.again()
    if first in {"refused", "crashed"}:
        stand.reset()
        second = stand.again()
        return first if second == "right" else f"{first}, and again the next time"
    return first


def wheels(spec: dict[str, Any]) -> dict[str, int]:
    """Install each bad wheel by its path into an environment of its own."""
    found: dict[str, int] = {}
    folder = Path(spec["folder"], "bad")
    disk = Path(spec["folder"], "plain")
    disk.mkdir()
    everybodys = [odd for odd in BAD_WHEELS if odd.limits == Limits()]  # by nobody's own settings
    for number, odd in enumerate(everybodys):
        place = folder / str(number)
        place.mkdir(parents=True)
        path = odd.write(place)
        tool = Tool(spec["tool"], spec["program"], [], ["--no-deps", str(path)])
        env = copied(Path(spec["environment"]), disk / "env")
        before = look_at(env)
        code, out = tool.run(disk, tool.new)
        after = look_at(env)
        same = {path: one for path, one in after.items() if path != ".lock"} == before
        kind = "installed" if code == 0 else "refused" if same else "refused, and files are left"
        kind = "crashed" if code and "Traceback" in out else kind
        found[kind] = found.get(kind, 0) + 1
        shutil.rmtree(place)
    return found


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    if spec["way"] == "wheels":
        print(json.dumps({"tool": spec["tool"], "way": "wheels", "found": wheels(spec)}))
        return
    stand = Stand(spec)
    stand.reset()
    stand.before = stand.look()
    chance = random.Random(spec["seed"])
    found: dict[str, int] = {}
    for _ in range(spec["tries"]):
        kind = (kill if spec["way"] == "kill" else damage)(stand, chance)
        found[kind] = found.get(kind, 0) + 1
    answer = {"tool": spec["tool"], "way": spec["way"], "hit": stand.hit, "found": found}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
