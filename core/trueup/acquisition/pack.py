"""The pack: one file that holds the whole content of one wheel, ready to be written out.

The same wheel always gives the same bytes: two processes that write one pack agree without a lock.
RECORD is not kept: it is written anew in each environment, out of the digests in the index. How
the bytes lie is told in `pack_format`.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from bisect import bisect_left
from io import FileIO
from itertools import chain, repeat, starmap

from trueup.acquisition.pack_format import DIGEST_SIZE, HEADER_SIZE, decode_header, decode_index
from trueup.errors import StoreError
from trueup.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Pack", "PackedFile", "find_damage", "load_pack", "open_for_reading", "read_pack"]

_CHUNK = 1 << 20
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a pack.

    Attributes:
        directory: "scheme/relative/directory", such as "purelib/requests"; top level: "purelib".
        name: the file's own name.
        size: bytes.
        offset: where its bytes start in the pack.
        executable: whether the wheel marks it executable.
        digest: sha256 of its bytes, 32 bytes.
    """

    directory: str
    name: str
    size: int
    offset: int
    executable: bool
    digest: bytes


@dataclass(frozen=True, slots=True)
class Pack:
    """An opened index of a pack file.

    Attributes:
        path: the pack file.
        digest: sha256 of the wheel that it holds, in hexadecimal: the pack's id.
        wheel: the wheel's file name.
        name: normalized name of the distribution (PEP 503).
        version: as the wheel's file name has it.
        dist_info: the name of the dist-info directory, such as "requests-2.32.0.dist-info".
        root: "purelib" or "platlib": where the wheel's top level goes (PEP 427).
        directories: sorted, every parent before its children and always present; each
            "scheme/relative/directory", where scheme is purelib, platlib, scripts, data or headers.
        counts: how many files each directory holds itself; 0 where it holds only directories.
        names: file names, directory by directory, sorted in each.
        sizes: bytes, by file.
        offsets: where its bytes start in the pack, by file.
        executable: 1 where the wheel marks the file executable, by file.
        digests: 32 bytes of sha256, by file.
        index_digest: sha256 of the index, by which `open` knows the pack again.
    """

    path: str
    digest: str
    wheel: str
    name: str
    version: str
    dist_info: str
    root: str
    directories: tuple[str, ...] = field(compare=False, repr=False)
    counts: array[int] = field(compare=False, repr=False)
    names: tuple[str, ...] = field(compare=False, repr=False)
    sizes: array[int] = field(compare=False, repr=False)
    offsets: array[int] = field(compare=False, repr=False)
    executable: bytes = field(compare=False, repr=False)
    digests: bytes = field(compare=False, repr=False)
    index_digest: bytes = field(repr=False)

    def files(self) -> Iterator[PackedFile]:
        """Yield every file, in order of directories and names."""
        digests = [
            self.digests[i : i + DIGEST_SIZE] for i in range(0, len(self.digests), DIGEST_SIZE)
        ]
        directories = chain.from_iterable(map(repeat, self.directories, self.counts))
        flags = map(bool, self.executable)
        columns = (directories, self.names, self.sizes, self.offsets, flags, digests)
        return starmap(PackedFile, zip(*columns, strict=True))

    def heads(self) -> frozenset[bytes]:
        """Return the first 16 bytes of each file's digest: enough to know a content by."""
        size = DIGEST_SIZE
        return frozenset(self.digests[i : i + 16] for i in range(0, len(self.digests), size))

    def find(self, member: str) -> PackedFile | None:
        """Return the file `member` ("purelib/requests-2.32.0.dist-info/METADATA"), or None."""
        directory, _, name = member.rpartition("/")
        at = bisect_left(self.directories, directory)
        if at == len(self.directories) or self.directories[at] != directory:
            return None
        start = sum(self.counts[:at])
        end = start + self.counts[at]
        i = bisect_left(self.names, name, start, end)
        if i == end or self.names[i] != name:
            return None
        digest = self.digests[DIGEST_SIZE * i : DIGEST_SIZE * (i + 1)]
        return PackedFile(
            directory, name, self.sizes[i], self.offsets[i], self.executable[i] == 1, digest
        )

    def read(self, member: str) -> bytes:
        """Return the bytes of `member`, checked against their digest.

        Raises:
            StoreError: there is no such file in the pack, or the pack is gone or damaged.
        """
        file = self.find(member)
        if file is None:
            raise StoreError(f"{self.wheel} holds no file {member!r}")
        try:
            with open(self.open(), "rb") as pack:
                pack.seek(file.offset)
                content = pack.read(file.size)
        except OSError as problem:
            raise _unreadable(self.path, problem) from problem
        if hashlib.sha256(content).digest() != file.digest:
            raise _damaged(self.path, f"the bytes of {member!r} are not those of {self.wheel}")
        return content

    def open(self) -> int:
        """Return a descriptor of the pack file, to be closed by the caller.

        On POSIX it stays good when the pack is pruned meanwhile.

        Raises:
            StoreError: the pack is gone (get it from the store again), or is another one now.
        """
        try:
            descriptor = os.open(self.path, _OPEN_FLAGS)
        except OSError as problem:
            raise _unreadable(self.path, problem) from problem
        header = b""
        try:
            header = os.read(descriptor, HEADER_SIZE)
            os.lseek(descriptor, 0, os.SEEK_SET)
        except OSError as problem:
            os.close(descriptor)
            raise _unreadable(self.path, problem) from problem
        if header[-DIGEST_SIZE:] != self.index_digest:
            os.close(descriptor)
            raise _damaged(self.path, "it is not the pack that was opened before")
        return descriptor


def read_pack(path: str) -> Pack:
    """Return the pack in the file `path`; its index is checked, the bytes of its files are not.

    Raises:
        StoreError: there is no such file, or it is not a whole pack.
    """
    try:
        with open_for_reading(path) as file:
            return load_pack(file, path)
    except OSError as problem:
        raise _unreadable(path, problem) from problem


def open_for_reading(path: str) -> FileIO:
    """Open `path`, which must be no symbolic link, unbuffered.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        return FileIO(descriptor, "rb")
    except OSError:  # a directory
        os.close(descriptor)
        raise


def load_pack(file: FileIO, path: str) -> Pack:
    """Return the pack in the open, unbuffered `file`, whose name is `path`.

    Raises:
        StoreError: it is not a whole pack.
        OSError: it cannot be read.
    """
    file.seek(0)
    try:
        header = decode_header(file.read(HEADER_SIZE))
        if header.offset + header.length != os.fstat(file.fileno()).st_size:
            raise _damaged(path, "its length is not what its header tells")
        file.seek(header.offset)
        columns = decode_index(file.read(header.length), header)
    except ValueError as problem:
        raise _damaged(path, str(problem)) from problem
    return Pack(path, *columns, header.digest)


def find_damage(pack: Pack, file: FileIO) -> str:
    """Hash every file of `pack` in the open `file`; return what is wrong, or "" if nothing is.

    The padding between files is looked at too, so that each byte of a pack is accounted for.

    Raises:
        OSError: the file cannot be read.
    """
    end = HEADER_SIZE
    for packed in pack.files():
        file.seek(end)
        if file.read(packed.offset - end).strip(b"\0"):
            return f"bytes before {packed.directory}/{packed.name} belong to no file"
        digest = hashlib.sha256()
        left = packed.size
        while left and (chunk := file.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        if digest.digest() != packed.digest:
            return f"the bytes of {packed.directory}/{packed.name} are not what was written"
        end = packed.offset + packed.size
    return ""


def _damaged(path: str, reason: str) -> StoreError:
    return StoreError(
        f"{path} is damaged: {reason}",
        hint="Run `trueup cache verify`; what is damaged is got again.",
    )


def _unreadable(path: str, problem: OSError) -> StoreError:
    return StoreError(
        f"{path} cannot be read: {problem.strerror}",
        hint="It is got again when it is asked for again.",
    )
