"""Real wheels, made on the spot: valid by default, and wrong in just the way a test asks for."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def record_digest(content: bytes) -> str:
    """Return the hash field of a RECORD row for `content`."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return "sha256=" + digest.decode()


def make_wheel(
    folder: Path,
    name: str = "demo",
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    extras: Mapping[str, Iterable[str]] | None = None,
    entry_points: str = "",
    tag: str = "py3-none-any",
    purelib: bool = True,
    executable: Iterable[str] = (),
    requires_python: str = "",
) -> Path:
    """Write a valid wheel into `folder` and return its path.

    Without `files` it holds one package of the wheel's name, whose `VERSION` is its version.
    """
    stem = name.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    members: dict[str, bytes] = {
        path: content.encode() if isinstance(content, str) else content
        for path, content in (files or {f"{stem}/__init__.py": f"VERSION = {version!r}\n"}).items()
    }
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
    if requires_python:
        metadata.append(f"Requires-Python: {requires_python}\n")
    metadata += [f"Requires-Dist: {requirement}\n" for requirement in requires]
    for extra, wanted in (extras or {}).items():
        metadata.append(f"Provides-Extra: {extra}\n")
        metadata += [f'Requires-Dist: {each}; extra == "{extra}"\n' for each in wanted]
    members[f"{info}/METADATA"] = "".join(metadata).encode()
    members[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: tests\n"
        f"Root-Is-Purelib: {str(purelib).lower()}\nTag: {tag}\n"
    ).encode()
    if entry_points:
        members[f"{info}/entry_points.txt"] = entry_points.encode()
    rows = [
        f"{member},{record_digest(content)},{len(content)}\n" for member, content in members.items()
    ]
    members[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{version}-{tag}.whl"
    runnable = set(executable)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            info_record = zipfile.ZipInfo(member, (2024, 1, 1, 0, 0, 0))
            info_record.compress_type = zipfile.ZIP_DEFLATED
            info_record.external_attr = (0o100755 if member in runnable else 0o100644) << 16
            archive.writestr(info_record, content)
    return path
