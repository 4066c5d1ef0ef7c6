"""Taking the picture of an environment that has just been made anew.

It shows only what is known to be right: files that their receipt proves, the skeleton, which is
compared with what was noted of it, and trueup's own notes. Where anything else is there, or a file
is not as it was written, there is no picture, and the next making anew does all the work again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress

from trueup.destination.environment import Environment
from trueup.destination.picture import VOLATILE, Columns, write_picture
from trueup.destination.skeleton import intact_parts, note_of
from trueup.errors import EnvironmentProblem
from trueup.installation.boot import boot_identity
from trueup.installation.receipt import Receipt, read_receipt, receipt_names

__all__ = ["take_picture"]

_PLAIN = frozenset([".gitignore", "lib64"])
_TRIES = 100  # of a millisecond each; a clock that ticks ten times a second is a slow one


class _Unclear(Exception):
    """Something is not known to be right."""


def take_picture(environment: Environment) -> str:
    """Write the picture of `environment`; return its identity, or "" where there is no picture.

    Two environments of one identity are made of the same packs, written by the same recipes, with
    the same skeleton. The caller holds the lock.

    Args:
        environment: a virtual environment that has been made anew in this run, with the lock held
            ever since, so that its receipts tell what is to be there; no shelf is left.
    """
    if os.name != "posix" or os.path.dirname(environment.state) != environment.root:
        return ""
    with suppress(OSError, OverflowError, EnvironmentProblem, _Unclear):
        return _Picture(environment, _next_tick(environment.state)).taken()
    return ""


def _next_tick(state: str) -> int:
    """Wait for the file system's clock to tick, and return its time, in nanoseconds.

    What changed before has an older ctime, and what changes from now on none that is older.
    """
    path = os.path.join(state, f"tick.{os.urandom(8).hex()}")
    try:
        with open(path, "wb") as file:
            first = os.fstat(file.fileno()).st_ctime_ns
            for _ in range(_TRIES):
                os.utime(file.fileno())
                now = os.fstat(file.fileno()).st_ctime_ns
                if now > first:
                    return now
                time.sleep(0.001)
    finally:
        os.unlink(path)
    raise _Unclear(state)


class _Picture:
    """One picture while it is taken.

    A medium environment has twenty thousand files: what is done for each of them is done in bulk.
    """

    def __init__(self, environment: Environment, since: int) -> None:
        self._root = environment.root
        self._environment = environment
        self._state = os.path.basename(environment.state)
        self._since = since  # what changes then or later may change once more unseen
        self._files = Columns()
        self._directories = Columns()
        self._identity = hashlib.sha256()

    def taken(self) -> str:
        """Look at everything, and write it down.

        Raises:
            _Unclear, OSError: something is not known to be right.
        """
        for name in receipt_names(self._environment):
            receipt = read_receipt(self._environment, name)
            if receipt is None or receipt.boot != boot_identity() or not receipt.recipe:
                raise _Unclear(name)
            self._identity.update(f"{name}\0{receipt.pack}\0{receipt.recipe}\0".encode())
            self._add(receipt)
        written = set(self._files.paths)
        skeleton = intact_parts(self._root)
        self._identity.update(note_of(self._root))
        for path in self._others(written):
            if not (path in skeleton or path in _PLAIN or path.startswith(f"{self._state}/")):
                raise _Unclear(path)
        # Looked at before they are compared: who changes them meanwhile changes how they look.
        if written or not skeleton or intact_parts(self._root) != skeleton or not self._is_plain():
            raise _Unclear(self._root)
        identity = self._identity.hexdigest()
        device = os.lstat(self._root).st_dev
        write_picture(self._environment.state, identity, device, self._files, self._directories)
        return identity

    def _add(self, receipt: Receipt) -> None:
        """Note what a receipt proves: whether it looks so still, others will see."""
        libraries = self._environment.library_directories
        holding = [one for one in libraries if os.path.isdir(os.path.join(one, receipt.dist_info))]
        if len(holding) != 1:
            raise _Unclear(receipt.dist_info)
        library = holding[0]
        start = f"{os.path.relpath(library, self._root)}/"
        paths = [start + path for path in receipt.paths]
        for at in [at for at, path in enumerate(receipt.paths) if path[0] == "/"]:
            paths[at] = os.path.relpath(receipt.paths[at], self._root)
        columns = (receipt.ctimes, receipt.inodes, receipt.mtimes, receipt.sizes)
        self._files.paths += paths
        for mine, column in zip(self._files.numbers, columns, strict=True):
            mine.frombytes(column.tobytes())
        if max(receipt.ctimes) >= receipt.taken or max(receipt.mtimes) >= receipt.began:
            self._check_young(receipt, library, paths)

    def _check_young(self, receipt: Receipt, library: str, paths: list[str]) -> None:
        """Look at every byte of the files that are too young for their receipt to prove them.

        Raises:
            _Unclear: one is not as it was written.
        """
        record = os.path.join(library, receipt.dist_info, "RECORD")
        with open(record, encoding="utf-8", errors="surrogateescape") as file:
            lines = f"\n{file.read()}"
        times = zip(receipt.ctimes, receipt.mtimes, strict=True)
        for at, (changed, written) in enumerate(times):
            if changed < receipt.taken and written < receipt.began:
                continue
            then = (changed, receipt.inodes[at], written, receipt.sizes[at])
            place = os.path.join(self._root, paths[at])
            now = os.lstat(place)
            if self._signature(place, now, now.st_size) != then:
                raise _Unclear(place)
            with open(place, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
            told = urlsafe_b64encode(digest).rstrip(b"=").decode()
            name = os.path.relpath(place, library)
            if f"\n{name},sha256={told},{receipt.sizes[at]}\n" not in lines:
                raise _Unclear(place)

    def _others(self, written: set[str]) -> Iterator[str]:
        """Note all but the files of `written`, which is emptied; yield what is no directory."""
        waiting = ["."]
        while waiting:
            path = waiting.pop()
            now = os.lstat(f"{self._root}/{path}")
            if not stat.S_ISDIR(now.st_mode):
                self._files.add(path, self._signature(path, now, now.st_size))
                yield path
                continue
            names = set(os.listdir(f"{self._root}/{path}"))
            if path == self._state:  # lock and notes come and go in there
                names -= VOLATILE
            else:
                self._directories.add(path, self._signature(path, now, now.st_mode))
            start = "" if path == "." else path + "/"
            inside = {start + name for name in names}
            waiting += inside - written
            written -= inside

    def _is_plain(self) -> bool:
        """Whether what is the same in every environment is so here."""
        with open(os.path.join(self._root, ".gitignore"), "rb") as file:
            ignored = file.read() == b"*\n"
        lib64 = os.path.join(self._root, "lib64")
        return ignored and (not os.path.lexists(lib64) or os.readlink(lib64) == "lib")

    def _signature(self, path: str, now: os.stat_result, last: int) -> tuple[int, int, int, int]:
        """Return how a file or directory looks, as in `Columns`.

        Raises:
            _Unclear: it has changed too lately.
        """
        if now.st_ctime_ns >= self._since:
            raise _Unclear(path)
        return now.st_ctime_ns, now.st_ino, now.st_mtime_ns, last
