"""A `uv.lock` as what is to be installed: uv tells what it holds, in the standard's form (PEP 751).

uv is asked only when something that decides its answer has changed, so that a second run starts no
program; whether the lock still fits the projects is a part of the question (`--locked`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from trueup_tox.workspace import member_folders, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Locked", "SyncFlags", "deciding_places", "digest_of", "split_flags", "words"]

_DESCRIPTIONS = ("pyproject.toml", "setup.py", "setup.cfg", "uv.toml")

# Flags of `uv sync` that say how to install, not what: the ones with a meaning here, and the rest.
_WITHOUT_MEANING = frozenset({"--active", "--check", "--dry-run", "--no-progress", "-q", "--quiet"})
_WITHOUT_MEANING_WITH_VALUE = frozenset({"--link-mode", "--output-format"})
_EMITTED = {
    "--no-install-project": "--no-emit-project",
    "--no-install-workspace": "--no-emit-workspace",
    "--no-install-local": "--no-emit-local",
    "--no-install-package": "--no-emit-package",
}


class Locked(NamedTuple):
    """What the lock runner asks tox's installer for; plugins of tox see it in `tox_on_install`.

    Attributes:
        root: the folder that uv is to start from.
        flags: of `uv export`.
        install: arguments of the install itself.
        exact: and nothing else is to be in the environment.
        pylock: a lock in the standard's form that takes the place of `uv.lock`, or "".
        spared: normalized names that stay in an exact environment, too.
    """

    root: str
    flags: tuple[str, ...]
    install: tuple[str, ...] = ()
    exact: bool = True
    pylock: str = ""
    spared: tuple[str, ...] = ()


class SyncFlags(NamedTuple):
    """The flags of `uv sync` that a project asks for, sorted by who heeds them."""

    export: tuple[str, ...] = ()
    install: tuple[str, ...] = ()
    exact: bool = True


def split_flags(flags: Sequence[str]) -> SyncFlags:
    """Sort the flags of `uv sync` into those of an export, and those of an install."""
    export: list[str] = []
    install: list[str] = []
    exact = True
    rest = iter(flags)
    for flag in rest:
        name, equals, value = flag.partition("=")
        if name == "--inexact":
            exact = False
        elif name in {"--reinstall", "--force-reinstall"}:
            install.append("--force-reinstall")
        elif name in {"--reinstall-package", "--compile-bytecode", "--compile", "--no-compile"}:
            takes = name == "--reinstall-package" and not equals
            install.append(f"{name}={next(rest, '')}" if takes else flag)
        elif name in _WITHOUT_MEANING_WITH_VALUE:
            value = value or next(rest, "")
        elif name not in _WITHOUT_MEANING:
            export.append(_EMITTED.get(name, name) + equals + value)
    return SyncFlags(tuple(export), tuple(install), exact)


def _find_lock(root: str) -> str | None:
    """Return the `uv.lock` that holds for `root`: its own, or that of the workspace around it."""
    directory = root
    while True:
        path = os.path.join(directory, "uv.lock")
        if os.path.isfile(path):
            return path
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent


def digest_of(asked: Locked, variables: Mapping[str, str], uv: str) -> str | None:
    """Return a digest of everything that decides what uv answers; None where there is no lock yet.

    Args:
        asked: what is to be installed.
        variables: the environment variables that uv runs with.
        uv: path of uv.
    """
    lock = _find_lock(asked.root)
    if lock is None:
        return None
    settings = sorted(each for each in variables.items() if each[0].startswith("UV_"))
    found = hashlib.sha256(repr([asked, settings, uv, os.stat(uv).st_mtime_ns]).encode())
    for path in _deciding_files(lock):
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            content = b""
        found.update(f"\0{path}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def _deciding_files(lock: str) -> Iterator[str]:
    """Yield the lock, and the descriptions of all projects that it is made from."""
    yield lock
    root = os.path.dirname(lock)
    table = read_table(os.path.join(root, "pyproject.toml"))
    for folder in sorted({root, *member_folders(root, table), *_local_packages(lock)}):
        for name in _DESCRIPTIONS:
            yield os.path.join(folder, name)


def deciding_places(root: str) -> Iterator[str]:
    """Yield what to look at to see that the lock and its projects are as they were.

    The folders that members lie in are among it, because another one may appear there.
    """
    lock = _find_lock(root)
    if lock is None:
        return
    yield from _deciding_files(lock)
    home = os.path.dirname(lock)
    table = read_table(os.path.join(home, "pyproject.toml"))
    yield from {os.path.dirname(folder) for folder in member_folders(home, table)} - {home}


def _local_packages(lock: str) -> Iterator[str]:
    packages = read_table(lock).get("package")
    for package in packages if isinstance(packages, list) else ():
        source = package.get("source") if isinstance(package, dict) else None
        for kind in ("editable", "directory", "virtual"):
            if isinstance(source, dict) and isinstance(source.get(kind), str):
                yield os.path.normpath(os.path.join(os.path.dirname(lock), source[kind]))


def words(name: str, values: Iterable[str]) -> list[str]:
    """Return one flag for each value, in order."""
    return [f"{name}={value}" for value in sorted(values)]
