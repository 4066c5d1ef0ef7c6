"""Whose a distribution is: trueup's own receipt of it counts until somebody else installs it."""

from __future__ import annotations

import os
import re

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.installation.receipt import Receipt, inspect, read_receipt

__all__ = ["is_ours", "names_another", "receipt_of", "touched_files"]

_NAME = re.compile(r"[A-Za-z][\w.-]{0,40}")  # else it is no name, but harm that was done


def receipt_of(environment: Environment, present: InstalledDistribution) -> Receipt | None:
    """Return the receipt of a distribution; None where another installer has brought it since."""
    receipt = read_receipt(environment, os.path.basename(present.path))
    return receipt if receipt is not None and is_ours(receipt, present) else None


def is_ours(receipt: Receipt, present: InstalledDistribution) -> bool:
    """Whether a receipt is about what is there now.

    Whoever installs the same version again writes another RECORD, and says who it was. An INSTALLER
    that was altered alone, by a disk or by somebody, changes nothing.
    """
    if not names_another(present.installer):
        return True
    return os.path.join(present.path, "RECORD") not in touched_files(receipt, present.library)


def names_another(installer: str) -> bool:
    """Whether what INSTALLER tells is the name of another tool."""
    return installer != "trueup" and _NAME.fullmatch(installer) is not None


def touched_files(receipt: Receipt, library: str) -> frozenset[str]:
    """Return the files that are not as a receipt tells, by their signature; absolute."""
    return frozenset(one.path for one in inspect(receipt, library))
