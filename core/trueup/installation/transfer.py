"""Writing the files of a pack into a directory tree that nobody else looks at yet.

More than nine tenths of this is kernel time, so the shape follows the kernel: one descriptor for
each directory, files opened relative to it, small files as slices of one large read, large files
handed from descriptor to descriptor so that file systems with shared extents can share them.
A `write` out of a memory map of the pack is slower than either (page faults inside the copy).
"""

from __future__ import annotations

import errno
import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence

from trueup.acquisition.pack import Pack
from trueup.installation.receipt import SERIAL
from trueup.values import dataclass

__all__ = ["Reader", "Stats", "files_by_directory", "unpack", "write_file"]

_BUFFER = 1 << 20  # bytes; about thirty average modules to one read
_LARGE = 1 << 16  # bytes; from here on the kernel copies by itself
_CREATE = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)
_BY_DESCRIPTOR = os.open in os.supports_dir_fd  # not on Windows


@dataclass(frozen=True, slots=True)
class Stats:
    """What the file system said of each file just written, in the order of writing.

    Attributes:
        mtimes: nanoseconds, signed 64 bit.
        ctimes: nanoseconds, signed 64 bit.
        inodes: file serial numbers, unsigned 64 bit.
    """

    mtimes: array[int]
    ctimes: array[int]
    inodes: array[int]

    @classmethod
    def empty(cls) -> Stats:
        """Return the stats of no file."""
        return cls(array("q"), array("q"), array("Q"))

    def note(self, status: os.stat_result) -> None:
        """Append one file."""
        self.note_all([status])

    def note_all(self, statuses: Sequence[os.stat_result]) -> None:
        """Append one file after the other."""
        self.mtimes.extend([status.st_mtime_ns for status in statuses])
        self.ctimes.extend([status.st_ctime_ns for status in statuses])
        self.inodes.extend([status.st_ino & SERIAL for status in statuses])


class Reader:
    """Slices of a file that are asked for in rising order, out of few large reads.

    Only what is written out of memory is read ahead, and not what the kernel copies by itself.
    """

    def __init__(
        self, descriptor: int, offsets: Sequence[int] = (), sizes: Sequence[int] = ()
    ) -> None:
        """Read from `descriptor`, in which `sizes` of files begin at `offsets`, if that is told."""
        self.descriptor = descriptor
        self._offsets = offsets
        self._sizes = sizes
        self._start = self._end = 0
        self._chunk = memoryview(b"")

    def slice(self, offset: int, size: int) -> memoryview:
        """Return `size` bytes from `offset` on.

        Raises:
            OSError: the file ends before.
        """
        if offset < self._start or offset + size > self._end:
            chunk = _read_at(self.descriptor, self._ahead(offset, size), offset)
            if len(chunk) < size:
                raise OSError(errno.EIO, "the pack ends too early")
            self._chunk, self._start, self._end = memoryview(chunk), offset, offset + len(chunk)
        begin = offset - self._start
        return self._chunk[begin : begin + size]

    def _ahead(self, offset: int, size: int) -> int:
        """Return how much to read: up to the next file that the kernel copies by itself."""
        if not self._offsets:
            return max(_BUFFER, size)
        last = offset + size
        for at in range(bisect_left(self._offsets, offset), len(self._offsets)):
            end = self._offsets[at] + self._sizes[at]
            if self._sizes[at] >= _LARGE or end - offset > _BUFFER:
                break
            last = max(last, end)
        return last - offset


if hasattr(os, "pread"):

    def _read_at(descriptor: int, size: int, offset: int) -> bytes:
        return os.pread(descriptor, size, offset)

else:  # Windows

    def _read_at(descriptor: int, size: int, offset: int) -> bytes:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, size)


def files_by_directory(
    pack: Pack, skip: Collection[str] = ()
) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield each directory of `pack` with the numbers of its files.

    Args:
        pack: what to walk through.
        skip: names of the scheme "scripts" to leave out.
    """
    number = 0
    for directory, count in zip(pack.directories, pack.counts, strict=True):
        files: Sequence[int] = range(number, number + count)
        number += count
        if skip and directory == "scripts":
            files = [at for at in files if pack.names[at] not in skip]
        yield directory, files


def unpack(pack: Pack, roots: dict[str, str], *, skip: Collection[str] = ()) -> Stats:
    """Write every file of `pack`, each into the directory that stands for its scheme.

    Args:
        pack: what to write; its content has been checked when it was made.
        roots: scheme name to an absolute directory that exists and holds none of the files.
        skip: names of the scheme "scripts" that somebody else writes.

    Returns:
        The stats of each file that was written, in the order of the pack.

    Raises:
        OSError: a file cannot be written; what was written stays for the caller to drop.
        StoreError: the pack is gone since it was found.
    """
    stats = Stats.empty()
    descriptor = pack.open()
    try:
        reader = Reader(descriptor, pack.offsets, pack.sizes)
        for directory, files in files_by_directory(pack, skip):
            scheme, _, rest = directory.partition("/")
            target = f"{roots[scheme]}{os.sep}{rest}" if rest else roots[scheme]
            if rest:  # a pack names every parent before its children
                os.mkdir(target)
            if files:
                # A command is executable, whatever its wheel's zip says.
                _fill(reader, target, pack, files, stats, runnable=directory == "scripts")
    finally:
        os.close(descriptor)
    return stats


def _fill(
    reader: Reader,
    target: str,
    pack: Pack,
    files: Sequence[int],
    stats: Stats,
    *,
    runnable: bool,
) -> None:
    """Write the `files` of one directory; what is done here is done ten thousand times."""
    names, sizes, offsets, executable = pack.names, pack.sizes, pack.offsets, pack.executable
    create, write, look, close, part = os.open, os.write, os.fstat, os.close, reader.slice
    start, folder = _entered(target)
    written: list[os.stat_result] = []
    try:
        for number in files:
            size = sizes[number]
            # 0o666 and 0o777 leave the rest to the umask, as every other installer does.
            mode = 0o777 if executable[number] or runnable else 0o666
            out = create(start + names[number], _CREATE, mode, dir_fd=folder)
            try:
                if size >= _LARGE:
                    _copy_large(reader, out, offsets[number], size)
                elif size:
                    data = part(offsets[number], size)
                    done = write(out, data)
                    if done < size:
                        _write_all(out, data[done:])
                written.append(look(out))
            finally:
                close(out)
    finally:
        if folder is not None:
            close(folder)
        stats.note_all(written)


def _entered(directory: str) -> tuple[str, int | None]:
    """Return what names in `directory` begin with, and the descriptor that they start from."""
    if not _BY_DESCRIPTOR:
        return os.path.join(directory, ""), None
    return "", os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def write_file(path: str, content: bytes, mode: int = 0o666) -> os.stat_result:
    """Write a file that must not be there yet, and return what the file system says of it.

    Raises:
        OSError: it cannot be written; what was written stays for the caller to drop.
    """
    out = os.open(path, _CREATE, mode)
    try:
        if content:
            _write_all(out, memoryview(content))
        return os.fstat(out)
    finally:
        os.close(out)


def _write_all(out: int, data: memoryview) -> None:
    written = os.write(out, data)
    while written < len(data):
        written += os.write(out, data[written:])


def _copy_large(reader: Reader, out: int, offset: int, size: int) -> None:
    """Copy within the kernel where it can, by hand where it cannot."""
    done = 0
    for copy in _KERNEL_COPIES:
        try:
            while done < size:
                moved = copy(reader.descriptor, out, offset + done, size - done)
                if not moved:
                    break
                done += moved
        except OSError:
            # Not between these two file systems, not in this sandbox, not this kernel: there are
            # many reasons. One that is none of these is met again below, and raised there.
            pass
        if done == size:
            return
    while done < size:
        step = min(_BUFFER, size - done)
        _write_all(out, reader.slice(offset + done, step))
        done += step


def _kernel_copies() -> list[Callable[[int, int, int, int], int]]:
    copies: list[Callable[[int, int, int, int], int]] = []
    if hasattr(os, "copy_file_range"):
        copies.append(lambda source, out, at, size: os.copy_file_range(source, out, size, at))
    if hasattr(os, "sendfile"):
        copies.append(lambda source, out, at, size: os.sendfile(out, source, at, size))
    return copies


_KERNEL_COPIES = _kernel_copies()
