"""The log of a build: read along while it is written, and as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import IO

__all__ = ["OUTPUT_LIMIT", "Tail", "read_log", "without_credentials"]

_LOG_SHOWN = 1 << 20  # bytes from each end
_LINE_LIMIT = 1 << 16
# Bytes. Compilers of large projects write some 10 MiB; a backend that writes without end would
# fill the disk.
OUTPUT_LIMIT = 1 << 26


class Tail:
    """Reads along what others write to a file, and hands it on by lines."""

    def __init__(self, stream: IO[bytes], show: Callable[[str], None]) -> None:
        """Read from `stream`, and call `show` for each line."""
        self._stream = stream
        self._show = show
        self.size = 0
        self._rest = b""

    def read(self) -> bool:
        """Hand on the whole lines that are new; return whether anything was new."""
        new = False
        while block := self._stream.read(_LINE_LIMIT):
            new = True
            self.size += len(block)
            if self.size > OUTPUT_LIMIT:
                break
            *lines, self._rest = (self._rest + block).split(b"\n")
            for line in lines:
                self._hand_on(line)
            if len(self._rest) > _LINE_LIMIT:
                self._hand_on(self._rest)
                self._rest = b""
        return new

    def finish(self) -> None:
        """Hand on all that is left, a line without its end included."""
        self.read()
        if self._rest:
            self._hand_on(self._rest)
            self._rest = b""

    def _hand_on(self, line: bytes) -> None:
        self._show(without_credentials(line.decode("utf-8", "replace").rstrip("\r")))


def without_credentials(text: str) -> str:
    """Return `text` with the user and password of every address in it hidden."""
    import re

    return re.sub(r"(?<=://)[^/\s@'\"]+@", "****@", text)


def read_log(path: str) -> str:
    """Return the output of a build; of a very long one, its beginning and its end."""
    try:
        with open(path, "rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(0)
            if size <= 2 * _LOG_SHOWN:
                return log.read().decode("utf-8", "replace")
            start = log.read(_LOG_SHOWN)
            log.seek(size - _LOG_SHOWN)
            left_out = f"\n[{size - 2 * _LOG_SHOWN} bytes are left out]\n"
            return (start + left_out.encode() + log.read()).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
