"""The store: packs by the digest of their wheel, and what trueup remembers beside them.

Nothing in it is ever linked into an environment. Every file in it can be made again, so a damaged
one is set aside, said, and got again. Many processes may use one store at once: a file appears
whole or not at all, under a name that its content decides, so no lock is needed.
"""

from __future__ import annotations

import os
import re

from trueup.acquisition.pack import find_damage, load_pack, open_for_reading
from trueup.acquisition.store_folder import (
    FOLDERS,
    LAYOUT,
    default_root,
    folder_in,
    prepare_root,
)
from trueup.acquisition.store_records import (
    read_record,
    record_path,
    write_atomically,
    write_record,
)
from trueup.acquisition.store_temporary import (
    remove,
    remove_leftovers,
    temporary_directory,
    temporary_name,
)
from trueup.errors import StoreError
from trueup.reporting import SILENT, Event
from trueup.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from io import FileIO
    from typing import Any

    from trueup.acquisition.pack import Pack
    from trueup.acquisition.wheel_rules import Limits
    from trueup.reporting import Reporter

__all__ = ["Store", "open_store"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PACK, _VERIFIED = ".pack", ".verified"


def open_store(root: str | None = None, *, reporter: Reporter = SILENT) -> Store:
    """Open the store at `root`, made where it is missing; remove what dead processes left in it.

    Args:
        root: its directory; None for TRUEUP_CACHE_DIR, or else the user's own cache directory.
        reporter: is told of damage and of oddities of wheels.

    Raises:
        StoreError: it cannot be made, or others could write to it.
    """
    path = default_root() if root is None else os.path.abspath(root)
    store = Store(path, prepare_root(path), reporter)
    for name in FOLDERS:
        store.folder(name)
    if store.writable:
        remove_leftovers(store.folder("temporary"))
    return store


@dataclass(frozen=True, slots=True)
class Store:
    """An open store; made by `open_store`. Safe to use from many threads.

    Attributes:
        root: its directory.
        writable: False where it is read-only, and can only serve what it has.
        reporter: is told of damage and of oddities of wheels.
    """

    root: str
    writable: bool
    reporter: Reporter

    @property
    def layout(self) -> str:
        """The directory of everything that this version of trueup keeps."""
        return os.path.join(self.root, LAYOUT)

    def folder(self, name: str) -> str:
        """Return the folder `name` of the store, made for its owner alone where it is missing.

        In use are packs, bytecode, uses, builds, attempts, build-environments, resolutions,
        metadata, glances, interpreters, downloads, repositories, locks, temporary and damaged.

        Raises:
            StoreError: it is a link, another user's, or writable by others.
        """
        return folder_in(self.root, name, writable=self.writable)

    def temporary_directory(self) -> AbstractContextManager[str]:
        """Return a context manager: a new directory in the store, removed with all in it.

        Raises:
            StoreError: it cannot be made.
        """
        return temporary_directory(self.folder("temporary"))

    def find_pack(self, digest: str) -> Pack | None:
        """Return the pack of the wheel whose sha256 is `digest`, or None.

        Its index is checked each time. The bytes of its files are hashed when the pack is not the
        file that was verified before, by size, mtime, ctime and inode. A damaged one is set aside
        and said, and None lets the caller get it again.

        Raises:
            StoreError: it is there and cannot be opened.
        """
        if not _DIGEST.fullmatch(digest):
            return None
        return self._examine(digest, hash_all=False)

    def check_pack(self, digest: str) -> bool:
        """Hash every byte of a pack; return False, set aside and said, if it is damaged.

        Raises:
            StoreError: it is there and cannot be opened.
        """
        there = os.path.lexists(self._path(digest, _PACK))
        return self._examine(digest, hash_all=True) is not None or not there

    def add_wheel(
        self,
        path: str,
        filename: str = "",
        *,
        expected_sha256: str | None = None,
        limits: Limits | None = None,
    ) -> Pack:
        """Check the wheel at `path` by every rule, and return its pack, written or found.

        Args:
            path: the wheel.
            filename: the wheel's file name, where `path` has another.
            expected_sha256: what it must hash to, in hexadecimal.
            limits: how much it may unpack to.

        Raises:
            FetchError: the wheel cannot be read.
            HashMismatch: it is not the one that was promised.
            WheelRefused: it breaks a rule.
            StoreError: there is no room for the pack, or the store is read-only.
        """
        if not self.writable:
            raise StoreError(
                f"the store {self.root} is read-only, and {filename or path} is not in it",
                hint="Name another place with TRUEUP_CACHE_DIR.",
            )
        from trueup.acquisition.packing import write_pack  # 60 ms that a warm install saves
        from trueup.acquisition.wheel import open_wheel

        new = temporary_name(self.folder("temporary"), _PACK)
        try:
            with open_wheel(
                path, filename, expected_sha256=expected_sha256 or "", limits=limits
            ) as wheel:
                for oddity in wheel.oddities:
                    self.reporter(Event("warning", wheel.wheel_name.filename, oddity))
                pack = self.find_pack(wheel.digest)
                if pack is not None:
                    return pack
                pack = write_pack(wheel, new)
            return self._keep(pack)
        finally:
            remove(new)

    def find_build(self, key: str) -> dict[str, Any] | None:
        """Return what `record_build` was given for `key`; None if nothing, or if it is damaged."""
        path = record_path(os.path.join(self.layout, "builds"), key)
        value = read_record(path, key)
        if value is not None:
            _touch(path)
        return value

    def record_build(self, key: str, value: dict[str, Any]) -> None:
        """Remember what a build gave: `value["pack"]` is the digest of its pack.

        On a read-only store nothing is remembered.

        Raises:
            StoreError: there is no room for the record.
        """
        if self.writable:
            path = record_path(self.folder("builds"), key)
            write_record(path, key, value, self.folder("temporary"))

    def _path(self, digest: str, suffix: str) -> str:
        return os.path.join(self.layout, "packs", digest + suffix)

    def _examine(self, digest: str, *, hash_all: bool) -> Pack | None:
        path = self._path(digest, _PACK)
        try:
            file = open_for_reading(path)
        except FileNotFoundError:
            return None
        except OSError as problem:
            if os.path.islink(path) or os.path.isdir(path):
                self._set_aside(digest, f"{path} is no file")
                return None
            raise StoreError(f"{path} cannot be opened: {problem.strerror}") from problem
        with file:
            try:
                return self._load(digest, file, hash_all=hash_all)
            except (StoreError, OSError) as problem:
                self._set_aside(digest, str(problem).split("\n", maxsplit=1)[0])
        return None

    def _load(self, digest: str, file: FileIO, *, hash_all: bool) -> Pack:
        status = os.fstat(file.fileno())
        pack = load_pack(file, self._path(digest, _PACK))
        if pack.digest != digest:
            raise StoreError(f"{pack.path} is the pack of another wheel, {pack.wheel}")
        verified = self._path(digest, _VERIFIED)
        if hash_all or _read_identity(verified) != _identity(status):
            if damage := find_damage(pack, file):
                raise StoreError(f"{pack.path} is damaged: {damage}")
            self._record_identity(digest, status)
        elif not hash_all:
            _touch(verified)
        return pack

    def _keep(self, pack: Pack) -> Pack:
        """Give the finished pack its name."""
        path = self._path(pack.digest, _PACK)
        try:
            os.replace(pack.path, path)
        except OSError as problem:
            # Windows cannot replace a file that is open: then another process has it already.
            other = self.find_pack(pack.digest)
            if other is not None:
                return other
            raise StoreError(f"{path} cannot be written: {problem.strerror}") from problem
        self._record_identity(pack.digest, None)
        return replace(pack, path=path)

    def _record_identity(self, digest: str, status: os.stat_result | None) -> None:
        if not self.writable:
            return
        try:
            identity = _identity(status or os.stat(self._path(digest, _PACK)))
            path = self._path(digest, _VERIFIED)
            write_atomically(path, identity, os.path.join(self.layout, "temporary"))
        except (OSError, StoreError):
            return  # full, or pruned meanwhile: it is hashed again next time

    def _set_aside(self, digest: str, reason: str) -> None:
        path = self._path(digest, _PACK)
        aside = temporary_name(os.path.join(self.layout, "damaged"), f"-{digest}")
        try:
            os.replace(path, aside)
            message = "it was set aside, and is got again"
        except OSError:
            message = "it is got again"
        remove(self._path(digest, _VERIFIED))
        self.reporter(Event("warning", path, f"{reason}; {message}"))


def _identity(status: os.stat_result) -> bytes:
    numbers = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return " ".join(map(str, numbers)).encode()


def _read_identity(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(200)
    except OSError:
        return b""  # never verified, as far as anybody knows


def _touch(path: str) -> None:
    """Note that something was used, by the mtime of its small companion, for `prune`."""
    try:
        os.utime(path)
    except OSError:
        return  # a read-only store is pruned by whoever owns it
