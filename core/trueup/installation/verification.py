"""Verifying: every file of an environment against the hash that its RECORD has of it.

This is the deepest look there is, and the only one that finds a bit that has flipped on the disk.
RECORD may be the file that was altered: what the receipt tells of both decides who is believed.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import stat
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Literal, NamedTuple

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution, find_leftovers, normalized_name
from trueup.installation.ownership import receipt_of, touched_files
from trueup.installation.receipt import Receipt, read_receipt, receipt_names
from trueup.installation.record import line_of
from trueup.values import dataclass

__all__ = ["AlteredFile", "find_altered", "find_ruins"]

_BYTECODE = re.compile(r"(?:.*[/\\])?__pycache__[/\\][^/\\]+\.pyc")
# virtualenv tells of the seeds that it puts in place: folders, and bytecode beside its source.
_LOOSE = re.compile(r"(?:.*[/\\])?(?:__pycache__|[^/\\]+\.[a-z]+-?\d+[^/\\]*\.pyc)")
_STEM = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")


@dataclass(frozen=True, slots=True)
class AlteredFile:
    """A file that is not as it was installed.

    Attributes:
        name: normalized name of the distribution that it belongs to; "" for what trueup made of the
            environment itself: pyvenv.cfg, the links to the Python, the activation scripts.
        version: of that distribution, or "".
        path: absolute.
        kind: "missing"; "altered" for other bytes, or for something else than a file.
    """

    name: str
    version: str
    path: str
    kind: Literal["missing", "altered"]


class _Row(NamedTuple):
    """What RECORD tells of a file; the digest is "" where it tells none."""

    algorithm: str
    digest: str


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of one distribution's files, by absolute path.

    Attributes:
        rows: what RECORD tells.
        receipt: what trueup wrote; None for what another installer brought.
        touched: files that are not as the receipt tells, by their signature.
        record: the path of RECORD.
        readable: whether RECORD can be understood.
    """

    rows: Mapping[str, _Row]
    receipt: Receipt | None
    touched: frozenset[str]
    record: str
    readable: bool


def find_altered(
    environment: Environment, installed: Mapping[str, InstalledDistribution]
) -> list[AlteredFile]:
    """Return every file of `installed` that is missing or has other bytes than were installed.

    Bytecode that is gone is no loss, and files without a hash in RECORD have only to be there. Of
    two distributions that brought one file, either may have the last word.

    Args:
        environment: where to look.
        installed: normalized name to what is there; see `find_ruins` for what is not in it.

    Raises:
        EnvironmentProblem: a file of metadata cannot be read.
    """
    told = {
        name: _gather(environment, present)
        for name, present in installed.items()
        if present.kind == "dist-info"
    }
    claims: dict[str, list[_Row]] = {}
    for one in told.values():
        for path, row in one.rows.items():
            claims.setdefault(path, []).append(row)
    found: list[AlteredFile] = []
    for name, one in told.items():
        version = installed[name].version
        kinds = _judge(one, claims)
        found += (AlteredFile(name, version, path, kind) for path, kind in sorted(kinds.items()))
    return found


def _gather(environment: Environment, present: InstalledDistribution) -> _Told:
    receipt = receipt_of(environment, present)
    rows = _rows(present)
    touched = touched_files(receipt, present.library) if receipt is not None else frozenset[str]()
    record = os.path.join(present.path, "RECORD")
    return _Told(rows or {}, receipt, touched, record, rows is not None)


def _rows(present: InstalledDistribution) -> dict[str, _Row] | None:
    """Return what RECORD tells; None where it is missing or makes no sense."""
    text = present.read_file("RECORD")
    rows: dict[str, _Row] = {}
    if "\0" in (text or ""):  # no path has one: these are bytes that a power cut left
        return None
    try:
        for path, digest, *_ in csv.reader((text or "").splitlines()):
            if not digest and _LOOSE.fullmatch(path) and not _BYTECODE.fullmatch(path):
                continue
            algorithm, _, value = digest.partition("=")
            absolute = os.path.normpath(os.path.join(present.library, path))
            rows[absolute] = _Row(algorithm.lower(), value)
    except (csv.Error, ValueError):
        return None
    return rows or None


def _judge(
    told: _Told, claims: Mapping[str, list[_Row]]
) -> dict[str, Literal["missing", "altered"]]:
    """Return what is wrong with which file of one distribution."""
    kinds: dict[str, Literal["missing", "altered"]] = {}
    # A file that RECORD does not know, or of which it tells another digest than the bytes have
    # that nobody touched since they were written: then it is RECORD that lies.
    doubted = told.receipt is not None and told.record in told.touched
    for path in _paths(told):
        if _BYTECODE.fullmatch(path) and not os.path.lexists(path):
            continue
        kind = _compare(path, claims.get(path, ()), strict=told.receipt is not None)
        if kind is None and not told.readable and path in told.touched:
            kind = "altered"  # nothing but its signature is left to tell
        if kind == "altered" and doubted and path not in told.touched:
            kinds[told.record] = "altered"
        elif kind is not None:
            kinds[path] = kind
        elif doubted and path != told.record and path not in told.rows:
            kinds[told.record] = "altered"
    if doubted and told.receipt is not None and not set(told.rows) <= set(_paths(told)):
        kinds[told.record] = "altered"
    if doubted and not kinds and told.readable and _is_rewritten(told):
        kinds[told.record] = "altered"
    if not told.readable:
        kinds[told.record] = "altered" if os.path.lexists(told.record) else "missing"
    return kinds


def _is_rewritten(told: _Told) -> bool:
    """Whether RECORD tells otherwise of files that are there than trueup writes it.

    All of them are as they were installed: what differs is a size, or the name of a hash.
    """
    library = os.path.dirname(os.path.dirname(told.record))
    with open(told.record, "rb") as file:
        lines = set(file.read().splitlines(keepends=True))
    for path in _paths(told):
        if path == told.record:
            continue
        try:
            with open(path, "rb") as file:
                expected = line_of(path, file.read(), library)
        except FileNotFoundError:  # bytecode, which nobody misses
            continue
        if expected.encode() not in lines:
            return True
    return f"{os.path.basename(os.path.dirname(told.record))}/RECORD,,\n".encode() not in lines


def _paths(told: _Told) -> list[str]:
    """Return the files that should be there: by the receipt, where there is one."""
    if told.receipt is None:
        return list(told.rows)
    library = os.path.dirname(os.path.dirname(told.record))
    return [os.path.normpath(os.path.join(library, path)) for path in told.receipt.paths]


def _compare(
    path: str, rows: tuple[_Row, ...] | list[_Row], *, strict: bool
) -> Literal["missing", "altered"] | None:
    """Compare one file with what RECORDs tell of it.

    Args:
        path: absolute.
        rows: what is told, by whichever distribution.
        strict: trueup wrote it: a link in its place is not it. uv can install by links.
    """
    try:
        status = os.lstat(path) if strict else os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "altered"
        wanted = [
            row for row in rows if row.digest and row.algorithm in hashlib.algorithms_available
        ]
        if not wanted or any(_digest(path, row.algorithm) == row.digest for row in wanted):
            return None
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:  # what cannot be read is not what was installed
        return "altered"
    return "altered"


def _digest(path: str, algorithm: str) -> str:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, algorithm).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def find_ruins(
    environment: Environment, installed: Mapping[str, InstalledDistribution]
) -> dict[InstalledDistribution, list[AlteredFile]]:
    """Return distributions that no tool takes for installed any more, though files of them are.

    Without its METADATA a distribution is not there; what trueup wrote of it is still known by its
    receipt, and what others wrote by what is left of its dist-info directory.

    Args:
        environment: where to look.
        installed: normalized name to what is there.
    """
    known = {os.path.basename(present.path) for present in installed.values()}
    found: dict[InstalledDistribution, list[AlteredFile]] = {}
    bare = {os.path.basename(path): path for path in find_leftovers(environment)}
    for dist_info in sorted({*receipt_names(environment), *bare} - known):
        match = _STEM.fullmatch(dist_info)
        if match is None:
            continue
        name, version = normalized_name(match["name"]), match["version"]
        path = bare.get(dist_info) or _ruin(environment, dist_info)
        if not path or name in installed:
            continue
        metadata = os.path.join(path, "METADATA")
        ruin = InstalledDistribution(name, version, path, "dist-info", metadata)
        others = find_altered(environment, {name: ruin})
        first = AlteredFile(name, version, metadata, "missing")
        found[ruin] = [first, *(one for one in others if one.path != metadata)]
    return found


def _ruin(environment: Environment, dist_info: str) -> str:
    """Return where a distribution stood of which files are left as they were written, or ""."""
    receipt = read_receipt(environment, dist_info)
    for library in environment.library_directories if receipt is not None else ():
        assert receipt is not None  # noqa: S101 - the type checker does not see it above
        touched = touched_files(receipt, library)
        if any(os.path.join(library, path) not in touched for path in receipt.paths):
            return os.path.join(library, dist_info)
    return ""
