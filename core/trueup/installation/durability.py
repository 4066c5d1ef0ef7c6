"""Durability: what was installed is on the device, and not only on its way there.

Without it, a power cut in the seconds after an install loses files, which the next command finds
and puts back. With it, nothing is lost; the price is to wait for the device.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from trueup.destination.environment import Environment
from trueup.errors import TransactionError

__all__ = ["make_durable"]


def make_durable(environment: Environment) -> None:
    """Wait until everything that was written into `environment` is on the device.

    Raises:
        TransactionError: the device says that it could not be written.
    """
    scheme = environment.scheme
    places = (*environment.library_directories, scheme.scripts, scheme.data, scheme.headers)
    try:
        _flush([path for path in (environment.state, *places) if os.path.isdir(path)])
    except OSError as error:
        raise TransactionError(
            f"{environment.root} could not be written to its device: {error.strerror or error}",
            hint="look at the device; what is installed may be lost when the power goes",
        ) from error


def _flush(directories: Iterable[str]) -> None:
    """Flush the file systems that hold `directories`, each once.

    One call for a file system is much cheaper than one for each of thousands of files, and it is
    the only one that waits for the directories as well.
    """
    devices = {os.stat(path).st_dev: path for path in directories}
    if sys.platform == "linux":
        for path in devices.values():
            _flush_file_system(path)
    elif hasattr(os, "sync"):
        os.sync()
    else:  # Windows flushes files by their handles only
        for path in devices.values():
            _flush_files(path)


def _flush_file_system(path: str) -> None:
    import ctypes

    call = ctypes.CDLL(None, use_errno=True).syncfs
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if call(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
    finally:
        os.close(descriptor)


def _flush_files(top: str) -> None:
    for folder, _, names in os.walk(top):
        for name in names:
            descriptor = os.open(os.path.join(folder, name), os.O_RDWR)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
