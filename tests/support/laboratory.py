"""Fresh environments in which scripts install something and import it in the same process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_SUPPORT = Path(__file__).resolve().parent
_IMPORTABILITY = _SUPPORT.parents[1] / "core" / "trueup" / "importability"


def find_uv() -> str:
    """Return the path of uv; skip the test where there is none."""
    beside = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if beside is None:
        pytest.skip("no uv on this machine")
    return beside


@dataclass(frozen=True)
class Laboratory:
    """One virtual environment without anything in it, and what installers may take from.

    Attributes:
        root: a folder for projects and portions.
        python: the environment's interpreter.
        wheelhouse: wheels of real projects.
        version: of the interpreter, such as "3.12".
    """

    root: Path
    python: str
    wheelhouse: Path
    version: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def wheels(self) -> Path:
        """Where a test puts the wheels that it makes."""
        return self.root / "wheels"

    @property
    def site(self) -> Path:
        """The environment's site-packages."""
        return Path(self.python).parents[1] / "lib" / f"python{self.version}" / "site-packages"

    def start(self, body: str, **environment: str) -> subprocess.Popen[str]:
        """Start a script in the environment's interpreter, with `inside` around it."""
        script = self.root / "program" / "script.py"
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"{(_SUPPORT / 'inside.py').read_text()}\n\n{body}\n")
        self.wheels.mkdir(exist_ok=True)
        lab = {
            "wheels": str(self.wheels),
            "wheelhouse": str(self.wheelhouse),
            "root": str(self.root),
            "site": str(self.site),
            "importability": str(_IMPORTABILITY),
            "uv": [find_uv(), "--quiet"],
            "pip": [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"],
        }
        return subprocess.Popen(
            [self.python, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.environment, **environment, "TRUEUP_LAB": json.dumps(lab)},
        )

    def run(self, body: str, **environment: str) -> dict[str, Any]:
        """Run a script to its end and return what it tells."""
        with self.start(body, **environment) as process:
            output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, f"{output}\n{errors}"
        answers: dict[str, Any] = json.loads(output.splitlines()[-1])
        return answers


def make_laboratory(root: Path, base: str, version: str, wheelhouse: Path) -> Laboratory:
    """Make an empty virtual environment of the interpreter `base` in `root`."""
    command = [find_uv(), "venv", "--quiet", "--python", base, str(root / "venv")]
    subprocess.run(command, check=True)
    return Laboratory(root, str(root / "venv" / "bin" / "python"), wheelhouse, version)


def fetch_wheelhouse(folder: Path, *requirements: str) -> Path:
    """Get wheels of real projects from the index into `folder`; skip the test without an index."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    done = subprocess.run(
        [*command, "--disable-pip-version-check", "--dest", str(folder), *requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no index within reach: {done.stderr.strip().splitlines()[-1]}")
    return folder
