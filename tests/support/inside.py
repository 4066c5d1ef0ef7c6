"""What a script in a subprocess can do: run installers, and ask what it can import.

Not imported but run at the top of such a script (see `laboratory`), in the interpreter under test,
so it stands on the standard library and on `trueup.importability` loaded by its own path.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

LAB: dict[str, Any] = json.loads(os.environ["TRUEUP_LAB"])
WHEELS = Path(LAB["wheels"])
ROOT = Path(LAB["root"])
SITE = Path(LAB["site"])
PORTIONS = ROOT / "portions"


def _load_importability() -> ModuleType:
    """Load the package by its path, as a program can that has no trueup installed."""
    folder = LAB["importability"]
    spec = importlib.util.spec_from_file_location(
        "importability", f"{folder}/__init__.py", submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["importability"] = module
    spec.loader.exec_module(module)
    return module


trueup = _load_importability()


def install(*what: str, by: str = "uv", options: tuple[str, ...] = ()) -> None:
    """Install into the environment of this very process, as a program of its own."""
    _installer(by, "install", *_source(by), *options, *what)


def uninstall(*names: str, by: str = "uv") -> None:
    """Uninstall from the environment of this very process."""
    _installer(by, "uninstall", *(("-y",) if by == "pip" else ()), *names)


def _source(by: str) -> tuple[str, ...]:
    given = ("--no-index", "--find-links", LAB["wheels"], "--find-links", LAB["wheelhouse"])
    return (*given, "--no-deps") if by == "uv" else (*given, "--no-deps", "--no-compile")


def _installer(by: str, action: str, *arguments: str) -> None:
    if by == "uv":
        command = [*LAB["uv"], "pip", action, "--python", sys.executable, *arguments]
    else:
        command = [*LAB["pip"], "--python", sys.executable, action, *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"


@contextlib.contextmanager
def times_put_back(*directories: Path) -> Iterator[None]:
    """Let directories have the mtimes that they had before the block: what coarse clocks do."""
    times = [os.stat(directory).st_mtime_ns for directory in directories]
    yield
    for directory, time in zip(directories, times, strict=True):
        os.utime(directory, ns=(time, time))


def unseen(name: str) -> bool:
    """Return whether `name` cannot be imported; leaves the finders with what they looked up."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return True
    return False


def remains_unseen(name: str) -> bool:
    """Return whether `name` cannot be imported even after what the standard library offers."""
    importlib.invalidate_caches()
    return unseen(name)


def tell(**answers: object) -> None:
    """Hand answers to the test."""
    print(json.dumps(answers))
