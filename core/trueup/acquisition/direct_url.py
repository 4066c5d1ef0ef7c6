"""What is kept of where a distribution came from: the content of direct_url.json (PEP 610)."""

from __future__ import annotations

from typing import Any

from trueup.acquisition.credentials import recordable
from trueup.resolution.artifact import Directory, Repository, Source

__all__ = ["direct_url"]


def direct_url(source: Source, *, sha256: str = "", commit: str = "") -> dict[str, Any]:
    """Return the content of direct_url.json (PEP 610) for something asked for by address or path.

    Args:
        source: what was asked for.
        sha256: the digest of the file that was got, in hexadecimal.
        commit: the exact commit that was checked out.
    """
    if isinstance(source, Directory):
        from pathlib import Path

        info = {"editable": True} if source.editable else {}
        return {"url": Path(source.path).absolute().as_uri(), "dir_info": info}
    if isinstance(source, Repository):
        vcs = {"vcs": source.vcs, "commit_id": commit or source.commit}
        if source.requested_revision:
            vcs["requested_revision"] = source.requested_revision
        found: dict[str, Any] = {"url": recordable(source.url), "vcs_info": vcs}
    else:
        hashes = dict(source.hashes)
        if sha256:
            hashes["sha256"] = sha256
        archive: dict[str, Any] = {}
        if hashes:
            best = "sha256" if "sha256" in hashes else next(iter(hashes))
            # "hash" is for readers from before "hashes" (the specification keeps both).
            archive = {"hash": f"{best}={hashes[best]}", "hashes": hashes}
        found = {"url": recordable(_as_url(source.url)), "archive_info": archive}
    subdirectory = getattr(source, "subdirectory", "")
    if subdirectory:
        found["subdirectory"] = subdirectory
    return found


def _as_url(url: str) -> str:
    if "://" in url or url.startswith("file:"):
        return url.partition("#")[0]
    from pathlib import Path

    return Path(url).absolute().as_uri()
