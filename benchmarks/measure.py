"""One measurement: start a program, wait for it and for all that it left behind. POSIX only."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CommandFailed", "Sample", "adopt_orphans", "measure", "run"]

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>


class CommandFailed(Exception):
    """A program that is part of a benchmark ended in failure; its output is the message."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sequence of commands cost; all in seconds.

    Attributes:
        wall: from the start of the first command to the end of the last one.
        cpu: user and system time of the commands and of the children they waited for.
        cpu_after: the same of processes that they left running, which we waited for as well.
        memory: MiB, the most that any of the processes had; 0 where that was not asked for.
    """

    wall: float
    cpu: float
    cpu_after: float
    memory: float = 0.0


def adopt_orphans() -> bool:
    """Become the parent of processes that measured commands leave behind; return whether we did.

    Without it, a tool that hands its work to a background process would look cheap, and its
    background process would be in the way of the next tool's measurement. Linux only.
    """
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def _cpu_of_orphans() -> float:
    spent = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return spent
        spent += usage.ru_utime + usage.ru_stime


def measure(
    commands: Sequence[Sequence[str]],
    environment: Mapping[str, str],
    *,
    folder: str | None = None,
    inner: bool = False,
) -> Sample:
    """Run `commands` one after the other, each with `environment` and nothing else, and time them.

    Args:
        commands: programs with their arguments.
        environment: all variables that they get.
        folder: where they run.
        inner: the last one's last line is what it measured itself; that is the sample.

    Raises:
        CommandFailed: a command did not exit with 0.
    """
    wall = cpu = 0.0
    said = ""
    for command in commands:
        # A file and no pipe: nobody has to read along, and a background process that inherits
        # it keeps nobody waiting.
        with tempfile.TemporaryFile() as output:
            start = time.perf_counter()
            process = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall += time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu += usage.ru_utime + usage.ru_stime
            if process.returncode or inner:
                output.seek(0)
                said = output.read().decode(errors="replace")
            if process.returncode:
                raise CommandFailed(_told(command, process.returncode, said))
    after = _cpu_of_orphans()
    return _told_inside(said, after) if inner else Sample(wall, cpu, after)


def _told_inside(said: str, after: float) -> Sample:
    try:
        told = json.loads(said.strip().splitlines()[-1])
        return Sample(told["wall"], told["cpu"], after, told.get("memory", 0.0))
    except (IndexError, KeyError, ValueError) as error:
        raise CommandFailed(f"no figures in its last line:\n{said}") from error


def run(
    command: Sequence[str], environment: Mapping[str, str], *, folder: str | None = None
) -> str:
    """Run one command that is not measured, and return its standard output.

    What it leaves running in the background is waited for.

    Raises:
        CommandFailed: it did not exit with 0.
    """
    done = subprocess.run(
        command, env=dict(environment), cwd=folder, capture_output=True, text=True, check=False
    )
    _cpu_of_orphans()
    if done.returncode:
        raise CommandFailed(_told(command, done.returncode, done.stdout + done.stderr))
    return done.stdout


def _told(command: Sequence[str], code: int, output: str) -> str:
    return f"{' '.join(command)}\nexited with {code}:\n{output.strip()}"
