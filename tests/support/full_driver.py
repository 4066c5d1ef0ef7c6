"""A program that lets places run full, and judges what an installer makes of it.

`python full_driver.py SPEC.json` needs root and a mount namespace of its own (`unshare -m`). Each
try mounts a small tmpfs (so many bytes, or so many inodes) as the store, the environment or the
folder of temporary files, runs the tool, makes room, and runs it again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.power_driver import Tool

_WORDS = ("No space left", "room", "Disk quota", "ENOSPC", "full")


class Stage:
    """A disk that holds an environment, a store and a folder of temporary files."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.tool = Tool(spec["tool"], spec["program"], spec["old"], spec["new"])
        self.disk = Path(spec["folder"], "disk")
        self.broken: list[dict[str, Any]] = []
        self.refused = 0
        self.disk.mkdir()

    def path(self, place: str) -> Path:
        return self.disk / {"store": "cache", "environment": "env", "temporary": "tmp"}[place]

    def fresh(self) -> None:
        """Put everything back to where the old set is installed."""
        for path in self.disk.iterdir():
            shutil.rmtree(path)
        shutil.copytree(self.spec["environment"], self.disk / "env", symlinks=True)
        (self.disk / "tmp").mkdir()
        (self.disk / "cache").mkdir(mode=0o700)
        os.environ["TMPDIR"] = str(self.disk / "tmp")
        code, out = self.tool.run(self.disk, self.tool.old)
        assert code == 0, out
        shutil.copytree(self.disk / "env", self.disk.with_name("old-env"), symlinks=True)
        shutil.copytree(self.disk / "cache", self.disk.with_name("old-cache"), symlinks=True)

    def reset(self, place: str) -> None:
        """Put back what a try may have changed; the place itself is empty, for a mount."""
        for name in ("env", "cache", "tmp"):
            path = self.disk / name
            shutil.rmtree(path, ignore_errors=True)
            source = self.disk.with_name(f"old-{name}")
            if path == self.path(place) or name == "tmp":
                path.mkdir(mode=0o700)
            elif source.exists():
                shutil.copytree(source, path, symlinks=True)

    def mount(self, place: str, option: str) -> None:
        where = str(self.path(place))
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1g,mode=0700", "none", where], check=True
        )
        source = {"environment": "old-env"}.get(place)
        if source:
            subprocess.run(["cp", "-a", f"{self.disk.with_name(source)}/.", where], check=True)
        self.remount(place, option)

    def remount(self, place: str, option: str) -> None:
        where = str(self.path(place))
        subprocess.run(["mount", "-o", f"remount,{option}", where], check=True)

    def used(self, place: str) -> tuple[int, int]:
        status = os.statvfs(self.path(place))
        used = (status.f_blocks - status.f_bfree) * status.f_frsize
        return used, status.f_files - status.f_ffree

    def measure(self, place: str) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return bytes and inodes that a place holds before and after an install with room."""
        self.reset(place)
        self.mount(place, "size=1g")
        before = self.used(place)
        code, out = self.tool.run(self.disk, self.tool.new)
        assert code == 0, out
        after = self.used(place)
        self.expected = self.tool.look(self.disk)
        subprocess.run(["umount", str(self.path(place))], check=True)
        return before, after

    def attempt(self, place: str, option: str) -> None:
        self.reset(place)
        self.mount(place, option)
        wrong: list[str] = []
        old = self.tool.look(self.disk)
        code, out = self.tool.run(self.disk, self.tool.new)
        now = self.tool.look(self.disk)
        if "Traceback" in out:
            wrong.append(f"traceback: {out[-900:]}")
        if code:
            self.refused += 1
            if now != old:
                lost = [path for path in old if now.get(path) != old[path]]
                wrong.append(f"changed: refused, and {len(lost)} files are lost: {lost[:3]}")
            if str(self.path(place)) not in out or not any(word in out for word in _WORDS):
                wrong.append(f"unnamed: the place is not in {out[-600:]}")
        elif now != self.expected:
            wrong.append("wrong: exit code 0, and the environment is not right")
        subprocess.run(
            ["mount", "-o", "remount,size=1g,nr_inodes=1m", str(self.path(place))], check=True
        )
        code, out = self.tool.run(self.disk, self.tool.new)
        if code or self.tool.look(self.disk) != self.expected:
            kind = "refused with room again" if code else "wrong with room again"
            wrong.append(f"{kind}: {out[-600:]}")
        wrong += self.leftovers()
        subprocess.run(["umount", str(self.path(place))], check=True)
        if wrong:
            self.broken.append({"place": place, "option": option, "wrong": wrong})

    def leftovers(self) -> list[str]:
        found = [str(path) for path in self.disk.glob("env/.trueup/transaction-*")]
        found += [str(path) for path in self.disk.glob("cache/v1/temporary/*")]
        found += [str(path) for path in self.disk.glob("cache/.tmp*")]
        found += [str(path) for path in self.disk.glob("tmp/*")]
        return [f"left over: {path}" for path in found]


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    stage = Stage(spec)
    stage.fresh()
    tries = 0
    for place in spec["places"]:
        before, after = stage.measure(place)
        for option, low, high, step in (
            ("size", before[0], after[0], 4096),
            ("nr_inodes", before[1], after[1], 1),
        ):
            wanted = spec[option]
            least = max(low, step)
            span = max(high - least, step * wanted)
            for at in range(wanted):
                tries += 1
                stage.attempt(place, f"{option}={least + span * at // wanted // step * step}")
    print(json.dumps({"tries": tries, "refused": stage.refused, "broken": stage.broken}))


if __name__ == "__main__":
    main()
