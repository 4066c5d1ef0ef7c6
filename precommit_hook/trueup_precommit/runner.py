"""What the runner of hooks has set aside: from which moment on files may be its own doing.

At a commit with changes that are not staged, pre-commit and prek save these as a patch, put the
staged content into the working tree, run the hooks, and put the changes back. Whatever they rewrote
is not older than the patch; where no patch can be looked for, not older than the runner itself.
"""

from __future__ import annotations

import os
import re

from trueup.destination.hosted import hook_stores
from trueup.values import dataclass

__all__ = ["is_rewritten", "set_aside_since"]

_RUNNER = re.compile(r"(?:.*[\\/])?(?:pre[-_]commit|prek)(?:[\\/]__main__\.py|\.exe)?|-mpre_commit")
_LEADING = 4  # words of a command: what follows are arguments, which may name anything
_PATCH = re.compile(r"(?:patch)?\d+-(?P<process>\d+)(?:\.patch)?")
_DEPTH = 16
_TICK = 0.02  # seconds: the system counts the start of a process in hundredths


@dataclass(frozen=True, slots=True)
class _Process:
    """A process that may be the runner: its number, and its start in seconds since the epoch."""

    number: int
    start: float


def set_aside_since() -> float | None:
    """Return the moment from which files may be the runner's doing, in seconds since the epoch.

    None where nothing is set aside, or where no runner is at work.
    """
    if not (os.environ.get("PRE_COMMIT") or os.environ.get("PREK_HOOK_STAGE")):
        return None
    runners = _by_proc() if os.path.isdir("/proc/self") else _by_ps()
    if not runners:
        return None
    stores = [one for one in hook_stores() if os.path.isdir(one)]
    if not stores:
        return min(one.start for one in runners) - _TICK
    folders = [*stores, *(os.path.join(one, "patches") for one in stores)]
    moments = [moment for one in runners for folder in folders for moment in _patches(folder, one)]
    return min(moments, default=None)


def is_rewritten(path: str, since: float | None) -> bool:
    """Whether a file may have been rewritten by the runner."""
    if since is None:
        return False
    try:
        return os.stat(path).st_mtime >= since
    except OSError:  # it is not there, and that may be the runner's doing, too
        return not os.path.exists(path) and is_rewritten(os.path.dirname(path), since)


def _patches(folder: str, runner: _Process) -> list[float]:
    """Return the times of a runner's patches; older ones are of a process with the same number.

    pre-commit saves them in its store, prek in the folder "patches" of its own.
    """
    found = []
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        match = _PATCH.fullmatch(name)
        if match and int(match["process"]) == runner.number:
            moment = os.stat(os.path.join(folder, name)).st_mtime
            if moment >= runner.start - _TICK:
                found.append(moment)
    return found


def _by_proc() -> list[_Process]:
    """Walk up the processes as Linux shows them."""
    import time

    with open("/proc/uptime", encoding="ascii") as file:
        booted = time.time() - float(file.read().split()[0])
    found: list[_Process] = []
    number = os.getpid()
    for _ in range(_DEPTH):
        try:
            with open(f"/proc/{number}/cmdline", "rb") as file_of_bytes:
                words = file_of_bytes.read().decode("utf-8", "replace").split("\0")
            with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:  # it ended, or is not ours to see
            break
        if _is_runner(words):
            start = booted + int(fields[19]) / os.sysconf("SC_CLK_TCK")
            found.append(_Process(number, start))
        number = int(fields[1])
        if number <= 1:
            break
    return found


def _by_ps() -> list[_Process]:
    """Walk up the processes as `ps` shows them, on macOS and the BSDs; Windows has none."""
    if os.name != "posix":
        return []
    import subprocess
    import time

    found: list[_Process] = []
    number = os.getpid()
    for _ in range(_DEPTH):
        done = subprocess.run(
            ["ps", "-o", "ppid=,etime=,command=", "-p", str(number)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        parts = done.stdout.split(None, 2)
        if len(parts) < 3:
            break
        if _is_runner(parts[2].split()):
            found.append(_Process(number, time.time() - _elapsed(parts[1]) - 1))
        number = int(parts[0])
        if number <= 1:
            break
    return found


def _is_runner(words: list[str]) -> bool:
    return any(_RUNNER.fullmatch(word) for word in words[:_LEADING])


def _elapsed(text: str) -> int:
    """Return seconds of "[[days-]hours:]minutes:seconds"."""
    days, _, clock = text.rpartition("-")
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds + 86400 * int(days or 0)
