"""What is installed in an environment, as its directories tell.

The standard is "Recording installed projects" of the packaging specifications. Looking costs one
listing of each directory: name and version stand in the names of the dist-info directories, and
files are read only where a name leaves doubt, or where something more is asked.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping

from trueup.destination.environment import Environment
from trueup.errors import EnvironmentProblem
from trueup.values import dataclass

__all__ = [
    "InstalledDistribution",
    "find_duplicates",
    "find_leftovers",
    "normalized_name",
    "read_installed",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    InstalledKind = Literal["dist-info", "egg-info", "egg-link"]

# Compiled when the first one is read: an empty environment has none.
_NAME = r"(?i)[a-z0-9](?:[a-z0-9._]*[a-z0-9])?"
# PEP 440 in its canonical form only; what else there may be, METADATA tells.
_VERSION = (
    r"(?:\d+!)?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?"
    r"(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?"
)
_EGG_INFO = r"(?P<stem>.+?)(?:-py\d[\d.]*(?:-.+)?)?\.egg-info"


@dataclass(frozen=True, slots=True)
class InstalledDistribution:
    """One installed distribution; what is no attribute here is read when it is asked for.

    Attributes:
        name: normalized (PEP 503).
        version: as its directory's name or its metadata says.
        path: its dist-info or egg-info directory, egg-info file (distutils) or egg-link file.
        kind: which of them.
        metadata_path: where METADATA or PKG-INFO stands; "" where it is missing.
    """

    name: str
    version: str
    path: str
    kind: InstalledKind
    metadata_path: str

    @property
    def library(self) -> str:
        """The directory that it is installed in."""
        return os.path.dirname(self.path)

    @property
    def display_name(self) -> str:
        """The name as its author writes it."""
        return read_headers(self.metadata_path).get("name") or self.name

    @property
    def installer(self) -> str:
        """Who installed it, such as "pip"; "" if nobody said."""
        return (self._read("INSTALLER") or "").strip()

    @property
    def requested(self) -> bool:
        """Whether it was asked for by itself, and not only needed by another (PEP 376)."""
        return self.kind == "egg-link" or self._exists("REQUESTED")

    @property
    def direct_url(self) -> Mapping[str, Any] | None:
        """The content of direct_url.json (PEP 610); None if there is none that is valid."""
        text = self._read("direct_url.json")
        if text is None:
            return None
        try:
            content = json.loads(text)
        except ValueError:  # a spoilt record of where it came from is as good as none
            return None
        return (
            content if isinstance(content, dict) and isinstance(content.get("url"), str) else None
        )

    @property
    def editable_location(self) -> str | None:
        """The directory of the source tree, if it is installed editable (PEP 660, egg-link)."""
        if self.kind == "egg-link":
            return _egg_link_location(self.path)
        direct = self.direct_url
        if direct is None:
            return None
        from urllib.parse import urlsplit

        details = direct.get("dir_info")
        address = urlsplit(direct["url"])
        if not isinstance(details, dict) or not details.get("editable") or address.scheme != "file":
            return None
        return path_in_url(address.path)

    def read_file(self, name: str) -> str | None:
        """Return the text of a file beside its metadata, such as "entry_points.txt", or None."""
        return self._read(name)

    def _beside(self, name: str) -> str:
        return os.path.join(os.path.dirname(self.metadata_path), name)

    def _exists(self, name: str) -> bool:
        return self.kind == "dist-info" and os.path.isfile(os.path.join(self.path, name))

    def _read(self, name: str) -> str | None:
        # An egg-info that is a file has nothing beside it that is its own.
        if not self.metadata_path or self.metadata_path == self.path:
            return None
        try:
            with open(
                self._beside(name), encoding="utf-8", errors="surrogateescape", newline=""
            ) as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            problem = f"{self._beside(name)} cannot be read: {error.strerror}"
            raise EnvironmentProblem(problem, hint=_READABLE) from error


_READABLE = "Make it readable for you, or use an environment of your own."


def normalized_name(name: str) -> str:
    """Return a name in the form that compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_installed(environment: Environment) -> dict[str, InstalledDistribution]:
    """Return what is installed, by normalized name; of several, what Python finds first.

    Raises:
        EnvironmentProblem: a directory is there and cannot be read.
    """
    found: dict[str, InstalledDistribution] = {}
    for distribution in _scan(environment):
        found.setdefault(distribution.name, distribution)
    return found


def find_duplicates(environment: Environment) -> dict[str, list[InstalledDistribution]]:
    """Return the names that more than one distribution has, with all that have it.

    The first is the one that Python finds. Raises as `read_installed`.
    """
    found: dict[str, list[InstalledDistribution]] = {}
    for distribution in _scan(environment):
        found.setdefault(distribution.name, []).append(distribution)
    return {name: several for name, several in found.items() if len(several) > 1}


def find_leftovers(environment: Environment) -> list[str]:
    """Return what broken installs left: dist-info without METADATA, and pip's "~..."."""
    found = []
    for library in environment.library_directories:
        for name in _list(library):
            path = os.path.join(library, name)
            bare = name.endswith(".dist-info") and not os.path.isfile(
                os.path.join(path, "METADATA")
            )
            if bare or name.startswith("~"):
                found.append(path)
    return found


def read_headers(path: str) -> dict[str, str]:
    """Return Name and Version of a METADATA or PKG-INFO file, by lower-case key."""
    headers: dict[str, str] = {}
    if not path:
        return headers
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            if line in {"\n", "\r\n"}:
                break
            key, separator, value = line.partition(":")
            if separator and key.lower() in {"name", "version"}:
                headers.setdefault(key.lower(), value.strip())
                if len(headers) == 2:
                    break
    return headers


def _list(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except (FileNotFoundError, NotADirectoryError):  # nothing was ever installed there
        return []


def _scan(environment: Environment) -> Iterator[InstalledDistribution]:
    for library in environment.library_directories:
        try:
            yield from _scan_library(library)
        except OSError as error:
            problem = f"{error.filename or library} cannot be read: {error.strerror or error}"
            raise EnvironmentProblem(problem, hint=_READABLE) from error


def _scan_library(library: str) -> Iterator[InstalledDistribution]:
    names = _list(library)
    # An egg-link leads to a path that Python searches after the directory that it lies in.
    for ending, read in _READERS.items():
        for name in names:
            if name.endswith(ending) and not name.startswith("~"):
                try:
                    found = read(library, name)
                except FileNotFoundError:  # another process is just removing it
                    continue
                if found is not None:
                    yield found


def _read_dist_info(library: str, name: str) -> InstalledDistribution | None:
    path = os.path.join(library, name)
    metadata = os.path.join(path, "METADATA")
    if not os.path.isfile(metadata):  # half of an install, or of an uninstall
        return None
    stem = name.removesuffix(".dist-info")
    return _identified(stem, path, "dist-info", metadata)


def _read_egg_info(library: str, name: str) -> InstalledDistribution | None:
    path = os.path.join(library, name)
    metadata = path if os.path.isfile(path) else os.path.join(path, "PKG-INFO")
    if not os.path.isfile(metadata):
        return None
    match = re.fullmatch(_EGG_INFO, name)
    return _identified(match["stem"] if match else "", path, "egg-info", metadata)


def _read_egg_link(library: str, name: str) -> InstalledDistribution | None:
    path = os.path.join(library, name)
    location = _egg_link_location(path)
    stem = normalized_name(name.removesuffix(".egg-link"))
    for entry in _list(location) if location else []:
        if entry.endswith(".egg-info") and normalized_name(entry.removesuffix(".egg-info")) == stem:
            metadata = os.path.join(location or "", entry, "PKG-INFO")
            if os.path.isfile(metadata):
                return _identified("", path, "egg-link", metadata)
    return InstalledDistribution(stem, "", path, "egg-link", "")  # its source tree is gone


_READERS = {".dist-info": _read_dist_info, ".egg-info": _read_egg_info, ".egg-link": _read_egg_link}


def _identified(
    stem: str, path: str, kind: InstalledKind, metadata: str
) -> InstalledDistribution | None:
    """Take name and version from a directory's name; where that leaves doubt, from its metadata."""
    name, separator, version = stem.partition("-")
    if not (separator and re.fullmatch(_NAME, name) and re.fullmatch(_VERSION, version)):
        headers = read_headers(metadata)
        name, version = headers.get("name", name), headers.get("version", version)
    if not name:
        return None
    return InstalledDistribution(normalized_name(name), version, path, kind, metadata)


def _egg_link_location(path: str) -> str | None:
    """Return the directory that the first line of an egg-link names."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        first = file.readline().strip()
    return os.path.normpath(os.path.join(os.path.dirname(path), first)) if first else None


def path_in_url(path: str) -> str:
    """Return the path that the path of a `file:` URL stands for on this platform (RFC 8089)."""
    if os.name == "nt":
        from urllib.request import url2pathname

        return url2pathname(path)
    # `urllib.request` brings HTTP and TLS with it: 25 ms, for one call of `unquote`
    from urllib.parse import unquote

    return unquote(path)
