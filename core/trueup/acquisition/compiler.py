"""Compiles the sources of packs: started by the Python that the bytecode is for, by its path.

It runs in any Python from 3.8 on, knows nothing of trueup, and reads its jobs from standard input.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import struct
import sys
import warnings
import zlib
from array import array
from typing import Any

MAGIC = b"TRUEPYC1"
HEADER = struct.Struct("<8sQ32s")  # magic, number of files, sha256 of the two columns


__all__ = ["HEADER", "MAGIC", "compile_pack", "main"]


def main() -> None:
    """Carry out the jobs on standard input."""
    warnings.simplefilter("ignore")
    for job in json.load(sys.stdin):
        compile_pack(job)


def compile_pack(job: dict[str, Any]) -> None:
    """Compile modules of one pack.

    Args:
        job: "pack" and "out", paths; "count", how many files the pack has; "files", a list of
            number in the pack, offset, size and name of each module.
    """
    sizes = array("Q", [0]) * job["count"]
    sums = array("I", [0]) * job["count"]
    start = HEADER.size + sizes.itemsize * len(sizes) + sums.itemsize * len(sums)
    with open(job["pack"], "rb") as source, open(job["out"], "wb") as out:
        out.seek(start)
        for number, offset, size, name in job["files"]:
            source.seek(offset)
            try:
                code = compile(source.read(size), name, "exec", dont_inherit=True)
            except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
                continue  # a template, or for another Python: as with `compileall`, it gets none
            body = marshal.dumps(code)
            sizes[number], sums[number] = len(body), zlib.crc32(body)
            out.write(body)
        if sys.byteorder == "big":
            sizes.byteswap()
            sums.byteswap()
        columns = sizes.tobytes() + sums.tobytes()
        out.seek(0)
        out.write(HEADER.pack(MAGIC, job["count"], hashlib.sha256(columns).digest()) + columns)


if __name__ == "__main__":
    main()
