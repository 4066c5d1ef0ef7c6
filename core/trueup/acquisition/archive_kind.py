"""What kind of archive a file is, and that it is only that one."""

from __future__ import annotations

import os
from typing import IO

from trueup.errors import SourceError

__all__ = ["archive_kind"]

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_ZIP_NAMES = (".zip", ".whl", ".egg")
_TAR_NAMES = (
    ".tar",
    ".tgz",
    ".tbz",
    ".tbz2",
    ".txz",
    ".tlz",
    ".tar.gz",
    ".tar.bz2",
    ".tar.xz",
    ".tar.zst",
)


def archive_kind(archive: str) -> str:
    """Return what the archive is by its content, and make sure that it is only that one thing.

    A file that is a zip to one reader and a tar to another shows each something else
    (CVE-2026-3219): name and content must agree, and nothing may be both.

    Returns:
        "zip", "tar", "gzip", "bzip2", "xz" or "zstd"; all but the first are a tar inside.

    Raises:
        SourceError: it is no archive, or two in one, or not what its name says.
        OSError: it cannot be read.
    """
    name = os.path.basename(archive)
    with open(archive, "rb") as file:
        head = file.read(512)
        tail = _tail(file)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")
    plain_tar = head[257:262] == b"ustar"
    if not kind and (plain_tar or name.lower().endswith(".tar")):
        kind = "tar"
    if not kind:
        raise SourceError(
            f"{name} is no source archive", hint="Expected are .tar.gz, .zip and their like."
        )
    lower = name.lower()
    if (kind == "zip" and (lower.endswith(_TAR_NAMES) or plain_tar)) or (
        kind != "zip" and lower.endswith(_ZIP_NAMES)
    ):
        raise SourceError(f"{name} is not what its name says: its content is {kind}")
    if kind != "zip" and _ends_as_zip(tail):
        raise SourceError(f"{name} is two archives in one: {kind}, and zip at its end")
    return kind


def _tail(file: IO[bytes]) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - (1 << 16) - 22))
    return file.read()


def _ends_as_zip(tail: bytes) -> bool:
    """Whether a zip's end record closes the file: its comment runs exactly to the last byte."""
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        if at + 22 <= len(tail) and at + 22 + int.from_bytes(
            tail[at + 20 : at + 22], "little"
        ) == len(tail):
            return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False
