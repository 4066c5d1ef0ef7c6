"""Drivers: scripts that break something on purpose and tell what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["run_driver"]


def run_driver(
    name: str,
    spec: Mapping[str, Any],
    folder: Path,
    *,
    through: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run the driver `name` of this package with `spec`, kept in `folder`; return its answer.

    Args:
        name: of the module.
        spec: what the driver is told.
        folder: where that is written down.
        through: a command that the driver is started by: `unshare -m`, say.
        variables: environment variables besides those of this process.
    """
    written = folder / "spec.json"
    written.write_text(json.dumps(spec))
    driver = Path(__file__).with_name(f"{name}.py")
    done = subprocess.run(
        [*through, sys.executable, str(driver), str(written)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(variables or {})},
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
