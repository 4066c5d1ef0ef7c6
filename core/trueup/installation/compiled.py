"""The `.pyc` files of a distribution, written beside its sources as Python itself would.

They are of the kind that names time and size of its source (PEP 552 tells of the kinds): an edited
module is compiled anew, as everywhere. They get the time that the source really got.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Collection, Iterator, Mapping

from trueup.acquisition.bytecode import Bytecode
from trueup.acquisition.pack import Pack
from trueup.installation.transfer import Reader, Stats, files_by_directory, write_file
from trueup.values import dataclass

__all__ = ["CACHE", "Compiled", "compiled_files", "is_bytecode", "write_bytecode"]

CACHE = "__pycache__"
_HEADER = struct.Struct("<4sIII")  # magic, flags, mtime of the source in seconds, its size
_BITS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Compiled:
    """One `.pyc` file.

    Attributes:
        number: of its source in the pack.
        row: of its source among the files that were written.
        directory: of the source, "scheme/relative/directory".
        name: file name in the directory's `__pycache__`.
    """

    number: int
    row: int
    directory: str
    name: str

    @property
    def inside(self) -> tuple[str, str]:
        """The part of the scheme that it lies in, and where, with slashes."""
        scheme, _, rest = self.directory.partition("/")
        return scheme, f"{rest}/{CACHE}/{self.name}" if rest else f"{CACHE}/{self.name}"


def is_bytecode(path: str) -> bool:
    """Whether a file is one that Python makes itself where it is missing."""
    return os.path.basename(os.path.dirname(path)) == CACHE and path.endswith(".pyc")


def compiled_files(
    pack: Pack, bytecode: Bytecode | None, skip: Collection[str] = ()
) -> Iterator[Compiled]:
    """Yield each `.pyc` file that comes with `pack`.

    Args:
        pack: the sources.
        bytecode: what was made of them, if anything.
        skip: as for `trueup.installation.transfer.unpack`.
    """
    if bytecode is None:
        return
    row = 0
    for directory, files in files_by_directory(pack, skip):
        for at in files:
            if bytecode.sizes[at]:
                stem = pack.names[at].removesuffix(".py")
                yield Compiled(at, row, directory, f"{stem}.{bytecode.cache_tag}.pyc")
            row += 1


def write_bytecode(
    pack: Pack,
    bytecode: Bytecode,
    roots: Mapping[str, str],
    skip: Collection[str],
    stats: Stats,
) -> Iterator[tuple[str, str, os.stat_result]]:
    """Write the `.pyc` files of `pack`; yield part of the scheme, place in it, and stat of each.

    Args:
        pack: the sources.
        bytecode: what was made of them.
        roots: scheme name to where its files have been written.
        skip: as for the sources.
        stats: of the sources.

    Raises:
        OSError: a file cannot be written.
        StoreError: the bytecode is gone or damaged.
    """
    made = ""
    with bytecode.open() as file:
        reader = Reader(file.fileno())
        for one in compiled_files(pack, bytecode, skip):
            scheme, inside = one.inside
            path = os.path.join(roots[scheme], *inside.split("/"))
            if one.directory != made:
                made = one.directory
                os.mkdir(os.path.dirname(path))
            body = reader.slice(bytecode.offsets[one.number], bytecode.sizes[one.number])
            if zlib.crc32(body) != bytecode.sums[one.number]:
                raise bytecode.discard()
            seconds = stats.mtimes[one.row] // 1_000_000_000 & _BITS
            head = _HEADER.pack(bytecode.magic, 0, seconds, pack.sizes[one.number] & _BITS)
            yield scheme, inside, write_file(path, head + bytes(body))
