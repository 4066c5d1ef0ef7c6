"""Where something lies: addresses, paths, and the way from one to the other."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote, urlsplit

from trueup.errors import RequestError
from trueup.resolution.address import file_url

__all__ = [
    "ARCHIVE_SUFFIXES",
    "absolute_path",
    "index_address",
    "is_address",
    "is_archive",
    "is_lock",
    "is_remote",
    "is_repository",
    "links_address",
    "looks_like_path",
    "path_of_address",
    "read_from",
]

ARCHIVE_SUFFIXES = (
    *(".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz"),
    *(".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"),
)

_REMOTE = ("http:", "https:", "ftp:")
_SCHEME = re.compile(r"(?:https?|ftp|file|(?:git|hg|svn|bzr)\+[a-z][a-z0-9.+-]*):", re.IGNORECASE)
_REPOSITORY = re.compile(r"(git|hg|svn|bzr)\+[a-z][a-z0-9.+-]*:", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def is_address(text: str) -> bool:
    """Tell whether `text` begins with a scheme that a distribution can be got by."""
    return _SCHEME.match(text) is not None


def is_remote(text: str) -> bool:
    """Tell whether `text` is an address of another machine."""
    return text.lower().startswith(_REMOTE)


def is_repository(text: str) -> bool:
    """Tell whether `text` is the address of a version control system, such as `git+https:`."""
    return _REPOSITORY.match(text) is not None


def is_archive(path: str) -> bool:
    """Tell by its name whether a file is a wheel or a source archive."""
    return path.lower().endswith(ARCHIVE_SUFFIXES)


def is_lock(path: str) -> bool:
    """Tell by its name whether a file is a lock (PEP 751): `pylock.toml`, `pylock.<name>.toml`."""
    if not os.path.basename(path).startswith("pylock."):
        return False
    from pathlib import Path

    from packaging.pylock import is_valid_pylock_path

    return is_valid_pylock_path(Path(path))


def looks_like_path(text: str) -> bool:
    """Tell whether `text` can only be meant as a path, whether or not something is there."""
    return text.startswith((".", "~")) or "/" in text or "\\" in text or bool(_DRIVE.match(text))


def absolute_path(text: str, folder: str) -> str:
    """Return the absolute path that `text` names, seen from `folder`; `~` is the home directory.

    Backslashes separate on every platform where the literal name does not exist: requirement
    files written on Windows are read elsewhere.
    """
    path = os.path.normpath(os.path.join(folder, os.path.expanduser(text)))
    if "\\" in text and os.sep == "/" and not os.path.exists(path) and not _DRIVE.match(text):
        return absolute_path(text.replace("\\", "/"), folder)
    return path


def path_of_address(address: str, folder: str) -> str:
    """Return the absolute path that a `file:` address names, without its fragment.

    `file:name` and `file:./name` are no addresses by RFC 8089, but pip has always read them as
    relative paths and people write them.

    Raises:
        RequestError: the address names another machine.
    """
    parts = urlsplit(address)
    host = parts.netloc
    if host in {"", "localhost"}:
        path = unquote(parts.path, errors="surrogateescape")
    elif host in {".", ".."}:
        path = host + unquote(parts.path, errors="surrogateescape")
    elif os.name == "nt":
        path = f"//{host}{unquote(parts.path)}"
    else:
        raise RequestError(
            f"{address!r} names a file on the machine {host!r}",
            hint="Write three slashes for a file of this machine: file:///path",
        )
    if re.match(r"/[A-Za-z]:", path) and os.name == "nt":
        path = path[1:]
    return absolute_path(path, folder)


def index_address(text: str, *folders: str) -> str:
    """Return the address of a package index that was named by an address or a path.

    Args:
        text: what was written.
        folders: where a relative path may start from; the first where something is there counts,
            else the last.
    """
    return text if _is_url(text) else file_url(_first_there(text, folders))


def links_address(text: str, *folders: str) -> str:
    """Return the address, or the absolute path, of a page or directory that links to files.

    Args:
        text: what was written behind `--find-links`.
        folders: as in `index_address`.
    """
    return text if _is_url(text) else _first_there(text, folders)


def _is_url(text: str) -> bool:
    return "://" in text or text.lower().startswith("file:")


def _first_there(text: str, folders: tuple[str, ...]) -> str:
    paths = [absolute_path(text, folder) for folder in folders]
    return next((path for path in paths if os.path.exists(path)), paths[-1])


def read_from(location: str) -> bytes:
    """Return the content of a file of this machine.

    Raises:
        RequestError: it cannot be read; the reason is the operating system's.
    """
    try:
        with open(location, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RequestError(f"{location} cannot be read: {reason}") from error
