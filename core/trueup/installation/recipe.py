"""What decides the bytes of an install, beside the pack: where its parts go, what is generated."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from trueup.acquisition.pack import Pack
from trueup.destination.environment import Environment
from trueup.installation.compiled import compiled_files
from trueup.installation.record import (
    Delivery,
    bare_line,
    line_of,
    lines_of_pack,
    metadata_files,
    record_text,
    relative_place,
)
from trueup.installation.scripts import commands_of
from trueup.values import dataclass
from trueup.version import __version__

__all__ = ["Generated", "generated_files", "recipe_digest", "targets_of"]


@dataclass(frozen=True, slots=True)
class Generated:
    """A file that the pack does not hold.

    Attributes:
        scheme: the part of the scheme that it lies in.
        name: relative to that, with slashes.
        content: all of it.
        mode: before the umask.
    """

    scheme: str
    name: str
    content: bytes
    mode: int = 0o666


def targets_of(environment: Environment, pack: Pack) -> dict[str, str]:
    """Return the absolute directory that each part of the scheme stands for."""
    scheme = environment.scheme
    return {
        "purelib": scheme.purelib,
        "platlib": scheme.platlib,
        "scripts": scheme.scripts,
        "data": scheme.data,
        "headers": os.path.join(scheme.headers, pack.name),
    }


def generated_files(environment: Environment, delivery: Delivery) -> list[Generated]:
    """Return the launchers, then what the installer adds to dist-info; RECORD is the last."""
    pack = delivery.pack
    targets = targets_of(environment, pack)
    root = targets[pack.root]
    found = [
        Generated("scripts", name, content, 0o777)
        for name, content in commands_of(pack, environment.interpreter)
    ]
    written_here = {one.name for one in found}
    lines = lines_of_pack(pack, targets, written_here)
    for each in compiled_files(pack, delivery.bytecode, written_here):
        scheme, inside = each.inside
        lines.append(bare_line(relative_place(os.path.join(targets[scheme], inside), root)))
    for name, content in metadata_files(delivery).items():
        found.append(Generated(pack.root, f"{pack.dist_info}/{name}", content))
    for one in found:
        lines.append(line_of(os.path.join(targets[one.scheme], one.name), one.content, root))
    record = record_text(lines, pack.dist_info)
    return [*found, Generated(pack.root, f"{pack.dist_info}/RECORD", record)]


def recipe_digest(environment: Environment, delivery: Delivery, mode: int) -> str:
    """Return the digest of all that decides, with the pack, what is written and where.

    Two installs of one pack with one digest give the same files: same paths, bytes and modes.

    Args:
        environment: where to.
        delivery: what, beside the content of its pack.
        mode: what the umask, or a default access list, leaves of a new directory's permissions.
    """
    parts: Mapping[str, object] = {
        "writer": __version__,
        "system": os.name,
        "executable": environment.interpreter.executable,
        "targets": sorted(targets_of(environment, delivery.pack).items()),
        "metadata": sorted(metadata_files(delivery).items()),
        "mode": mode,
        "bytecode": delivery.bytecode.digest if delivery.bytecode else "",
    }
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()
