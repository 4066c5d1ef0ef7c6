"""Staging: one distribution, complete to the last byte, in a folder that nobody looks at yet."""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Collection, Mapping, Sequence

from trueup.acquisition.pack import Pack
from trueup.destination.environment import Environment
from trueup.installation.boot import boot_identity
from trueup.installation.compiled import write_bytecode
from trueup.installation.journal import Move, Staged
from trueup.installation.receipt import Receipt
from trueup.installation.recipe import generated_files, recipe_digest, targets_of
from trueup.installation.record import Delivery
from trueup.installation.transfer import files_by_directory, unpack, write_file
from trueup.values import replace

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
    generated = generated_files(environment, delivery)
    schemes = {directory.partition("/")[0] for directory in pack.directories}
    schemes.update(one.scheme for one in generated)
    roots = {scheme: os.path.join(folder, scheme) for scheme in sorted(schemes)}
    for root in roots.values():
        os.makedirs(root)
    targets = targets_of(environment, pack)
    written_here = {one.name for one in generated if one.scheme == "scripts"}
    stats = unpack(pack, roots, skip=written_here)
    made: Made = []
    for one in generated:
        status = write_file(os.path.join(roots[one.scheme], one.name), one.content, one.mode)
        made.append((os.path.join(targets[one.scheme], one.name), status))
    if delivery.bytecode is not None:
        compiled = write_bytecode(pack, delivery.bytecode, roots, written_here, stats)
        for scheme, inside, status in compiled:
            made.append((os.path.join(targets[scheme], *inside.split("/")), status))
    order = sorted(roots, key=lambda scheme: (scheme == pack.root, scheme))
    moves = tuple(
        Move(roots[one], targets[one], pack.dist_info if one == pack.root else "") for one in order
    )
    mode = stat.S_IMODE(os.stat(roots[pack.root]).st_mode)
    recipe = recipe_digest(environment, delivery, mode)
    paths, sizes = _rows(pack, targets, written_here)
    columns = (sizes, stats.mtimes, stats.ctimes, stats.inodes)
    for path, status in made:
        paths.append(path.removeprefix(os.path.join(targets[pack.root], "")))
        sizes.append(status.st_size)
        stats.note(status)
    receipt = Receipt(
        pack.dist_info, pack.digest, boot_identity(), recipe, 0, 0, tuple(paths), *columns
    )
    return Staged(f"{pack.name} {pack.version}", moves, receipt)


def _rows(
    pack: Pack, targets: Mapping[str, str], skip: Collection[str]
) -> tuple[list[str], array[int]]:
    """Return final path, as receipts have it, and size of each file that came out of the pack."""
    root = os.path.join(targets[pack.root], "")
    starts = {scheme: os.path.join(place, "") for scheme, place in targets.items()}
    paths: list[str] = []
    sizes = array("Q")
    for directory, files in files_by_directory(pack, skip):
        scheme, _, rest = directory.partition("/")
        place = f"{rest}/".replace("/", os.sep) if rest else ""
        start = (starts[scheme] + place).removeprefix(root)
        paths += [start + pack.names[at] for at in files]
        sizes.extend([pack.sizes[at] for at in files])
    return paths, sizes


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
            recipe="",
            paths=tuple(receipt.paths[row] for row in rows),
            sizes=kept(receipt.sizes),
            mtimes=kept(receipt.mtimes),
            ctimes=kept(receipt.ctimes),
            inodes=kept(receipt.inodes),
        ),
    )
