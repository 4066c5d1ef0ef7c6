"""The dist-info directory: what is written beside a distribution so that every tool can read it.

The format of RECORD, INSTALLER, REQUESTED and direct_url.json is that of the "recording installed
projects" specification (PEP 376, 610, 627).
"""

from __future__ import annotations

import binascii
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping

from trueup.acquisition.bytecode import Bytecode
from trueup.acquisition.pack import Pack
from trueup.installation.transfer import files_by_directory
from trueup.values import dataclass, field

__all__ = [
    "Delivery",
    "bare_line",
    "line_of",
    "lines_of_pack",
    "metadata_files",
    "record_text",
    "relative_place",
]

_SPECIAL = re.compile('[,"\r\n]')
_ENCODED = 44  # characters of base64 for 33 bytes
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One distribution on its way into an environment.

    Attributes:
        pack: its content.
        requested: named by the user: gets a REQUESTED file.
        direct_url: the content of direct_url.json, or None (PEP 610).
        extra: further files of the dist-info directory, by name.
        bytecode: what the environment's kind of Python has made of its sources, if that is to come
            with them.
    """

    pack: Pack
    requested: bool = False
    direct_url: Mapping[str, object] | None = None
    extra: Mapping[str, bytes] = field(default_factory=dict)
    bytecode: Bytecode | None = None


def metadata_files(delivery: Delivery) -> dict[str, bytes]:
    """Return the files that the installer itself adds to dist-info, RECORD apart."""
    files = {"INSTALLER": b"trueup\n"}
    if delivery.requested:
        files["REQUESTED"] = b""
    if delivery.direct_url is not None:
        files["direct_url.json"] = json.dumps(delivery.direct_url, sort_keys=True).encode()
    files.update(delivery.extra)
    return files


def line_of(path: str, content: bytes, root: str) -> str:
    """Return the line of a file that ends up at `path` (absolute) and holds `content`."""
    return _line(relative_place(path, root), hashlib.sha256(content).digest(), len(content))


def bare_line(path: str) -> str:
    """Return the line of a file without a digest: bytecode, as the specification has it."""
    return _line(path, b"", None)


def lines_of_pack(pack: Pack, roots: Mapping[str, str], skip: Collection[str] = ()) -> list[str]:
    """Return a line for each file of `pack`.

    Args:
        pack: the content.
        roots: scheme name to the absolute directory where its files end up.
        skip: names of the scheme "scripts" that are not written as they are.
    """
    root = roots[pack.root]
    starts = {
        scheme: relative_place(os.path.join(place, ""), root) for scheme, place in roots.items()
    }
    names, sizes, digests = pack.names, pack.sizes, _encoded(pack.digests)
    lines: list[str] = []
    for directory, files in files_by_directory(pack, skip):
        scheme, _, rest = directory.partition("/")
        start = f"{starts[scheme]}{rest}/" if rest else starts[scheme]
        quote = _SPECIAL.search("".join([start, *(names[at] for at in files)])) is not None
        for at in files:
            path = _quoted(start + names[at]) if quote else start + names[at]
            digest = digests[_ENCODED * at : _ENCODED * at + _ENCODED - 1]
            lines.append(f"{path},sha256={digest},{sizes[at]}\n")
    return lines


def _encoded(digests: bytes) -> str:
    """Return digests of 32 bytes each in base64, all by one call: 43 characters and one to drop.

    A zero byte behind each makes it 33, which base64 turns into 44 characters without padding.
    """
    padded = b"\0".join([digests[at : at + 32] for at in range(0, len(digests), 32)])
    return binascii.b2a_base64(padded + b"\0", newline=False).translate(_URL_SAFE).decode()


def record_text(lines: Iterable[str], dist_info: str) -> bytes:
    """Return the content of RECORD: the lines in order, and its own, which has no digest."""
    return ("".join(sorted(lines)) + _line(f"{dist_info}/RECORD", b"", None)).encode()


def _line(path: str, digest: bytes, size: int | None) -> str:
    if size is None:
        return f"{_quoted(path)},,\n"
    return f"{_quoted(path)},sha256={_encoded(digest)[: _ENCODED - 1]},{size}\n"


def _quoted(path: str) -> str:
    """Quote a field as the csv module reads it by default (PEP 376), where it has to be."""
    if not _SPECIAL.search(path):
        return path
    return '"' + path.replace('"', '""') + '"'


def relative_place(path: str, root: str) -> str:
    """Write `path` as RECORD wants it: relative with forward slashes, absolute on another drive.

    A path that ends in a separator stays one.
    """
    start = root + os.sep
    if path.startswith(start):
        return path[len(start) :].replace(os.sep, "/")
    try:
        relative = os.path.relpath(path, root)
    except ValueError:  # Windows: no relative path leads to another drive
        relative = path.rstrip(os.sep)
    return (relative + os.sep if path.endswith(os.sep) else relative).replace(os.sep, "/")
