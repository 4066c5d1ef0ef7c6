"""Has a child answer a build's first hook, so that what was imported serves the next one, too.

PEP 517 asks for a new process for each hook. To start Python and to import a backend is more than
half of what a small build costs; so the first process imports it, and then leaves the hook to a
child that it forks. The next hook is run by the process itself, which has done nothing else but to
import: each hook finds the backend as it is after its import, and nothing of what another did.

Only where nobody could tell the difference, else the process runs the hook itself, as ever.
Copied beside the build and imported there under another name, by Pythons from 3.8 on: standard
library only.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from trueup.acquisition.lifeline import hold_anew
else:
    try:  # beside the build, where it goes by this name
        from _trueup_lifeline import hold_anew
    except ImportError:
        from trueup.acquisition.lifeline import hold_anew

__all__ = ["leave_to_a_child"]

_YES, _NO = b"yes\n", b"no\n"
# A file that changes twice within a tick of the clock looks the same; ticks are 10 ms at worst.
_TICKS = 50_000_000  # nanoseconds
_YOUNG = "young"


def leave_to_a_child(said: str, recorder: Any) -> dict[str, Any]:
    """Import the backend; return whenever a hook is to be run by the process that this returns in.

    Args:
        said: "READING WRITING BACKEND": descriptors of pipes to and from who builds.
        recorder: what records this process.

    Returns:
        {} for the hook that the process was started for: in its child, or, where there can be
        none, in itself. In itself once more for the next hook, then with what was said of that.
    """
    first, second, backend = said.split(" ", 2)
    reading, writing = int(first), int(second)
    for descriptor in (reading, writing):
        os.set_inheritable(descriptor, False)
    before = os.listdir("/proc/self/fd")
    seen = None
    if _can_import(backend.partition(":")[0]) and _is_alone() and _same_files(before):
        seen = _looks(recorder)
    child = _fork() if seen is not None else 0
    if child == 0:
        os.close(reading)
        os.close(writing)
        if seen is not None:
            os.setsid()
            hold_anew()
        return {}
    os.write(writing, b"%d\n" % child)
    return _next_hook(reading, writing, child, lambda: bool(_looks(recorder) == seen))


def _next_hook(reading: int, writing: int, child: int, unchanged: Any) -> dict[str, Any]:
    """Wait for the child and then for another hook; without one, end."""
    import json

    # It stays a zombie until then: nobody else is to get its number, which its group has, too.
    ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    status = getattr(ended, "si_status", 1)
    orderly = getattr(ended, "si_code", 0) == os.CLD_EXITED
    os.write(writing, b"%d\n" % (status if orderly else -status))
    asked = b""
    while not asked.endswith(b"\n"):
        block = os.read(reading, 1 << 16)
        if not block:
            sys.exit(0)
        asked += block
    os.waitpid(child, 0)
    if not unchanged():
        os.write(writing, _NO)
        sys.exit(0)
    os.write(writing, _YES)
    os.close(reading)
    os.close(writing)
    answer: dict[str, Any] = json.loads(asked)
    return answer


def _can_import(module: str) -> bool:
    import gc
    import importlib

    collects = gc.isenabled()
    gc.disable()  # hardly anything that is made by importing is garbage
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001 - what is wrong with it is told by who needs it, in a moment
        return False
    finally:
        if collects:
            gc.enable()
    return True


def _is_alone() -> bool:
    """Whether a forked child would have all that this process has, and nothing to share with it."""
    if sys.implementation.name != "cpython" or len(os.listdir("/proc/self/task")) != 1:
        return False  # others may run threads of their own
    if _has_children():
        return False
    # Temporary folders that are to go at the end would go with the child's.
    weakref = sys.modules.get("weakref")
    return not getattr(getattr(weakref, "finalize", None), "_registry", None)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _same_files(before: list[str]) -> bool:
    """Whether no file is open that was not: its position would be the child's, too."""
    return sorted(os.listdir("/proc/self/fd")) == sorted(before)


def _looks(recorder: Any) -> dict[tuple[str, str], Any] | None:
    """Return how all that the import has looked at looks now; None where it has done more.

    Where another hook changes it, a new process would import something else.
    """
    if recorder is None:
        return None
    found: dict[tuple[str, str], Any] = {}
    for kind, *fields in recorder.records():
        if kind in "WP":  # wrote a file, started a program
            return None
        if kind not in "VEX":
            found[kind, fields[0]] = _look(os.path.join(recorder.tree, fields[0]), kind in "AS")
    return None if _YOUNG in found.values() else found


def _look(path: str, only_whether: bool) -> Any:
    from time import time_ns

    unwatched = getattr(os.stat, "__wrapped__", os.stat)  # what we look at is nobody's input
    try:
        now = unwatched(path)
    except OSError:
        return None
    if only_whether:
        return True
    if time_ns() - max(now.st_mtime_ns, now.st_ctime_ns) < _TICKS:
        return _YOUNG
    return now.st_mtime_ns, now.st_ctime_ns, now.st_size, now.st_ino


def _fork() -> int:
    import gc

    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # What was imported stays: looking through it for garbage would copy each of its pages.
    gc.freeze()
    return os.fork()
