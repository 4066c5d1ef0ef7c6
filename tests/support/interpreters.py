"""The Python interpreters of this machine, for tests that install into more than one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

TARGETS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
HOSTS = ("3.11", "3.12", "3.13")


def _candidates(version: str) -> list[str]:
    found = [sys.executable] if f"{sys.version_info[0]}.{sys.version_info[1]}" == version else []
    roots = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    for root in roots:
        if root.is_dir():
            found += [str(p / "bin" / "python") for p in sorted(root.glob(f"{version}.*"))]
    on_path = shutil.which(f"python{version}")
    return found + ([on_path] if on_path else [])


@cache
def find_python(version: str) -> str | None:
    """Return the path of a CPython `version` ("3.12") outside of any venv that works, or None."""
    probe = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.base_prefix)"
    for path in _candidates(version):
        asked = [path, "-I", "-c", probe]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        answer = done.stdout.split("\n")
        if done.returncode or answer[0] != version:
            continue
        base = Path(answer[1]) / "bin" / f"python{version}"
        return str(base) if base.exists() else path
    return None


def need_python(version: str) -> str:
    """Return what `find_python` finds; skip the test, saying why, where there is no such Python."""
    path = find_python(version)
    if path is None:
        pytest.skip(f"no CPython {version} on this machine")
    return path
