"""Reading pip's installation report: which file each distribution would be installed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from trueup.resolution.address import local_path, recorded
from trueup.resolution.artifact import Archive, Artifact, Directory, Repository, Sdist, Wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.resolution.artifact import Source

__all__ = ["artifacts_of"]


def artifacts_of(report: Mapping[str, Any]) -> list[Artifact]:
    """Return what a report of format 1 would have pip install.

    Raises:
        KeyError, TypeError, ValueError: it is no such report.
    """
    if str(report["version"]).partition(".")[0] != "1":
        raise ValueError(f"its format is {report['version']}")
    return [_artifact(each) for each in report["install"]]


def _artifact(entry: Mapping[str, Any]) -> Artifact:
    metadata = entry["metadata"]
    direct = bool(entry["is_direct"])
    source = _source(entry["download_info"], direct=direct)
    return Artifact(canonicalize_name(metadata["name"]), metadata["version"], source, direct)


def _source(info: Mapping[str, Any], *, direct: bool) -> Source:
    """Return the source that a `download_info` (PEP 610) names."""
    url = recorded(info["url"])
    subdirectory = info.get("subdirectory") or ""
    if "vcs_info" in info:
        revision = info["vcs_info"]
        return Repository(
            vcs=revision["vcs"],
            url=url,
            requested_revision=revision.get("requested_revision") or "",
            commit=revision["commit_id"],
            subdirectory=subdirectory,
        )
    if "dir_info" in info:
        path = local_path(url)
        if path is None:
            raise ValueError(f"{url} is no directory of this machine")
        return Directory(path, editable=bool(info["dir_info"].get("editable")))
    archive = info["archive_info"]
    hashes = dict(archive.get("hashes") or {})
    if not hashes and archive.get("hash"):
        hashes = dict([archive["hash"].split("=", 1)])
    pairs = tuple(sorted(hashes.items(), key=lambda pair: len(pair[1]), reverse=True))
    filename = unquote(urlsplit(url).path).rpartition("/")[2]
    if filename.endswith(".whl"):
        return Wheel(url, filename, pairs)
    return Archive(url, pairs, subdirectory) if direct else Sdist(url, filename, pairs)
