"""Where an install came from: the folder that direct_url.json (PEP 610) or an egg-link names."""

from __future__ import annotations

import os
from typing import Any

from trueup.destination.installed import InstalledDistribution
from trueup.values import dataclass

__all__ = ["Origin", "read_origin"]

_FILE = "file://"


@dataclass(frozen=True, slots=True)
class Origin:
    """The source tree of an install.

    Attributes:
        directory: its folder, absolute; it may be gone.
        editable: whether the tree itself is what is imported.
    """

    directory: str
    editable: bool


def read_origin(distribution: InstalledDistribution) -> Origin | None:
    """Return the folder that something was installed from; None if it was no folder."""
    if distribution.kind == "egg-link":
        place = distribution.editable_location or ""
        return Origin(_project_folder(place), editable=True)
    direct: Any = distribution.direct_url
    if direct is None or not isinstance(direct.get("dir_info"), dict):
        return None
    address = str(direct["url"])
    if not address.startswith(_FILE):
        return None
    place = _path(address)
    below = direct.get("subdirectory")
    directory = os.path.normpath(os.path.join(place, str(below)) if below else place)
    return Origin(directory, editable=bool(direct["dir_info"].get("editable")))


def _path(address: str) -> str:
    if os.name == "nt":
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return url2pathname(urlsplit(address).path)
    # `urllib.request` brings HTTP and TLS with it: 25 ms, for one call of `unquote`
    from urllib.parse import unquote

    return unquote(address.removeprefix(_FILE).removeprefix("localhost"))


def _project_folder(place: str) -> str:
    """Return the folder with the project's files: an egg-link names the one of its modules."""
    for folder in (place, os.path.dirname(place)):
        if any(os.path.isfile(os.path.join(folder, one)) for one in ("setup.py", "pyproject.toml")):
            return folder
    return place
