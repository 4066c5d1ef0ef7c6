"""`flock` on a file: free the moment its holder is gone, however that ended."""

from __future__ import annotations

import os

__all__ = ["PosixLock"]


class PosixLock:
    """`flock` on a file descriptor of its own, so that threads exclude each other as well."""

    def __init__(self, path: str) -> None:
        """Make a lock that is not taken.

        Args:
            path: the file, which is made where it is not there.
        """
        self._path = path
        self._descriptor = -1

    def take(self) -> bool:
        """Take the lock if it is free.

        Raises:
            OSError: the file cannot be opened, or its file system has no locks.
        """
        import fcntl

        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # An environment that was cleared meanwhile took its lock file with it.
            if os.path.samestat(os.fstat(descriptor), os.stat(self._path)):
                self._descriptor, descriptor = descriptor, -1
        except (BlockingIOError, FileNotFoundError):
            return False
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return self._descriptor >= 0

    def release(self) -> None:
        """Give it back."""
        os.close(self._descriptor)
