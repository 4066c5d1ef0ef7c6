"""What an environment and its local projects were seen to be, with the core's help."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from trueup_tox.judgement import judged
from trueup_tox.looks import Looks, Signed
from trueup_tox.memory import Ground, settled

if TYPE_CHECKING:
    from typing import Any

    from trueup.destination.environment import Environment
    from trueup.destination.installed import InstalledDistribution
    from trueup.installation.receipt import Receipt

__all__ = ["verified", "verified_build"]


def verified(environment: Environment, files: Collection[str], variables: Mapping[str, str]) -> Any:
    """Return how an environment looks in which everything is right, for `remember`; None if not.

    Args:
        environment: what was installed into.
        files: more paths that decided, by being as they are or by not being there.
        variables: the environment variables.

    Raises:
        TrueupError: something cannot be read.
    """
    from trueup.destination.installed import read_installed
    from trueup.installation.damage import find_damage

    installed = read_installed(environment)
    receipts = dict(_receipts(environment, installed))
    prints = list(_fingerprints(installed.values()))
    there = tuple(path for path in files if os.path.exists(path))
    more = Ground(there, absent=tuple(set(files) - set(there)))
    signed = settled([_of_environment(environment), more])
    doubted = {name: one for name, one in installed.items() if one.path not in receipts}
    if signed is None or find_damage(environment, doubted, edited_too=True):
        return None
    projects = [judged(each, variables, patient=True) for each in prints]
    return None if None in projects else [*signed, _as_written(receipts), *projects]


def verified_build(fingerprint: bytes, paths: tuple[str, ...], variables: Mapping[str, str]) -> Any:
    """Return how a project and its wheel look, for `remember`; None where something has changed.

    Args:
        fingerprint: of the build.
        paths: what it gave, and the Python that it is for.
        variables: the environment variables.
    """
    signed = settled([Ground(paths)])
    project = judged(fingerprint, variables, patient=True)
    return None if signed is None or project is None else [*signed, project]


def _receipts(
    environment: Environment, installed: Mapping[str, InstalledDistribution]
) -> Iterator[tuple[str, Receipt]]:
    """Yield each receipt that there is, by the path of its dist-info directory."""
    from trueup.installation.receipt import read_receipt

    for present in installed.values():
        receipt = read_receipt(environment, os.path.basename(present.path))
        if receipt is not None:
            yield present.path, receipt


def _paths(dist_info: str, receipt: Receipt) -> list[str]:
    start = os.path.join(os.path.dirname(dist_info), "")
    return [path if os.path.isabs(path) else start + path for path in receipt.paths]


def _as_written(receipts: Mapping[str, Receipt]) -> Signed:
    """Return how every file looked when it had been written: for the next run to compare.

    To look at twenty thousand files now would tell nothing else: what was altered since looks other
    than in its receipt then, too.
    """
    looks: Looks = []
    for dist_info, receipt in receipts.items():
        columns = (receipt.mtimes, receipt.ctimes, receipt.inodes, receipt.sizes)
        looks += zip(_paths(dist_info, receipt), zip(*columns, strict=True), strict=True)
    return (looks, [], {}, (), (), b"", True)


def _of_environment(environment: Environment) -> Ground:
    """Return what tells that something came or went."""
    interpreter = environment.interpreter
    places = [os.path.join(interpreter.prefix, "pyvenv.cfg"), interpreter.base_executable]
    places += [path for path in environment.library_directories if os.path.isdir(path)]
    return Ground(tuple(places), absent=(os.path.join(environment.state, "journal"),))


def _fingerprints(installed: Iterable[InstalledDistribution]) -> Iterator[bytes]:
    from trueup.freshness.fingerprint import FILE_NAME

    for present in installed:
        try:
            with open(os.path.join(present.path, FILE_NAME), "rb") as file:
                yield file.read()
        except OSError:  # of an index
            continue
