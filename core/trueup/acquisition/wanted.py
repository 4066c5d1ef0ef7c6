"""What is to be got: one file, where it lies, and what was promised of it."""

from __future__ import annotations

import hashlib
import os
from urllib.parse import urlsplit

from trueup.acquisition.credentials import redact, without_credentials
from trueup.errors import FetchError
from trueup.values import dataclass

__all__ = ["Wanted", "local_path"]

# What proves nothing: collisions can be made of md5 and sha1, and pip's rule is sha256 or better.
_WEAK = frozenset({"md5", "sha1", "sha224", "sha3_224", "shake_128", "shake_256"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to be got.

    Attributes:
        url: `https:`, `http:` or `file:`, or a plain path.
        filename: the name it is to have here: one plain name.
        hashes: (algorithm, hexadecimal digest) pairs that are promised. Each algorithm must fit;
            where one is named more than once, one of its digests must.
        size: bytes, where it is promised.
    """

    url: str
    filename: str
    hashes: tuple[tuple[str, str], ...] = ()
    size: int | None = None

    @property
    def key(self) -> str:
        """What tells this file from every other: address, name and promise, without credentials."""
        told = "\n".join(
            (without_credentials(self.url), self.filename, *map(":".join, sorted(self.hashes)))
        )
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def proven(self) -> bool:
        """Whether a promised hash is strong enough to prove the file: sha256 or better."""
        return any(algorithm not in _WEAK for algorithm, _ in self.hashes)


def local_path(url: str) -> str | None:
    """Return the path that a `file:` address or a plain path names; None for another address."""
    if "://" not in url and not url.lower().startswith("file:"):
        return url
    parts = urlsplit(url)
    if parts.scheme.lower() != "file":
        return None
    from urllib.request import url2pathname

    host = "" if parts.netloc in {"", "localhost"} else f"//{parts.netloc}"
    if host and os.name != "nt":
        raise FetchError(
            f"{redact(url)} names another machine",
            hint="Write file:///path for a file of this one.",
        )
    return url2pathname(host + parts.path)
