"""Compiles the sources of packs: started by the Python that the bytecode is for, by its path.

It runs in any Python from 3.8 on, knows nothing of trueup, and reads its jobs from standard input.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import struct
import sys
import time
import warnings
import zlib
from array import array
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

MAGIC = b"TRUEPYC2"
HEADER = struct.Struct("<8sQQ32s")  # magic, number of files, all of them, sha256 of the columns


__all__ = ["HEADER", "MAGIC", "compile_pack", "main"]


def main() -> None:
    """Carry out the jobs on standard input, as far as their time goes."""
    warnings.simplefilter("ignore")
    import importlib.util  # not for those who only want to know the format

    told = json.load(sys.stdin)
    if importlib.util.MAGIC_NUMBER.hex() != told["magic"]:
        sys.exit("it is another Python by now")
    seconds = told["seconds"]
    begun = time.monotonic()

    def over() -> bool:
        """Whether the time is up: that of the processor, or ten times as much by the clock."""
        spent = max(time.process_time(), (time.monotonic() - begun) / 10)
        return bool(seconds) and spent > seconds

    for job in told["jobs"]:
        if over():
            break
        compile_pack(job, over)


def compile_pack(job: dict[str, Any], over: Callable[[], bool] = bool) -> None:
    """Compile modules of one pack.

    Args:
        job: "pack" and "out", paths; "count", how many files the pack has; "complete", whether no
            module is missing then; "old", "" or the path of a bytecode pack; "files", a list of
            modules, by number in the pack: number, offset, size, name; offset, size and CRC-32 of
            its body in the old bytecode pack, the size being 0 where it is not there.
        over: whether to end with what has been done.
    """
    bodies = array("Q", [0]) * job["count"]
    sums = array("I", [0]) * job["count"]
    complete = job["complete"]
    with open(job["out"], "wb") as out:
        out.seek(HEADER.size + (bodies.itemsize + sums.itemsize) * job["count"])
        with open(job["pack"], "rb") as source, open(job["old"] or job["pack"], "rb") as old:
            for number, offset, size, name, *there in job["files"]:
                body = _kept(old, *there)
                if not body:
                    if over():
                        complete = False
                        continue
                    source.seek(offset)
                    body = _compiled(source.read(size), name)
                if body:
                    bodies[number], sums[number] = len(body), zlib.crc32(body)
                    out.write(body)
        if sys.byteorder == "big":
            bodies.byteswap()
            sums.byteswap()
        columns = bodies.tobytes() + sums.tobytes()
        digest = hashlib.sha256(columns).digest()
        out.seek(0)
        out.write(HEADER.pack(MAGIC, job["count"], int(complete), digest) + columns)


def _kept(old: BinaryIO, offset: int, size: int, total: int) -> bytes:
    """Return a body that was made before; b"" where there is none, or a damaged one."""
    old.seek(offset)
    body = old.read(size)
    return body if zlib.crc32(body) == total else b""


def _compiled(source: bytes, name: str) -> bytes:
    """Return the body of a module; b"" for a template, or for another Python, as `compileall`."""
    try:
        return marshal.dumps(compile(source, name, "exec", dont_inherit=True))
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return b""


if __name__ == "__main__":
    main()
