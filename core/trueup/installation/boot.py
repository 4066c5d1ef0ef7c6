"""Which run of the machine this is: what an earlier one wrote, a power cut may have taken."""

from __future__ import annotations

import os
import time
from functools import cache

__all__ = ["boot_identity"]


@cache
def boot_identity() -> str:
    """Return what changes when the machine starts anew; "" where the platform does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
            return source.read().strip()
    except OSError:
        return _boot_time()


def _boot_time() -> str:
    """Return when the machine was started, as macOS tells it, or as Windows counts from it."""
    if os.name == "nt":
        # In steps of an hour, because the two clocks drift; a step too many does no harm.
        return str(round((time.time() - time.monotonic()) / 3600))
    if not os.path.exists("/usr/sbin/sysctl"):
        return ""
    import subprocess

    asked = subprocess.run(
        ["/usr/sbin/sysctl", "-n", "kern.boottime"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()
