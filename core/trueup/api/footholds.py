"""What an editable laid down in its environment: little, and without it nothing is imported."""

from __future__ import annotations

import os

from trueup.destination.installed import InstalledDistribution
from trueup.freshness.outcome import Fresh, Reason, Stale, Verdict

__all__ = ["footholds", "held"]


def footholds(distribution: InstalledDistribution) -> tuple[str, ...]:
    """Return the files of a distribution that only an installer can put back; absolute.

    Those that RECORD names, but for bytecode, which Python makes itself. Nothing where RECORD is
    missing or no table: what is wrong then is for the next install to say.
    """
    import csv  # most of what is installed is no editable

    try:
        rows = [row[0] for row in csv.reader((distribution.read_file("RECORD") or "").splitlines())]
    except (csv.Error, IndexError):
        return ()
    paths = (os.path.normpath(os.path.join(distribution.library, row)) for row in rows)
    return tuple(path for path in paths if not path.endswith(".pyc"))


def held(paths: tuple[str, ...]) -> Verdict:
    """Return stale where one of these files is missing: an install now would put it there.

    An edited one is somebody's work, and stays: `trueup check --deep` tells of it.
    """
    missing = [path for path in paths if not os.path.lexists(path)]
    if not missing:
        return Fresh()
    told = (Reason("output missing", path, f"{path} is missing") for path in missing)
    return Stale(tuple(told))
