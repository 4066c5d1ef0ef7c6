"""A wheel that holds nothing but metadata, so that a resolver never builds a local project itself.

Resolvers read a wheel's METADATA and nothing else. One that is handed such a wheel for a source
tree has no reason to start a build backend, which could hang on the tree (a link cycle) or write
into it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os

from trueup.acquisition.store_folder import make_folder
from trueup.acquisition.store_records import write_atomically

__all__ = ["write_metadata_wheel"]

_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same metadata gives the same bytes, so that memos hold


def write_metadata_wheel(dist_info: str, metadata: bytes, folder: str) -> str:
    """Write a wheel with this METADATA below `folder` and return its path.

    The same metadata has the same path and the same bytes, so that what is remembered of a
    resolution that used it stays true.

    Args:
        dist_info: the name of the dist-info directory, "demo-1.0.dist-info".
        metadata: the content of METADATA.
        folder: a folder of the store.

    Raises:
        StoreError: it cannot be written.
    """
    from zipfile import ZipFile, ZipInfo

    digest = hashlib.sha256(dist_info.encode() + b"\0" + metadata).hexdigest()[:32]
    home = os.path.join(folder, digest)
    path = os.path.join(home, dist_info.removesuffix(".dist-info") + "-py3-none-any.whl")
    if os.path.exists(path):
        return path
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in _files(dist_info, metadata).items():
            archive.writestr(ZipInfo(name, _MOMENT), content)
    make_folder(home)
    write_atomically(path, buffer.getvalue(), home)
    return path


def _files(dist_info: str, metadata: bytes) -> dict[str, bytes]:
    files = {
        f"{dist_info}/METADATA": metadata,
        f"{dist_info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: trueup\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    rows = [f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items()]
    record = f"{dist_info}/RECORD"
    files[record] = "".join([*rows, f"{record},,\n"]).encode()
    return files


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
