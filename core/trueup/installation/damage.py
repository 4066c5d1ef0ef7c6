"""Which installed distributions are not as they were put in place."""

from __future__ import annotations

import os
from collections.abc import Mapping

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.installation.receipt import Damage, boot_identity, inspect, read_receipt

__all__ = ["find_damage"]


def find_damage(
    environment: Environment,
    installed: Mapping[str, InstalledDistribution],
    *,
    edited_too: bool = False,
) -> dict[str, str]:
    """Return, for each distribution that has to be put in place again, what is wrong with it.

    A missing file is always damage. An edited one is somebody's work and is left alone, unless the
    caller wants the environment exact, or the machine has started anew since: then the "edit" may
    be data that a power cut has lost.

    Args:
        environment: where to look.
        installed: normalized name to what is there; what trueup did not install has no receipt
            and is not judged.
        edited_too: count edited files as damage.
    """
    boot = boot_identity()
    damaged: dict[str, str] = {}
    for name, present in installed.items():
        receipt = read_receipt(environment, os.path.basename(present.path))
        if receipt is None:
            continue
        strict = edited_too or receipt.boot != boot
        for found in inspect(receipt, os.path.dirname(present.path)):
            if strict or found.kind == "missing":
                damaged[name] = _sentence(found)
                break
    return damaged


def _sentence(found: Damage) -> str:
    return f"{found.path} is {'missing' if found.kind == 'missing' else 'not as it was installed'}"
