"""Bytecode packs: what one kind of Python makes of the sources of one wheel, compiled once.

It is compiled by that Python itself, out of the pack, and never harvested from an environment,
where anybody could have put something else. What lies in a bytecode pack are the bodies of `.pyc`
files; the header, with the time and the size of the source as it was installed, is written there.
"""

from __future__ import annotations

import hashlib
import os
import sys
from array import array
from collections.abc import Collection, Iterator, Sequence
from io import FileIO

from trueup.acquisition import compiler
from trueup.acquisition.pack import Pack, open_for_reading
from trueup.acquisition.store import Store
from trueup.destination.environment import Interpreter
from trueup.errors import StoreError
from trueup.reporting import Event
from trueup.values import dataclass, field

__all__ = ["Bytecode", "bytecode_path", "find_bytecode", "make_bytecode"]

# Directories of tests are left out: a third of a large environment, and hardly ever imported.
_LEFT_OUT = frozenset(["test", "tests"])
_IMPORTED = ("purelib", "platlib")


@dataclass(frozen=True, slots=True)
class Bytecode:
    """The bodies of the `.pyc` files of one pack.

    Attributes:
        path: the bytecode pack.
        digest: of its index, in hexadecimal.
        cache_tag: what stands in the names of the files, such as "cpython-312".
        magic: the first four bytes of each.
        sizes: bytes of each body, by file of the pack; 0 for a file that has none.
        sums: their CRC-32.
        offsets: where they start.
    """

    path: str
    digest: str
    cache_tag: str
    magic: bytes
    sizes: array[int] = field(compare=False, repr=False)
    sums: array[int] = field(compare=False, repr=False)
    offsets: array[int] = field(compare=False, repr=False)

    def open(self) -> FileIO:
        """Return a file to read bodies from, unbuffered.

        Raises:
            StoreError: it is gone.
        """
        try:
            return open_for_reading(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}") from error

    def discard(self) -> StoreError:
        """Remove it, as it is damaged; return the error to raise."""
        _remove(self.path)
        return StoreError(f"{self.path} is damaged", hint="it was removed; run this again")


def find_bytecode(store: Store, pack: Pack, interpreter: Interpreter) -> Bytecode | None:
    """Return the bytecode that `interpreter`'s kind has made of `pack`; None if it has made none.

    One that is damaged is removed.
    """
    path = bytecode_path(store, pack.digest, interpreter)
    if not path or not os.path.exists(path):
        return None
    try:
        found = _load(path, pack, interpreter)
        os.utime(path)  # looking after the store leaves alone what was used lately
    except OSError:  # gone since, or in a store that is read-only
        return None
    except ValueError:
        _remove(path)
        return None
    return found


def bytecode_path(store: Store, digest: str, interpreter: Interpreter) -> str:
    """Return where what `interpreter`'s kind makes of a pack is kept; "" for nowhere."""
    if not (interpreter.cache_tag and interpreter.magic):
        return ""
    threading = "t" if interpreter.free_threaded else ""
    kind = f"{interpreter.cache_tag}{threading}-{interpreter.magic}"
    return os.path.join(store.folder("bytecode"), f"{digest}-{kind}")


def _load(path: str, pack: Pack, interpreter: Interpreter) -> Bytecode:
    """Read a bytecode pack.

    Raises:
        OSError, ValueError: it cannot be read, or is none that fits the pack.
    """
    with open_for_reading(path) as file:
        header = file.read(compiler.HEADER.size)
        if len(header) != compiler.HEADER.size:
            raise ValueError("it is cut short")
        magic, count, digest = compiler.HEADER.unpack(header)
        if magic != compiler.MAGIC or count != len(pack.names):
            raise ValueError("it does not start like one")
        sizes, sums = array("Q"), array("I")
        columns = file.read(count * (sizes.itemsize + sums.itemsize))
        if hashlib.sha256(columns).digest() != digest:
            raise ValueError("its index is not what was written")
        whole = os.fstat(file.fileno()).st_size
    sizes.frombytes(columns[: count * sizes.itemsize])
    sums.frombytes(columns[count * sizes.itemsize :])
    if sys.byteorder == "big":
        sizes.byteswap()
        sums.byteswap()
    start = compiler.HEADER.size + len(columns)
    offsets = array("Q")
    for size in sizes:
        offsets.append(start)
        start += size
    if start > whole:
        raise ValueError("its bodies are cut short")
    number = bytes.fromhex(interpreter.magic)
    return Bytecode(path, digest.hex(), interpreter.cache_tag, number, sizes, sums, offsets)


def make_bytecode(store: Store, packs: Collection[Pack], interpreter: Interpreter) -> None:
    """Let `interpreter` compile the sources of those `packs` that it has not compiled yet.

    Where that fails, the files are installed without: Python compiles what it imports.
    """
    missing = [pack for pack in packs if find_bytecode(store, pack, interpreter) is None]
    if not missing or not store.writable:
        return
    if not bytecode_path(store, missing[0].digest, interpreter):
        return
    from concurrent.futures import ThreadPoolExecutor

    workers = os.cpu_count() or 1
    shares: list[list[Pack]] = [[] for _ in range(workers)]
    weights = [0] * workers
    for pack in sorted(missing, key=_weight, reverse=True):
        lightest = weights.index(min(weights))
        shares[lightest].append(pack)
        weights[lightest] += _weight(pack)
    with ThreadPoolExecutor(workers) as pool:
        problems = pool.map(lambda share: _compile(store, share, interpreter), filter(None, shares))
        for problem in filter(None, problems):
            store.reporter(Event("note", interpreter.executable, problem))


def _weight(pack: Pack) -> int:
    return sum(size for _, _, size, _ in _sources(pack))


def _compile(store: Store, packs: Sequence[Pack], interpreter: Interpreter) -> str:
    """Compile some packs in one process; return what went wrong, or ""."""
    import json
    import subprocess

    with store.temporary_directory() as folder:
        jobs = [
            {
                "pack": pack.path,
                "out": os.path.join(folder, pack.digest),
                "count": len(pack.names),
                "files": list(_sources(pack)),
            }
            for pack in packs
        ]
        done = subprocess.run(
            [interpreter.executable, "-I", "-S", compiler.__file__],
            input=json.dumps(jobs).encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            return f"no bytecode could be made: {said[-1] if said else done.returncode}"
        for pack in packs:
            path = bytecode_path(store, pack.digest, interpreter)
            os.replace(os.path.join(folder, pack.digest), path)
    return ""


def _sources(pack: Pack) -> Iterator[tuple[int, int, int, str]]:
    """Yield number, offset, size and name of each module that is to be compiled."""
    number = 0
    known = set(pack.directories)
    for directory, count in zip(pack.directories, pack.counts, strict=True):
        parts = directory.split("/")
        wanted = (
            parts[0] in _IMPORTED
            and _LEFT_OUT.isdisjoint(parts)
            and f"{directory}/__pycache__" not in known  # it brings its own
        )
        for at in range(number, number + count) if wanted else ():
            if pack.names[at].endswith(".py"):
                yield at, pack.offsets[at], pack.sizes[at], f"{directory}/{pack.names[at]}"
        number += count


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # gone, or in a store that is read-only: it is not used in any case
        return
