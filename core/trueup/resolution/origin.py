"""From direct_url.json back to an artifact: what was installed by address, to be got again."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import basename
from urllib.parse import unquote, urlsplit

from trueup.resolution.address import local_path
from trueup.resolution.artifact import Archive, Artifact, Directory, Repository, Source, Wheel

__all__ = ["artifact_of_origin"]


def artifact_of_origin(name: str, version: str, origin: Mapping[str, object]) -> Artifact | None:
    """Return the artifact that a direct_url.json (PEP 610) tells of; None where it tells of none.

    Args:
        name: normalized.
        version: what is installed.
        origin: the content of direct_url.json.
    """
    source = _source(str(origin.get("url", "")), origin)
    return None if source is None else Artifact(name, version, source, direct=True)


def _source(url: str, origin: Mapping[str, object]) -> Source | None:
    directory, vcs = origin.get("dir_info"), origin.get("vcs_info")
    subdirectory = str(origin.get("subdirectory") or "")
    if isinstance(directory, dict):
        path = local_path(url)
        return Directory(path, editable=bool(directory.get("editable"))) if path else None
    if isinstance(vcs, dict):
        return Repository(
            vcs=str(vcs.get("vcs")),
            url=url,
            requested_revision=str(vcs.get("requested_revision") or ""),
            commit=str(vcs.get("commit_id") or ""),
            subdirectory=subdirectory,
        )
    filename = unquote(basename(urlsplit(url).path))
    hashes = _hashes(origin.get("archive_info"))
    if filename.endswith(".whl"):
        return Wheel(url, filename, hashes)
    return Archive(url, hashes, subdirectory) if filename else None


def _hashes(archive: object) -> tuple[tuple[str, str], ...]:
    told = archive.get("hashes") if isinstance(archive, dict) else None
    return tuple((str(key), str(value)) for key, value in told.items()) if told else ()
