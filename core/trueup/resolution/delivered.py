"""Whether what is installed came from the very content that lies at an address now.

PEP 610 has an installer record the address and, of an archive, its digest; of a repository, the
commit. With these an address answers as a version does, without anybody being asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from trueup.destination.installed import InstalledDistribution
from trueup.resolution.address import fragment_hashes, key_of_address, local_path

__all__ = ["is_delivered"]

_COMMIT = 40  # hexadecimal digits; a shorter name may come to mean another commit


def is_delivered(
    address: str, present: InstalledDistribution, hashes: Iterable[tuple[str, str]] = ()
) -> bool:
    """Say whether installing from `address` now would deliver what `present` came from.

    What only a server or a repository could tell is answered with no.

    Args:
        address: a URL as in PEP 508's `name @ url`, with "git+" and fragment if it has them.
        present: what is installed under that name.
        hashes: (algorithm, digest) pairs of which one was promised; those of the fragment count
            without being named here.
    """
    direct = present.direct_url
    if direct is None or present.kind != "dist-info":
        return False
    vcs = direct.get("vcs_info")
    if isinstance(vcs, dict):
        return _is_commit(address, direct, vcs)
    archive = direct.get("archive_info")
    promised = {*hashes, *fragment_hashes(address)}
    return isinstance(archive, dict) and _is_archive(address, promised, direct, archive)


def _is_commit(address: str, direct: Mapping[str, Any], vcs: Mapping[str, Any]) -> bool:
    commit = str(vcs.get("commit_id", ""))
    if len(commit) < _COMMIT:
        return False
    subdirectory = direct.get("subdirectory") or ""
    fragment = f"#subdirectory={subdirectory}" if subdirectory else ""
    known = f"{vcs.get('vcs')}+{direct['url']}@{commit}{fragment}"
    return key_of_address(address) == key_of_address(known)


def _is_archive(
    address: str,
    promised: set[tuple[str, str]],
    direct: Mapping[str, Any],
    archive: Mapping[str, Any],
) -> bool:
    hashes = archive.get("hashes")
    sha256 = str(hashes.get("sha256", "")).lower() if isinstance(hashes, dict) else ""
    kept = ("sha256", sha256) in promised
    if not sha256 or (promised and not kept) or not _same_place(address, direct):
        return False
    path = local_path(address)
    # A file can change under its name; of a server's file, only a promised digest tells the same.
    return kept if path is None else sha256 == _digest(path)


def _same_place(address: str, direct: Mapping[str, Any]) -> bool:
    if "+" in urlsplit(address).scheme:
        return False
    subdirectory = dict(parse_qsl(urlsplit(address).fragment)).get("subdirectory", "").strip("/")
    same = key_of_address(address)[0] == key_of_address(direct["url"])[0]
    return same and subdirectory == str(direct.get("subdirectory") or "").strip("/")


def _digest(path: str) -> str:
    import hashlib  # only where a file was asked for

    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # whoever installs from it says what is wrong
        return ""
