"""A program that cuts the power of a file system, again and again, and judges what one run mends.

`python power_driver.py SPEC.json` needs root and a mount namespace of its own (`unshare -m`): it
mounts a journaled file system from an image, lets an installer work in it, and shuts the file
system down without flushing its journal (EXT4_IOC_SHUTDOWN), which is what losing the power looks
like. Mounted again, with another boot identity, it is given to the installer once more.

The tool is trueup, or one of its peers, so that all are judged by one program.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.housing import Tree, look_at

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32)
_WITHOUT_LOG = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH
_BOOT = "/proc/sys/kernel/random/boot_id"
_NOTES = ("INSTALLER", "REQUESTED", "RECORD", "/", ".lock")


@dataclass
class Tool:
    """How an installer is called.

    Attributes:
        name: "trueup", "uv" or "pip".
        program: how it is started.
        old: arguments that install the old set.
        new: arguments that install the new set.
    """

    name: str
    program: list[str]
    old: list[str]
    new: list[str]

    def command(self, disk: Path, arguments: list[str]) -> list[str]:
        env = str(disk / "env")
        where = {
            "trueup": ["install", "-p", env],
            "uv": ["pip", "install", "-p", env],
            "pip": ["--python", env, "install", "--no-compile", "--disable-pip-version-check"],
        }
        return [*self.program, *where[self.name], *arguments]

    def variables(self, disk: Path) -> dict[str, str]:
        cache = str(disk / "cache")
        return {"TRUEUP_CACHE_DIR": cache, "UV_CACHE_DIR": cache, "PIP_CACHE_DIR": cache}

    def start(self, disk: Path, arguments: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(disk, arguments),
            env=os.environ | self.variables(disk),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, disk: Path, arguments: list[str]) -> tuple[int, str]:
        with self.start(disk, arguments) as process:
            out, _ = process.communicate()
        return process.returncode, out

    def look(self, disk: Path) -> Tree:
        """Return the environment; without what another tool notes for itself, where it is one."""
        tree = look_at(disk / "env")
        if self.name == "trueup":
            return tree
        return {path: one for path, one in tree.items() if not path.endswith(_NOTES)}


@dataclass
class Machine:
    """A disk whose power can be cut."""

    image: str
    disk: Path
    boots: Path
    boot: int = 0
    broken: list[dict[str, Any]] = field(default_factory=list)

    def make(self) -> None:
        with open(self.image, "wb") as file:
            file.truncate(400 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=1", self.image], check=True)

    @contextmanager
    def on(self) -> Iterator[None]:
        # commit=1: what a user's machine has lost in five seconds is lost here in one.
        options = ["-o", "loop,commit=1"]
        subprocess.run(["mount", *options, self.image, str(self.disk)], check=True)
        self.boot += 1
        identity = self.boots / str(self.boot)
        identity.write_text(f"00000000-0000-4000-8000-{self.boot:012}\n")
        subprocess.run(["mount", "--bind", str(identity), _BOOT], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", _BOOT], check=True)
            subprocess.run(["umount", str(self.disk)], check=True)

    def cut(self) -> None:
        descriptor = os.open(self.disk, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _WITHOUT_LOG))
        finally:
            os.close(descriptor)

    def sync(self) -> None:
        subprocess.run(["sync", "-f", str(self.disk)], check=True)


def prepare(machine: Machine, spec: dict[str, Any], tool: Tool, kind: str) -> None:
    """Make the environment, and what has to be there before; all of it safely on the disk."""
    shutil.copytree(spec["environment"], machine.disk / "env", symlinks=True)
    if kind != "install":
        code, out = tool.run(machine.disk, tool.old)
        assert code == 0, out
    machine.sync()


def break_it(machine: Machine, tool: Tool, kind: str, wait: float) -> None:
    """Let the tool work and cut the power: `wait` seconds after its end, or before it."""
    arguments = tool.new
    if wait >= 0:
        code, out = tool.run(machine.disk, arguments)
        assert code == 0, out
        if kind == "twice":
            tool.run(machine.disk, arguments)
        time.sleep(wait)
        machine.cut()
        return
    process = tool.start(machine.disk, arguments)
    time.sleep(-wait)
    machine.cut()
    process.communicate()


def judge(machine: Machine, tool: Tool, expected: Tree) -> list[str]:
    """Run once more; return what is wrong afterwards, with the environment and with the store."""
    wrong = []
    code, out = tool.run(machine.disk, tool.new)
    if code or "Traceback" in out:
        wrong.append(f"refused: the next run ended with {code}, {out[-600:]}")
    now = tool.look(machine.disk)
    hollow = [path for path in expected if path in now and _is_hollow(machine.disk / "env" / path)]
    empty = [path for path in hollow if expected[path][1] != now[path][1]]
    if empty:
        wrong.append(f"hollow: {len(empty)} files of zero length, such as {empty[0]}")
    other = [path for path in expected if now.get(path) != expected[path]]
    if other:
        wrong.append(f"wrong: {len(other)} files are not right, such as {other[0]}")
    return wrong + judge_store(machine, tool, expected)


def judge_store(machine: Machine, tool: Tool, expected: Tree) -> list[str]:
    """Install into a new environment out of what the store holds now."""
    env = machine.disk / "env"
    old = env.with_name("kept")
    env.rename(old)
    shutil.copytree(Path(str(machine.image) + ".env"), env, symlinks=True)
    code, out = tool.run(machine.disk, tool.new)
    if code:
        return [f"store: it is unusable, {out[-600:]}"]
    now = tool.look(machine.disk)
    other = [path for path in expected if now.get(path) != expected[path]]
    return [f"store: it gives {len(other)} wrong files, such as {other[0]}"] if other else []


def _is_hollow(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size == 0


def pristine(machine: Machine, spec: dict[str, Any], tool: Tool) -> tuple[Tree, float]:
    """Return how the environment should look, and how long an install takes."""
    machine.make()
    with machine.on():
        prepare(machine, spec, tool, "install")
        started = time.monotonic()
        code, out = tool.run(machine.disk, tool.new)
        assert code == 0, out
        return tool.look(machine.disk), time.monotonic() - started


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(spec["folder"])
    disk, boots = folder / "disk", folder / "boots"
    disk.mkdir()
    boots.mkdir()
    tool = Tool(spec["tool"], spec["program"], spec["old"], spec["new"])
    machine = Machine(str(folder / "image"), disk, boots)
    shutil.copytree(spec["environment"], machine.image + ".env", symlinks=True)
    expected, lasting = pristine(machine, spec, tool)
    chance = random.Random(spec["seed"])
    hit = 0
    for number in range(spec["cuts"]):
        kind = ("install", "upgrade", "twice")[number % 3]
        after = number % 2 == 0
        wait = chance.choice([0.0, 0.6, 1.2, 2.5]) if after else -chance.uniform(0.2, lasting)
        machine.make()
        with machine.on():
            prepare(machine, spec, tool, kind if kind != "twice" else "install")
            break_it(machine, tool, kind, wait)
        with machine.on():
            hit += tool.look(disk) != expected
            wrong = judge(machine, tool, expected)
        if wrong:
            machine.broken.append({"cut": number, "kind": kind, "wait": wait, "wrong": wrong})
    print(json.dumps({"cuts": spec["cuts"], "hit": hit, "broken": machine.broken}))


if __name__ == "__main__":
    main()
