"""Addresses: from paths to `file:` URLs and back, without credentials, and comparable."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from trueup.resolution.artifact import Archive, Directory, Repository, Wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.resolution.artifact import Source

__all__ = [
    "address_of",
    "file_url",
    "fragment_hashes",
    "is_wheel_at",
    "key_of_address",
    "key_of_source",
    "local_path",
    "recorded",
    "redact",
    "split_bare",
    "without_credentials",
    "without_hashes",
]

VERSION_CONTROL = ("git", "hg", "svn", "bzr")
_WINDOWS = os.name == "nt"
# Whoever splits an address at its last "@" before the path finds what `urlsplit` calls userinfo.
_USERINFO = re.compile(r"(?<=://)[^\s/@]*(?:@[^\s/@]*)*@(?=[^\s/@])")


def file_url(path: str) -> str:
    """Return the `file:` URL (RFC 8089) of a local path; a relative one counts from here."""
    absolute = os.path.abspath(path)
    if not _WINDOWS:
        return "file://" + quote(absolute)
    forward = absolute.replace("\\", "/")
    if forward.startswith("//"):  # a network share: the host is the URL's own
        return "file:" + quote(forward)
    return "file:///" + quote(forward, safe="/:")


def local_path(url: str) -> str | None:
    """Return the path that a `file:` URL stands for, or None for any other address."""
    if url[:5].lower() != "file:":
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return None
    path = unquote(parts.path)
    if not _WINDOWS:
        return path
    if parts.netloc and parts.netloc != "localhost":
        return f"\\\\{parts.netloc}{path}".replace("/", "\\")
    return path.lstrip("/").replace("/", "\\")


def address_of(text: str) -> str:
    """Return the URL of what may be a URL or a path, as people write index and wheel locations."""
    if "://" in text or text.lower().startswith("file:"):
        return text
    return file_url(os.path.expanduser(text))


def split_bare(text: str) -> tuple[str, str]:
    """Split a bare address at the marker that may follow it: `url ; marker`."""
    url, _, marker = text.partition(" ; ")
    return url.strip(), marker.strip()


def without_credentials(url: str) -> str:
    """Return `url` without user name and password.

    As PEP 610 allows, names that tell nothing stay: `${VARIABLES}` and the user of an ssh address.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address: nobody will get anything from there
        return redact(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url
    user, _, password = userinfo.partition(":")
    variables = all(part.startswith("${") for part in (user, password) if part)
    if not variables:
        ssh = parts.scheme.endswith("ssh")
        host = f"{user}@{host}" if ssh and user else host
        return urlunsplit(parts._replace(netloc=host))
    return url


def recorded(url: str) -> str:
    """Return `url` as an artifact holds it: no credentials, no fragment, one spelling of a path."""
    path = local_path(url)
    return without_credentials(url).partition("#")[0] if path is None else file_url(path)


def redact(text: str) -> str:
    """Return `text` with the credentials of every address in it replaced by `****`."""
    return _USERINFO.sub("****@", text)


def fragment_hashes(url: str) -> tuple[tuple[str, str], ...]:
    """Return the (algorithm, digest) pairs of a URL's fragment, as in `#sha256=…` and PEP 503."""
    pairs = parse_qsl(url.partition("#")[2])
    return tuple((name, digest.lower()) for name, digest in pairs if _is_hash(name, digest))


def without_hashes(url: str) -> str:
    """Return `url` with all of its fragment but hashes."""
    address, _, fragment = url.partition("#")
    kept = [part for part in fragment.split("&") if part and not fragment_hashes(f"#{part}")]
    return f"{address}#{'&'.join(kept)}" if kept else address


def _is_hash(name: str, digest: str) -> bool:
    import hashlib

    known = name in hashlib.algorithms_guaranteed
    return known and bool(re.fullmatch(r"[0-9a-fA-F]+", digest))


def _plain(url: str) -> str:
    """Return what two spellings of one address have in common."""
    path = local_path(url)
    if path is not None:
        return os.path.realpath(path)
    parts = urlsplit(without_credentials(url))
    netloc = parts.netloc.lower()
    path = quote(unquote(parts.path)).rstrip("/")
    return urlunsplit((parts.scheme.lower(), netloc, path, parts.query, ""))


def key_of_address(text: str) -> tuple[str, ...]:
    """Return a key that equals `key_of_source` of whatever `text` resolves to.

    Args:
        text: a URL or path as in PEP 508's `name @ url`, with "git+" and fragment if it has them.
    """
    url = address_of(text)
    try:
        return _key(url)
    except ValueError:  # brackets that hold no IPv6 address: equal to nothing that was found
        return (url,)


def _key(url: str) -> tuple[str, ...]:
    fragment: Mapping[str, str] = dict(parse_qsl(urlsplit(url).fragment))
    subdirectory = fragment.get("subdirectory", "").strip("/")
    vcs, plus, rest = url.partition("+")
    if not (plus and vcs.lower() in VERSION_CONTROL):
        return _plain(url), subdirectory
    parts = urlsplit(rest)
    path, _, revision = parts.path.partition("@") if "@" in parts.path else (parts.path, "", "")
    bare = urlunsplit(parts._replace(path=path, fragment=""))
    return vcs.lower(), _plain(bare), unquote(revision), subdirectory


def key_of_source(source: Source) -> tuple[str, ...]:
    """Return a key that two sources share only when they are the same thing at the same address."""
    match source:
        case Repository():
            revision = source.requested_revision
            return source.vcs, _plain(source.url), revision, source.subdirectory.strip("/")
        case Directory():
            return os.path.realpath(source.path), ""
        case Archive():
            return _plain(source.url), source.subdirectory.strip("/")
        case _:
            return _plain(source.url), ""


def is_wheel_at(source: Source, path: str) -> bool:
    """Say whether `source` is the wheel file at the local `path`."""
    return (
        isinstance(source, Wheel)
        and local_path(source.url) is not None
        and (_plain(source.url) == os.path.realpath(path))
    )
