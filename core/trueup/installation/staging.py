"""Staging: one distribution, complete to the last byte, in a folder that nobody looks at yet."""

from __future__ import annotations

import os
from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from trueup.acquisition.pack import Pack
from trueup.destination.environment import Environment
from trueup.installation.journal import Move
from trueup.installation.receipt import Receipt, boot_identity
from trueup.installation.record import (
    Delivery,
    line_of,
    lines_of_pack,
    metadata_files,
    record_text,
)
from trueup.installation.scripts import Command, commands_of
from trueup.installation.transfer import Stats, unpack

__all__ = ["Staged", "files_of", "receipt_of", "stage"]

_MADE_HERE = frozenset({"scripts"})


@dataclass(frozen=True, slots=True)
class Staged:
    """A distribution whose files are all written, but not yet where they belong.

    Attributes:
        pack: its content.
        moves: each staged scheme and where it goes; the one with dist-info comes last.
        targets: scheme name to the absolute directory of its files.
        made: absolute final paths of the files that the pack does not hold.
        stats: the pack's files, as written.
    """

    pack: Pack
    moves: tuple[Move, ...]
    targets: dict[str, str]
    made: tuple[str, ...]
    stats: Stats


def stage(environment: Environment, delivery: Delivery, folder: str) -> Staged:
    """Write all files of `delivery` below `folder`.

    Raises:
        OSError: the place is full or not writable.
    """
    pack = delivery.pack
    commands = commands_of(pack, environment.interpreter)
    schemes = {directory.partition("/")[0] for directory in pack.directories} | {pack.root}
    schemes |= {"scripts"} if commands else set()
    roots = {scheme: os.path.join(folder, scheme) for scheme in sorted(schemes)}
    for root in roots.values():
        os.makedirs(root)
    targets = _targets(environment, pack)
    stats = unpack(pack, roots, skip=_MADE_HERE)
    lines = lines_of_pack(pack, targets, _MADE_HERE)
    made = _write_commands(commands, roots, targets, lines, pack.root)
    made += _write_metadata(delivery, roots[pack.root], targets[pack.root], lines)
    order = sorted(roots, key=lambda scheme: (scheme == pack.root, scheme))
    moves = tuple(
        Move(roots[one], targets[one], pack.dist_info if one == pack.root else "") for one in order
    )
    return Staged(pack, moves, targets, tuple(made), stats)


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
) -> list[str]:
    """Write the launchers; add their lines, return their final paths."""
    made: list[str] = []
    for name, content in commands:
        staged = os.path.join(roots["scripts"], name)
        _write(staged, content, 0o777)
        made.append(os.path.join(targets["scripts"], name))
        lines.append(line_of(made[-1], content, targets[root]))
    return made


def _write_metadata(delivery: Delivery, staged: str, target: str, lines: list[str]) -> list[str]:
    """Write what the installer adds to dist-info, RECORD last; return the final paths."""
    dist_info = delivery.pack.dist_info
    made: list[str] = []
    for name, content in metadata_files(delivery).items():
        _write(os.path.join(staged, dist_info, name), content)
        made.append(os.path.join(target, dist_info, name))
        lines.append(line_of(made[-1], content, target))
    _write(os.path.join(staged, dist_info, "RECORD"), record_text(lines, dist_info))
    return [*made, os.path.join(target, dist_info, "RECORD")]


def _write(path: str, content: bytes, mode: int = 0o666) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, mode), "wb") as out:
        out.write(content)


def files_of(staged: Staged) -> Iterator[tuple[str, str]]:
    """Yield (where it was staged, where it ends up) for every file."""
    roots = {scheme: move.staged for move in staged.moves for scheme in [_base(move.staged)]}
    for entry in staged.pack.files():
        scheme, _, rest = entry.directory.partition("/")
        if entry.directory not in _MADE_HERE:
            parts = (*rest.split("/"), entry.name) if rest else (entry.name,)
            yield os.path.join(roots[scheme], *parts), os.path.join(staged.targets[scheme], *parts)
    for path in staged.made:
        for move in staged.moves:
            if path.startswith(move.target + os.sep):
                yield os.path.join(move.staged, path[len(move.target) + 1 :]), path
                break


def _base(path: str) -> str:
    return os.path.basename(path)


def receipt_of(staged: Staged, renamed: Collection[str]) -> Receipt:
    """Return the receipt of a distribution that is in place now.

    Args:
        staged: what was written.
        renamed: files that were renamed by themselves (a top-level module, a command): their
            ctime is another since, and they are looked at again.

    Raises:
        OSError: a file that was just put in place is not there.
    """
    pack = staged.pack
    root = staged.targets[pack.root] + os.sep
    columns = (array("Q"), array("q"), array("q"), array("Q"))
    paths: list[str] = []
    number = 0
    for directory, count in zip(pack.directories, pack.counts, strict=True):
        scheme, _, rest = directory.partition("/")
        base = (
            os.path.join(staged.targets[scheme], *rest.split("/"), "")
            if rest
            else os.path.join(staged.targets[scheme], "")
        )
        for at in range(number, number + count if directory not in _MADE_HERE else number):
            path = base + pack.names[at]
            if path in renamed:
                _look(path, columns)
            else:
                columns[0].append(pack.sizes[at])
                columns[1].append(staged.stats.mtimes[at])
                columns[2].append(staged.stats.ctimes[at])
                columns[3].append(staged.stats.inodes[at])
            paths.append(path)
        number += count
    for path in staged.made:
        _look(path, columns)
        paths.append(path)
    relative = tuple(path.removeprefix(root) for path in paths)
    return Receipt(pack.dist_info, pack.digest, boot_identity(), relative, *columns)


def _look(path: str, columns: tuple[array[int], array[int], array[int], array[int]]) -> None:
    status = os.lstat(path)
    columns[0].append(status.st_size)
    columns[1].append(status.st_mtime_ns)
    columns[2].append(status.st_ctime_ns)
    columns[3].append(status.st_ino & 0xFFFFFFFFFFFFFFFF)
