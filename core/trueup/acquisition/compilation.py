"""Compilation: one kind of Python makes bytecode packs out of packs, in processes of its own."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from trueup.acquisition import compiler
from trueup.acquisition.bytecode import (
    Bytecode,
    bytecode_path,
    find_bytecode,
    kind_name,
    load_bytecode,
)
from trueup.acquisition.pack import Pack
from trueup.acquisition.store import Store
from trueup.destination.environment import Interpreter
from trueup.reporting import Event
from trueup.values import dataclass

__all__ = ["Program", "Task", "carry_out", "make_bytecode", "modules"]

# Directories of tests are left out where nobody knows what is imported: a third of a large
# environment, and hardly ever imported.
_LEFT_OUT = frozenset(["test", "tests"])
_IMPORTED = ("purelib", "platlib")
_NOTHING = (0, 0, -1)  # offset, size and sum of what is not there


class Module(NamedTuple):
    """A module in a pack.

    Attributes:
        number: of its file in the pack.
        directory: "scheme/relative/directory".
        name: file name.
    """

    number: int
    directory: str
    name: str


@dataclass(frozen=True, slots=True)
class Program:
    """A Python that compiles.

    Attributes:
        executable: its path.
        cache_tag: as of `Interpreter`.
        magic: as of `Interpreter`.
        free_threaded: as of `Interpreter`.
    """

    executable: str
    cache_tag: str
    magic: str
    free_threaded: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A bytecode pack that is to be made.

    Attributes:
        pack: the sources.
        numbers: the modules in it; None for all but tests.
        old: what there is of it, to be kept.
    """

    pack: Pack
    numbers: frozenset[int] | None = None
    old: Bytecode | None = None


def modules(pack: Pack) -> Iterator[Module]:
    """Yield each module that bytecode can be made of, by number; tests included."""
    number = 0
    known = set(pack.directories)
    for directory, count in zip(pack.directories, pack.counts, strict=True):
        # A wheel that has bytecode with it keeps its own.
        if directory.startswith(_IMPORTED) and f"{directory}/__pycache__" not in known:
            for at in range(number, number + count):
                if pack.names[at].endswith(".py"):
                    yield Module(at, directory, pack.names[at])
        number += count


def make_bytecode(store: Store, packs: Collection[Pack], interpreter: Interpreter) -> None:
    """Let `interpreter` compile the sources of those `packs` that it has not compiled yet.

    Where that fails, the files are installed without: Python compiles what it imports.
    """
    if not store.writable or not kind_name(interpreter):
        return
    tasks = []
    for pack in packs:
        found = find_bytecode(store, pack, interpreter)
        if found is None or not found.complete:
            tasks.append(Task(pack, old=found))
    if not tasks:
        return
    from concurrent.futures import ThreadPoolExecutor

    workers = os.cpu_count() or 1
    shares: list[list[Task]] = [[] for _ in range(workers)]
    weights = [0] * workers
    for task in sorted(tasks, key=_weight, reverse=True):
        lightest = weights.index(min(weights))
        shares[lightest].append(task)
        weights[lightest] += _weight(task)
    program = Program(
        interpreter.executable,
        interpreter.cache_tag,
        interpreter.magic,
        interpreter.free_threaded,
    )
    with ThreadPoolExecutor(workers) as pool:
        problems = pool.map(lambda share: carry_out(store, share, program), filter(None, shares))
        for problem in filter(None, problems):
            store.reporter(Event("note", interpreter.executable, problem))


def _weight(task: Task) -> int:
    return sum(task.pack.sizes[number] for number in _numbers(task))


def _numbers(task: Task) -> list[int]:
    """Return the modules that are to be there, by number."""
    kept = set() if task.old is None else {at for at, size in enumerate(task.old.sizes) if size}
    if task.numbers is not None:
        return sorted(kept | task.numbers)
    named = (one for one in modules(task.pack) if _LEFT_OUT.isdisjoint(one.directory.split("/")))
    return sorted(kept.union(one.number for one in named))


def carry_out(store: Store, tasks: Sequence[Task], program: Program, seconds: float = 0.0) -> str:
    """Make bytecode packs in one process; return what went wrong, or "".

    Args:
        store: where to.
        tasks: what to make, the most useful first.
        program: who compiles.
        seconds: of the processor, after which the rest is left for another time; 0 for no limit.

    Raises:
        StoreError: there is no place to write to.
    """
    import json
    import subprocess

    with store.temporary_directory() as folder:
        jobs = [_job(task, folder) for task in tasks]
        order = {"magic": program.magic, "seconds": seconds, "jobs": jobs}
        try:
            done = subprocess.run(
                [program.executable, "-I", "-S", compiler.__file__],
                input=json.dumps(order).encode(),
                capture_output=True,
                check=False,
                timeout=seconds * 20 + 60 if seconds else None,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            said = done.stderr.decode(errors="replace").strip().splitlines()
            problem = f"{said[-1] if said else done.returncode}" if done.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            problem = str(error)
        for task in tasks:
            _keep(store, task, os.path.join(folder, task.pack.digest), program)
    return f"no bytecode could be made: {problem}" if problem else ""


def _job(task: Task, folder: str) -> dict[str, object]:
    pack, old = task.pack, task.old
    directories = [
        directory
        for directory, count in zip(pack.directories, pack.counts, strict=True)
        for _ in range(count)
    ]
    files = [
        (
            *(number, pack.offsets[number], pack.sizes[number]),
            f"{directories[number]}/{pack.names[number]}",
            *((old.offsets[number], old.sizes[number], old.sums[number]) if old else _NOTHING),
        )
        for number in _numbers(task)
    ]
    return {
        "pack": pack.path,
        "out": os.path.join(folder, pack.digest),
        "count": len(pack.names),
        "complete": task.numbers is None,
        "old": old.path if old else "",
        "files": files,
    }


def _keep(store: Store, task: Task, path: str, program: Program) -> None:
    """Give what was made its name, if it was made to the end."""
    with suppress(OSError, ValueError):
        load_bytecode(path, task.pack, program)
        os.replace(path, bytecode_path(store, task.pack.digest, program))
