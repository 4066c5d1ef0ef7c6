"""Build environments and source trees for tests that build for real."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from trueup.destination.environment import Interpreter, Scheme

_FACTS = """
import json, sys, sysconfig, importlib.util, importlib.machinery
p = sysconfig.get_paths()
print(json.dumps({
    "executable": sys.executable, "version": sys.version_info[:3], "prefix": sys.prefix,
    "base_prefix": sys.base_prefix, "purelib": p["purelib"], "platlib": p["platlib"],
    "scripts": p["scripts"], "data": p["data"], "stdlib": p["stdlib"],
    "cache_tag": sys.implementation.cache_tag, "magic": importlib.util.MAGIC_NUMBER.hex(),
    "suffixes": importlib.machinery.EXTENSION_SUFFIXES,
}))
"""


def describe(python: str) -> Interpreter:
    """Ask an interpreter for the facts that a build needs; markers and tags are left out."""
    done = subprocess.run([python, "-I", "-c", _FACTS], capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    return Interpreter(
        executable=facts["executable"],
        base_executable=os.path.realpath(facts["executable"]),
        version=tuple(facts["version"]),
        implementation="cpython",
        markers={},
        tags=(),
        scheme=Scheme(
            purelib=facts["purelib"],
            platlib=facts["platlib"],
            scripts=facts["scripts"],
            data=facts["data"],
            headers=facts["data"] + "/include",
        ),
        prefix=facts["prefix"],
        base_prefix=facts["base_prefix"],
        stdlib=facts["stdlib"],
        cache_tag=facts["cache_tag"],
        magic=facts["magic"],
        extension_suffixes=tuple(facts["suffixes"]),
        free_threaded=False,
        externally_managed=None,
    )


def _uv() -> str:
    beside = os.path.join(sysconfig.get_path("scripts"), "uv")
    found = beside if os.path.exists(beside) else shutil.which("uv")
    assert found, "the tests need uv to make build environments"
    return found


class Provisioner:
    """A `provision` that makes virtual environments with uv, each set of requirements once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, requirements: Sequence[str], interpreter: Interpreter, /) -> Interpreter:
        self.calls.append(tuple(requirements))
        text = repr((sorted(requirements), interpreter.executable))
        venv = self.root / hashlib.sha256(text.encode()).hexdigest()[:16]
        python = venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        if not (venv / "done").exists():
            make = [_uv(), "venv", "-q", "--clear", "--python", interpreter.executable, str(venv)]
            subprocess.run(make, check=True)
            if requirements:
                fill = [_uv(), "pip", "install", "-q", "--python", str(python), *requirements]
                subprocess.run(fill, check=True)
            (venv / "done").touch()
        return describe(str(python))


@cache
def running_interpreter() -> Interpreter:
    """Return the facts of the Python that runs the tests."""
    return describe(sys.executable)


def lay_tree(root: Path, files: Mapping[str, str]) -> Path:
    """Write `files` below `root`; a content that begins with "->" makes a symbolic link."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("->"):
            path.symlink_to(content[2:].strip())
        else:
            path.write_text(content)
    return root


def members(wheel: str | Path) -> list[str]:
    """Return the names of a wheel's files, sorted."""
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())
