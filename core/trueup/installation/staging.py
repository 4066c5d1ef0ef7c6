"""Staging: one distribution, complete to the last byte, in a folder that nobody looks at yet."""

from __future__ import annotations

import os
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace

from trueup.acquisition.pack import Pack
from trueup.destination.environment import Environment
from trueup.installation.journal import Move, Staged
from trueup.installation.receipt import Receipt, boot_identity
from trueup.installation.record import (
    Delivery,
    line_of,
    lines_of_pack,
    metadata_files,
    record_text,
)
from trueup.installation.scripts import Command, commands_of
from trueup.installation.transfer import Stats, files_by_directory, unpack, write_file

__all__ = ["stage", "without_twins"]

Made = list[tuple[str, os.stat_result]]
"""Files that the pack does not hold: final path, and the stat as written."""


def stage(environment: Environment, delivery: Delivery, folder: str) -> Staged:
    """Write all files of `delivery` below `folder`.

    Raises:
        OSError: the place is full or not writable.
        StoreError: the pack is gone since it was found.
    """
    pack = delivery.pack
    commands = commands_of(pack, environment.interpreter)
    schemes = {directory.partition("/")[0] for directory in pack.directories} | {pack.root}
    schemes |= {"scripts"} if commands else set()
    roots = {scheme: os.path.join(folder, scheme) for scheme in sorted(schemes)}
    for root in roots.values():
        os.makedirs(root)
    targets = _targets(environment, pack)
    names = {name for name, _ in commands}
    stats = unpack(pack, roots, skip=names)
    lines = lines_of_pack(pack, targets, names)
    made = _write_commands(commands, roots, targets, lines, pack.root)
    made += _write_metadata(delivery, roots[pack.root], targets[pack.root], lines)
    order = sorted(roots, key=lambda scheme: (scheme == pack.root, scheme))
    moves = tuple(
        Move(roots[one], targets[one], pack.dist_info if one == pack.root else "") for one in order
    )
    return Staged(f"{pack.name} {pack.version}", moves, _receipt(pack, targets, stats, made))


def _targets(environment: Environment, pack: Pack) -> dict[str, str]:
    scheme = environment.scheme
    return {
        "purelib": scheme.purelib,
        "platlib": scheme.platlib,
        "scripts": scheme.scripts,
        "data": scheme.data,
        "headers": os.path.join(scheme.headers, pack.name),
    }


def _write_commands(
    commands: list[Command],
    roots: dict[str, str],
    targets: dict[str, str],
    lines: list[str],
    root: str,
) -> Made:
    """Write the launchers; add their lines."""
    made: Made = []
    for name, content in commands:
        path = os.path.join(targets["scripts"], name)
        made.append((path, write_file(os.path.join(roots["scripts"], name), content, 0o777)))
        lines.append(line_of(path, content, targets[root]))
    return made


def _write_metadata(delivery: Delivery, staged: str, target: str, lines: list[str]) -> Made:
    """Write what the installer adds to dist-info, RECORD last."""
    dist_info = delivery.pack.dist_info
    made: Made = []
    for name, content in metadata_files(delivery).items():
        path = os.path.join(target, dist_info, name)
        made.append((path, write_file(os.path.join(staged, dist_info, name), content)))
        lines.append(line_of(path, content, target))
    status = write_file(os.path.join(staged, dist_info, "RECORD"), record_text(lines, dist_info))
    return [*made, (os.path.join(target, dist_info, "RECORD"), status)]


def _receipt(pack: Pack, targets: Mapping[str, str], stats: Stats, made: Made) -> Receipt:
    root = os.path.join(targets[pack.root], "")
    starts = {scheme: os.path.join(place, "") for scheme, place in targets.items()}
    paths: list[str] = []
    sizes = array("Q")
    made_here = {os.path.basename(path) for path, _ in made}
    for directory, files in files_by_directory(pack, made_here):
        scheme, _, rest = directory.partition("/")
        place = f"{rest}/".replace("/", os.sep) if rest else ""
        start = (starts[scheme] + place).removeprefix(root)
        paths += [start + pack.names[at] for at in files]
        sizes.extend([pack.sizes[at] for at in files])
    for path, status in made:
        paths.append(path.removeprefix(root))
        sizes.append(status.st_size)
        stats.note(status)
    columns = (sizes, stats.mtimes, stats.ctimes, stats.inodes)
    return Receipt(pack.dist_info, pack.digest, boot_identity(), tuple(paths), *columns)


def without_twins(staged: Sequence[Staged]) -> tuple[Staged, ...]:
    """Return `staged` with each file in it once: of two distributions that bring it, the last one.

    So it is with every installer. Done here, in the open, no file of this transaction is ever in
    another's way.

    Raises:
        OSError: a staged file cannot be removed.
    """
    single: list[Staged] = []
    seen: dict[str, set[str]] = {one.root: set() for one in staged}
    for one in reversed(staged):
        twins = seen[one.root].intersection(one.receipt.paths)
        single.append(_without(one, twins) if twins else one)
        seen[one.root].update(one.receipt.paths)
    return tuple(reversed(single))


def _without(one: Staged, paths: set[str]) -> Staged:
    """Remove staged files, and their rows from the receipt."""
    for path in (os.path.join(one.root, path) for path in paths):
        for move in one.moves:
            staged = os.path.join(move.staged, path.removeprefix(os.path.join(move.target, "")))
            if path.startswith(os.path.join(move.target, "")) and os.path.lexists(staged):
                os.unlink(staged)
    receipt = one.receipt
    rows = [row for row, path in enumerate(receipt.paths) if path not in paths]

    def kept(column: array[int]) -> array[int]:
        return array(column.typecode, (column[row] for row in rows))

    return replace(
        one,
        receipt=replace(
            receipt,
            paths=tuple(receipt.paths[row] for row in rows),
            sizes=kept(receipt.sizes),
            mtimes=kept(receipt.mtimes),
            ctimes=kept(receipt.ctimes),
            inodes=kept(receipt.inodes),
        ),
    )
