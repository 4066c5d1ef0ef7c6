"""A pack as a wheel file again, for those who want a file: tox tells its commands where it lies."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import tempfile
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

from trueup.acquisition.pack import Pack, PackedFile

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

__all__ = ["export_wheel"]

_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same pack gives the same bytes


def export_wheel(pack: Pack, folder: str) -> str:
    """Write the wheel that `pack` holds below `folder`, in a directory that its content names.

    The same files give the same path and the same bytes, also out of two builds whose wheels differ
    in nothing but their clocks; so a file that is there already is right, and another content never
    takes its place while somebody reads it.

    Args:
        pack: what the wheel is to hold.
        folder: made where it is missing.

    Returns:
        The wheel's path.

    Raises:
        StoreError: the pack is gone or damaged.
    """
    home = os.path.join(folder, _content(pack)[:16])
    path = os.path.join(home, pack.wheel)
    if not os.path.exists(path):
        import zipfile

        os.makedirs(home, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=home)
        try:
            with (
                open(descriptor, "wb") as out,
                zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
            ):
                _write(pack, archive)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    return path


def _content(pack: Pack) -> str:
    """Return a digest of the names, modes and bytes of all files."""
    digest = hashlib.sha256()
    for file in pack.files():
        name = f"{file.directory}/{file.name}\0{file.executable:d}"
        digest.update(name.encode("utf-8", "surrogateescape") + file.digest)
    return digest.hexdigest()


def _write(pack: Pack, archive: ZipFile) -> None:
    rows = StringIO(newline="")
    record = csv.writer(rows, lineterminator="\n")
    for member, file in _members(pack):
        content = pack.read(f"{file.directory}/{file.name}")
        archive.writestr(_header(member, executable=file.executable), content)
        digest = base64.urlsafe_b64encode(file.digest).rstrip(b"=").decode()
        record.writerow((member, f"sha256={digest}", len(content)))
    name = f"{pack.dist_info}/RECORD"
    record.writerow((name, "", ""))
    archive.writestr(_header(name), rows.getvalue().encode())


def _header(member: str, *, executable: bool = False) -> ZipInfo:
    from zipfile import ZIP_DEFLATED, ZipInfo

    header = ZipInfo(member, _MOMENT)
    header.compress_type = ZIP_DEFLATED
    header.external_attr = (0o100755 if executable else 0o100644) << 16
    return header


def _members(pack: Pack) -> Iterator[tuple[str, PackedFile]]:
    """Yield each file under its name in a wheel; dist-info last, as PEP 427 recommends."""
    data = pack.dist_info.removesuffix(".dist-info") + ".data"
    last = []
    for file in pack.files():
        scheme, _, below = file.directory.partition("/")
        place = below if scheme == pack.root else "/".join(filter(None, (data, scheme, below)))
        named = (f"{place}/{file.name}" if place else file.name), file
        if place.split("/", 1)[0] == pack.dist_info:
            last.append(named)
        else:
            yield named
    yield from last
