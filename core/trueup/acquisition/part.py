"""A file that is not whole yet, and the proof of it when it is."""

from __future__ import annotations

import hashlib
from typing import Any

from trueup.acquisition.credentials import redact
from trueup.acquisition.wanted import Wanted
from trueup.errors import FetchError, HashMismatch

__all__ = ["Part", "open_part", "prove", "wrong_size"]

# The shake functions have no length of their own, so no digest of theirs can be compared.
_KNOWN = frozenset(name for name in hashlib.algorithms_available if not name.startswith("shake"))


class Part:
    """A file that is not whole yet, with the digests of what is there of it."""

    def __init__(self, path: str, algorithms: frozenset[str]) -> None:
        self.path = path
        self.size = 0
        self._algorithms = algorithms
        self._hashers: dict[str, Any] = {}
        self._handle = open(path, "a+b", buffering=0)  # noqa: SIM115 - closed by `close`, which its user calls
        self._digest_what_is_there()

    def _digest_what_is_there(self) -> None:
        self._hashers = {
            name: hashlib.new(name, usedforsecurity=False) for name in self._algorithms
        }
        self.size = 0
        self._handle.seek(0)
        while piece := self._handle.read(1 << 20):
            self._count(piece)

    def _count(self, piece: bytes) -> None:
        self.size += len(piece)
        for hasher in self._hashers.values():
            hasher.update(piece)

    def append(self, piece: bytes) -> None:
        """Add bytes at the end."""
        view = memoryview(piece)
        while view:
            view = view[self._handle.write(view) :]
        self._count(piece)

    def restart(self) -> None:
        """Forget what is there."""
        if self.size:
            self._handle.truncate(0)
            self._digest_what_is_there()

    def digest(self, algorithm: str) -> str:
        """Return the hexadecimal digest of what is there."""
        return str(self._hashers[algorithm].hexdigest())

    def close(self) -> None:
        """Close the file; it stays where it is."""
        self._handle.close()


def open_part(wanted: Wanted, path: str) -> Part:
    """Open what is there of `wanted` at `path`, or a new file.

    Raises:
        FetchError: it is promised by a hash that nobody here knows.
        OSError: the file cannot be opened.
    """
    names = {algorithm for algorithm, _ in wanted.hashes}
    unknown = [name for name in sorted(names) if name not in _KNOWN]
    if unknown:
        problem = f"{wanted.filename} is promised by {unknown[0]!r}, a hash that is not known here"
        raise FetchError(problem, hint="Promise it by sha256.")
    return Part(path, frozenset(names | {"sha256"}))


def prove(wanted: Wanted, part: Part) -> None:
    """Make sure that what is there is the file that was promised.

    Raises:
        HashMismatch: it is another.
        FetchError: it has not the size that was promised.
    """
    if wanted.size not in {None, part.size}:
        raise wrong_size(wanted, f"{part.size} bytes long")
    promised: dict[str, list[str]] = {}
    for algorithm, digest in wanted.hashes:
        promised.setdefault(algorithm, []).append(digest.lower())
    for algorithm, digests in promised.items():
        actual = part.digest(algorithm)
        if actual not in digests:
            raise HashMismatch(
                f"{wanted.filename} from {redact(wanted.url)}",
                expected=" or ".join(f"{algorithm}:{digest}" for digest in digests),
                actual=f"{algorithm}:{actual}",
                hint="Either it was changed, or the hash was written for another file.",
            )


def wrong_size(wanted: Wanted, what: str) -> FetchError:
    """Return the error for a file that is `what`, such as "3 bytes long"."""
    than = "than it said" if wanted.size is None else f"and {wanted.size} bytes were promised"
    return FetchError(f"{wanted.filename} from {redact(wanted.url)} is {what}, {than}")
