"""The background: what will be installed again is compiled after a command has done its work.

It is a process of its own, of the lowest priority there is, that nobody waits for; one at a time
for each store, for a limited time. Nobody hears of its failures: what it did not make is made by
Python at the first import, as everywhere.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from trueup.errors import TrueupError

TYPE_CHECKING = False  # as `typing` has it, whose import takes 3 ms
if TYPE_CHECKING:
    from trueup.acquisition.bytecode import Kind
    from trueup.acquisition.compilation import Program
    from trueup.acquisition.store import Store

__all__ = ["SWITCH", "be", "is_wanted", "lock_path", "start"]

SWITCH = "TRUEUP_BACKGROUND"
"""The variable that, set to 0, keeps everything out of the background."""

_SECONDS = 60.0  # of a processor, for one run; what is not reached waits for the next one
_ROOM = 1 << 30  # bytes that have to be free: nobody is to lack what this takes
_PROGRAM = (
    "import os, sys; os.name == 'posix' and os.fork() and os._exit(0);"
    "sys.path.insert(0, sys.argv[1]);"
    "from trueup.acquisition.background import be;"
    "be(*sys.argv[2:])"
)


def is_wanted(variables: Mapping[str, str]) -> bool:
    """Whether anything may be done in the background, by the environment variables."""
    if variables.get(SWITCH, "").strip().lower() in {"0", "no", "off", "false"}:
        return False
    # Who wants no bytecode beside the sources, or all of it elsewhere, has no use for ours.
    return not (variables.get("PYTHONDONTWRITEBYTECODE") or variables.get("PYTHONPYCACHEPREFIX"))


def lock_path(store: Store) -> str:
    """Return the file whose lock the one background process of a store holds as long as it runs."""
    return os.path.join(store.folder("locks"), "background")


def start(store: Store, program: Program) -> bool:
    """Start the background process; return whether there is one now that was not there before.

    Args:
        store: what it works in.
        program: who compiles.
    """
    # A program with Python inside is not started once more.
    name = os.path.basename(sys.executable or "").lower()
    if hasattr(sys, "frozen") or not name.startswith("python"):
        return False
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    kind = (program.executable, program.cache_tag, program.magic, str(int(program.free_threaded)))
    # Where there is `flock`, nothing but the standard library is needed.
    flags = ["-I", *(["-S"] if os.name == "posix" else [])]
    flags += ["-B"] if sys.dont_write_bytecode else []
    command = [sys.executable, *flags, "-c", _PROGRAM, home, store.root, *kind]
    with suppress(OSError):
        return _start_posix(command, store) if os.name == "posix" else _start_windows(command)
    return False


def _start_posix(command: list[str], store: Store) -> bool:
    """Take the lock, and hand it on: it is the process's as long as that lives."""
    import fcntl
    import subprocess

    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.open(lock_path(store), flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # It forks and ends at once, so that whoever started it is left with no child to wait for.
        # No descriptor of ours but the lock goes along: somebody may wait for the end of a pipe.
        done = subprocess.run(
            command,
            pass_fds=(lock,),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return done.returncode == 0


def _start_windows(command: list[str]) -> bool:
    import subprocess

    flags = ("IDLE_PRIORITY_CLASS", "CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP")
    process = subprocess.Popen(
        command,
        cwd=os.path.dirname(sys.executable),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=sum(getattr(subprocess, flag, 0) for flag in flags),
    )
    process.returncode = 0  # nobody will wait for it, and nobody need be told so
    return True


def be(root: str, executable: str, cache_tag: str, magic: str, free_threaded: str) -> None:
    """Be the background process.

    Args:
        root: the store's directory.
        executable: the Python that compiles.
        cache_tag: its, as of `Interpreter`.
        magic: its.
        free_threaded: "1" or "0".
    """
    _step_back()
    from trueup.acquisition.compilation import Program
    from trueup.acquisition.store import open_store

    with suppress(TrueupError, OSError):
        store = open_store(root)
        kind = Program(executable, cache_tag, magic, free_threaded == "1")
        if os.name == "posix":  # the lock came along
            _work(store, kind)
            return
        from filelock import FileLock, Timeout

        with suppress(Timeout), FileLock(lock_path(store), timeout=0):
            _work(store, kind)


def _step_back() -> None:
    """Take the lowest priority there is, for the processor and for the disk."""
    if sys.platform == "win32":
        return  # it was started so
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, 19)
    if sys.platform == "linux":
        # The priority of input and output follows (ioprio_set(2): "idle" for SCHED_IDLE).
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if sys.platform == "darwin" and sys.version_info >= (3, 12):
        with suppress(OSError):
            os.setpriority(os.PRIO_DARWIN_PROCESS, 0, os.PRIO_DARWIN_BG)


def _work(store: Store, program: Program) -> None:
    """Look at what was imported where packs are used, and compile that."""
    import shutil

    from trueup.acquisition import anticipation
    from trueup.acquisition.compilation import carry_out
    from trueup.acquisition.uses import looked, uses_of

    if not store.writable or shutil.disk_usage(store.root).free < _ROOM:
        return
    kind: Kind = program
    uses = uses_of(store, kind)
    tasks = anticipation.decide(store, anticipation.look(store, uses, kind), kind)
    looked(store, kind)
    if tasks:
        carry_out(store, tasks, program, _SECONDS)
    anticipation.forget(store, uses_of(store, kind), kind)
