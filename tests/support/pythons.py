"""Other environments and other releases of the Python that runs the tests."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from trueup.destination.environment import Interpreter
from trueup.destination.facts import interpreter_facts

from support.laboratory import find_uv


@cache
def copied_environment() -> Interpreter:
    """Return the interpreter of a copy of an environment of the running Python."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make = [find_uv(), "venv", "-q", "--python", sys.executable, str(folder / "environment")]
    subprocess.run(make, check=True)
    shutil.copytree(folder / "environment", folder / "copy", symlinks=True)
    return interpreter_facts(str(folder / "copy" / "bin" / "python"))


@cache
def other_patch_release() -> Interpreter | None:
    """Return an interpreter of the running Python's minor version, but of another patch release."""
    running = sys.version_info[:3]
    name = f"python{running[0]}.{running[1]}"
    versions = Path.home() / ".pyenv" / "versions"
    found = [Path(folder, name) for folder in ("/usr/bin", "/usr/local/bin")]
    found += sorted(versions.glob(f"{running[0]}.{running[1]}.*/bin/{name}"))
    for path in found:
        if path.exists():
            facts = interpreter_facts(str(path))
            if facts.version[:2] == running[:2] and facts.version[2] != running[2]:
                return facts
    return None
