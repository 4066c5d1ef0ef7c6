"""Finding uv on this machine, and knowing its version without starting it each time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trueup.errors import ResolutionError
from trueup.resolution.program import remembered_version, run, version_number

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OLDEST", "find_uv", "packaged_uv"]

OLDEST = (0, 6, 15)  # the first whose `pip compile` writes pylock.toml


def find_uv(
    environment: Mapping[str, str] | None = None, memory: str | None = None
) -> tuple[str, str] | None:
    """Return the path and version of the uv to use, or None where there is none that will do.

    Looked for in this order: `TRUEUP_UV`, `TOX_UV_PATH`, the `uv` package beside trueup, `PATH`.

    Args:
        environment: environment variables; the process's own by default.
        memory: a folder in which the version is remembered by the identity of uv's file.

    Raises:
        ResolutionError: `TRUEUP_UV` names something that is no uv, or one that is too old.
    """
    variables = os.environ if environment is None else environment
    named = variables.get("TRUEUP_UV", "")
    if named:
        return _named(named, variables, memory)
    for path in (variables.get("TOX_UV_PATH", ""), packaged_uv(), _on_path(variables)):
        version = remembered_version(path, memory, _ask) if path else None
        if version is not None and version_number(version) >= OLDEST:
            return path, version
    return None


def _named(name: str, variables: Mapping[str, str], memory: str | None) -> tuple[str, str]:
    import shutil

    path = shutil.which(name, path=variables.get("PATH"))
    version = remembered_version(os.path.abspath(path), memory, _ask) if path else None
    if path is None or version is None:
        raise ResolutionError(
            f"TRUEUP_UV is {name}, which is no uv.", hint="Correct it or unset it."
        )
    if version_number(version) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise ResolutionError(
            f"TRUEUP_UV is {name}, uv {version}; trueup needs {needed} or newer.",
            hint="Get a newer uv, or set TRUEUP_RESOLVER=pip.",
        )
    return os.path.abspath(path), version


def packaged_uv() -> str:
    """Return the path of the uv that is installed beside trueup; "" where there is none."""
    try:
        from uv import find_uv_bin
    except ImportError:
        return ""
    try:
        return str(find_uv_bin())
    except FileNotFoundError:  # the package is there, but its program is not
        return ""


def _on_path(variables: Mapping[str, str]) -> str:
    import shutil

    return shutil.which("uv", path=variables.get("PATH")) or ""


def _ask(path: str) -> str | None:
    """Return what `uv --version` tells: "uv 0.9.2 (…)"."""
    try:
        outcome = run((path, "--version"), os.environ)
    except ResolutionError:
        return None
    words = outcome.output.split()
    told = outcome.status == 0 and len(words) > 1 and words[0] == "uv"
    return words[1] if told else None
