"""Leaves links to nothing out of what folders list; runs inside the processes of a build.

Many backends copy what a folder lists, and fail on a link that leads to nothing. Here such a link
is treated as not there by `os.scandir` and `os.listdir`, and so by all that goes through them:
`os.walk`, `glob`, `pathlib`, `shutil.copytree`. Only the links that were found in the tree before
the build are left out, and only while they lead to nothing; in any other build nothing changes.
A folder that is listed by descriptor, and one that is listed to be removed, shows all it holds.

This file is copied beside the build and imported there under another name, by Pythons from 3.8
on: standard library only, and nothing imported that a starting Python has not loaded anyway.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = ["start", "write_dead_links"]

_LIST = "dead_links"
_WAYS_THROUGH = ("_trueup", "os", "ntpath", "posixpath", "genericpath")
_BOUND_AT_IMPORT = ("glob", "pathlib")

# As they are before anybody records what is looked at: our own looks are no inputs.
_stat, _lstat = os.stat, os.lstat
_started = False


def write_dead_links(workspace: str, links: Iterable[str]) -> None:
    """Tell the processes of a build which links of its tree lead to nothing.

    Args:
        workspace: the build's folder.
        links: their absolute paths; with none, nothing is written, and nothing is left out.
    """
    content = b"\0".join(map(os.fsencode, links))
    if content:
        with open(os.path.join(workspace, _LIST), "wb") as stream:
            stream.write(content)


class _Dead:
    """The links that lead to nothing, by the folders that they lie in."""

    def __init__(self, links: Iterable[str]) -> None:
        self._names: dict[tuple[int, int], tuple[str, set[str]]] = {}
        for link in links:
            folder, name = os.path.split(link)
            try:
                found = _stat(folder)
            except OSError:
                continue
            identity = (found.st_dev, found.st_ino)  # a folder can be named in many ways
            self._names.setdefault(identity, (folder, set()))[1].add(name)

    def among(self, path: Any) -> set[str]:
        """Return the names in the folder `path` that are to be left out."""
        if isinstance(path, int):
            return set()
        try:
            found = _stat("." if path is None else path)
        except (OSError, TypeError, ValueError):
            return set()  # whoever lists it is told by the listing itself
        folder, names = self._names.get((found.st_dev, found.st_ino), ("", set()))
        dead = {name for name in names if _leads_nowhere(os.path.join(folder, name))}
        return set() if dead and _is_removal() else dead


class _Listing:
    """In place of `os.listdir`.

    No function, because `pathlib` until 3.10 keeps it as an attribute of a class; and as good as
    the original in sets, because `os.supports_fd` is asked for it.
    """

    def __init__(self, original: Callable[..., Any], dead: _Dead) -> None:
        self.__name__ = original.__name__
        self.__doc__ = original.__doc__
        self.__wrapped__ = original
        self._dead = dead

    def __call__(self, path: Any = None) -> Any:
        names = self.__wrapped__(path)
        dead = self._dead.among(path)
        return [name for name in names if os.fsdecode(name) not in dead] if dead else names

    def __eq__(self, other: object) -> bool:
        return other is self or other == self.__wrapped__

    def __hash__(self) -> int:
        return hash(self.__wrapped__)


class _Scanning(_Listing):
    """In place of `os.scandir`."""

    def __call__(self, path: Any = None) -> Any:
        entries = self.__wrapped__(path)
        dead = self._dead.among(path)
        return _Entries(entries, dead) if dead else entries


class _Entries:
    """What `os.scandir` gives, without some of the entries."""

    def __init__(self, entries: Any, dead: set[str]) -> None:
        self._entries = entries
        self._dead = dead

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        for entry in self._entries:
            if os.fsdecode(entry.name) not in self._dead:
                return entry
        raise StopIteration

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries.close()


def _leads_nowhere(path: str) -> bool:
    try:
        _stat(path)
    except OSError:
        try:
            _lstat(path)
        except OSError:
            return False  # gone meanwhile
        return True
    return False


def _is_removal() -> bool:
    """Whether a folder is listed to be removed with all that it holds."""
    frame: Any = sys._getframe(3)  # noqa: SLF001 - as documented
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        name = frame.f_code.co_name
        if module.startswith("_trueup") or module in _WAYS_THROUGH:
            frame = frame.f_back
            continue
        removes = module == "shutil" and "rmtree" in name
        return removes or (module.endswith("dir_util") and name == "_build_cmdtuple")
    return False


def start() -> None:
    """Hide the links from this process, once; only where it is part of a build that has some."""
    global _started  # noqa: PLW0603 - once for this process
    workspace = os.environ.get("_TRUEUP_BUILD")
    if not workspace or _started:
        return
    _started = True
    try:
        with open(os.path.join(workspace, _LIST), "rb") as stream:
            dead = _Dead(map(os.fsdecode, stream.read().split(b"\0")))
    except OSError:
        return  # there are none
    for kind, name in ((_Listing, "listdir"), (_Scanning, "scandir")):
        original = getattr(os, name)
        os.__dict__[name] = instead = kind(original, dead)
        for module in _BOUND_AT_IMPORT:
            _replace_in(sys.modules.get(module), name, original, instead)


def _replace_in(module: Any, name: str, original: Any, instead: Any) -> None:
    """Replace what the classes of a module that is loaded already keep of the original."""
    for kind in list(vars(module).values()) if module is not None else ():
        if isinstance(kind, type) and getattr(kind, name, None) is original:
            setattr(kind, name, instead)
