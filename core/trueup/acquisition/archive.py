"""Unpacking source archives, which are hostile until proven otherwise.

tarfile's own data filter (PEP 706) is asked where there is one, but it had holes (CVE-2025-4138,
CVE-2025-4517: links were judged before they were joined) and CPython before 3.11.4 has none. So
everything is judged here too, and this alone holds: names are checked as text, every file is made
anew, links are made last, and only if the whole tree of links says that they stay inside.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from trueup.acquisition.archive_kind import archive_kind
from trueup.acquisition.members import Limits, Member, Tree
from trueup.errors import SourceError

__all__ = ["Limits", "unpack"]

_PIECE = 1 << 18
# A tar header that claims to be larger is read into memory by tarfile before anybody can judge it.
_LARGEST_HEADER = 16 << 20
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    struct.error,
    EOFError,
    # Numbers and names in headers that no honest archive has come out of tarfile like these.
    ValueError,
    OverflowError,
    MemoryError,
)


def unpack(archive: str, into: str, *, limits: Limits | None = None, one_top: bool = True) -> str:
    """Unpack a source archive, and return the directory that holds the project.

    Args:
        archive: path of a .zip, .tar, .tar.gz (.tgz), .tar.bz2, .tar.xz or .tar.zst.
        into: a directory that is empty or not there yet.
        limits: how much may come out.
        one_top: everything must lie in one top folder, as an sdist's must (PEP 625). Without it, an
            archive with one top folder is entered all the same, as pip does.

    Raises:
        SourceError: it is no archive, it is damaged, or it holds what must not get in. What was
            unpacked so far is still in `into`.
    """
    name = os.path.basename(archive)
    tree = Tree(name, into, limits or Limits())
    with _translated(name, into):
        os.makedirs(into, mode=0o700, exist_ok=True)
        kind = archive_kind(archive)
        if kind == "zip":
            _unpack_zip(archive, tree)
        else:
            _unpack_tar(archive, kind, tree)
        tree.make_links()
    tops = tree.tops()
    if not tops:
        raise SourceError(f"{name} is empty")
    if len(tops) == 1 and tree.is_directory(tops[0]):
        return os.path.join(into, tops[0])
    if one_top:
        hint = "A source distribution holds one folder, called name-version (PEP 625)."
        raise SourceError(
            f"{name} does not hold one top folder, but {', '.join(tops[:5])}", hint=hint
        )
    return into


@contextmanager
def _translated(name: str, into: str) -> Iterator[None]:
    """Turn what the readers of damaged archives raise into a `SourceError`."""
    try:
        yield
    except SourceError:
        raise
    except (NotImplementedError, RuntimeError) as error:  # zipfile: unknown compression, a password
        problem = f"{name} cannot be read: it is encrypted, or packed in an unknown way"
        raise SourceError(problem) from error
    except _DAMAGE as error:
        kind = type(error).__name__
        if isinstance(error, getattr(tarfile, "FilterError", ())):
            bad = getattr(error, "tarinfo", None)
            member = bad.name if bad else ""
            raise SourceError(f"{name} is refused: its member {member!r} ({kind})") from error
        problem = f"{name} is damaged or cut off ({kind})"
        raise SourceError(problem, hint="Get it again, and compare its hash.") from error
    except OSError as error:
        if error.errno is None:  # what bz2 and gzip raise over bytes that are not theirs
            raise SourceError(f"{name} is damaged", hint="Get it again.") from error
        problem = f"{name} cannot be unpacked into {into}: {error.strerror}"
        raise SourceError(problem) from error


class _Measured:
    """The decompressed side of an archive: bounded in all, and for any one read of tarfile's."""

    def __init__(self, inner: Any, tree: Tree, packed: int) -> None:
        self._inner = inner
        self._tree = tree
        self._packed = packed
        self.latest = b""

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _LARGEST_HEADER:
            raise SourceError(
                f"{self._tree.name} has a header of {size} bytes, which no honest archive has"
            )
        data = cast("bytes", self._inner.read(size))
        self._tree.bound_bytes(self._inner.tell(), self._packed)
        self.latest = data
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_SET:
            self._tree.bound_bytes(offset, None)
        return cast("int", self._inner.seek(offset, whence))

    def tell(self) -> int:
        return cast("int", self._inner.tell())

    def seekable(self) -> bool:
        return True


def _opened(archive: str, kind: str) -> Any:
    if kind == "tar":
        return open(archive, "rb")
    if kind == "gzip":
        return gzip.GzipFile(archive, "rb")
    if kind == "bzip2":
        return bz2.BZ2File(archive, "rb")
    if kind == "xz":
        return lzma.LZMAFile(archive, "rb")
    from importlib import import_module

    try:
        zstd = import_module("compression.zstd")
    except ImportError as error:
        hint = "Run trueup on Python 3.14 or newer, or ask for another file."
        raise SourceError(f"{os.path.basename(archive)} is packed with zstd", hint=hint) from error
    return zstd.ZstdFile(archive, "rb")


def _unpack_tar(archive: str, kind: str, tree: Tree) -> None:
    with _opened(archive, kind) as inner:
        measured = _Measured(inner, tree, os.path.getsize(archive))
        with tarfile.open(fileobj=cast("IO[bytes]", measured), mode="r:") as tar:
            while (info := tar.next()) is not None:
                _unpack_tar_member(tar, info, tree)
                cast("Any", tar).members = []  # a million members need no memory
            _check_end(measured, tree)


def _check_end(measured: _Measured, tree: Tree) -> None:
    """Read to the end: after the last member come zeros only, and a damaged stream says so.

    Otherwise a second archive could hide behind the first, for readers that go on.
    """
    zeros = 0
    piece = measured.latest  # where tarfile saw an end, or a header that it could not read
    while piece:
        if piece.strip(b"\0"):
            raise SourceError(f"{tree.name} has data after its end, or a damaged header")
        zeros += len(piece)
        piece = measured.read(_PIECE)
    if zeros < tarfile.BLOCKSIZE:
        raise SourceError(f"{tree.name} is cut off: it has no end mark", hint="Get it again.")


def _unpack_tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo, tree: Tree) -> None:
    member = Member(info.name, "file", executable=bool(info.mode & 0o100), mtime=info.mtime)
    tree.check_name(info.name)
    if hasattr(tarfile, "data_filter"):
        # Raises FilterError over what it finds; what it changes is decided here anew.
        tarfile.data_filter(info, os.path.realpath(tree.root))
    if info.isdir():
        tree.add_directory(member)
    elif info.issym():
        tree.add_link(member, info.linkname)
    elif info.islnk():
        tree.add_copy(member, info.linkname)
    elif info.isreg():
        source = tar.extractfile(info)
        if source is None:
            raise SourceError(f"{tree.name} holds {info.name!r}, which cannot be read")
        with source:
            tree.add_file(member, iter(lambda: source.read(_PIECE), b""))
    else:
        raise SourceError(
            f"{tree.name} holds {info.name!r}, which is a device or a pipe and no file"
        )


def _unpack_zip(archive: str, tree: Tree) -> None:
    packed = os.path.getsize(archive)
    with zipfile.ZipFile(archive) as file:
        infos = file.infolist()
        if infos and min(info.header_offset for info in infos) != 0:
            raise SourceError(f"{tree.name} has data before its first member")
        for info in infos:
            _unpack_zip_member(file, info, tree, packed)


def _unpack_zip_member(
    file: zipfile.ZipFile, info: zipfile.ZipInfo, tree: Tree, packed: int
) -> None:
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if "\0" in info.orig_filename:
        raise SourceError(
            f"{tree.name} holds {info.orig_filename!r}, whose name is cut in two by a NUL"
        )
    member = Member(info.filename, "file", executable=bool(mode & 0o100))
    if info.is_dir():
        tree.add_directory(member)
    elif kind not in {0, stat.S_IFREG, stat.S_IFLNK}:
        raise SourceError(
            f"{tree.name} holds {info.filename!r}, which is a device or a pipe and no file"
        )
    else:
        with file.open(info) as source:
            if kind == stat.S_IFLNK:
                target = source.read(4097)
                tree.add_link(member, target.decode("utf-8", "surrogateescape"))
                return

            def pieces() -> Iterator[bytes]:
                while piece := source.read(_PIECE):
                    yield piece
                    tree.bound_bytes(tree.written, packed)

            tree.add_file(member, pieces())
