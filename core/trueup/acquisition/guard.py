"""Keeps walks that follow links out of circles; runs inside the processes of a build.

A link that leads back to the folder it lies in makes a walk that follows links see the same files
again and again: with one such link until the path is too long, with two for longer than anybody
waits (report 11238: setuptools looks for packages and data files by such walks). Here such a link
is treated as not there, by `os.walk`, `os.fwalk`, `glob`, `pathlib` and `shutil.copytree` where
they follow links, and by the copy of `glob` that setuptools brings. A tree without such a link
gives what it always gave.

This file is copied beside the build and imported there under another name, by Pythons from 3.8
on: standard library only, and nothing imported that a starting Python has not loaded anyway.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    from trueup.acquisition.circles import report_to, without_circles
    from trueup.acquisition.extra_settings import DISTUTILS, heed_extra_settings
else:
    try:  # beside the build, where it goes by this name
        from _trueup_circles import report_to, without_circles
        from _trueup_extra_settings import DISTUTILS, heed_extra_settings
    except ImportError:
        from trueup.acquisition.circles import report_to, without_circles
        from trueup.acquisition.extra_settings import DISTUTILS, heed_extra_settings

__all__ = ["start"]

_started = False


# --- the walks ---


def _guard_walk(original: Callable[..., Any]) -> Callable[..., Any]:
    def one_level(top: Any, onerror: Any) -> Any:
        levels = original(top, True, onerror, True)
        try:
            return next(levels, None)
        finally:
            levels.close()

    def guarded(top: Any, topdown: Any, onerror: Any) -> Iterator[Any]:
        waiting: list[Any] = [top]
        while waiting:
            item = waiting.pop()
            if isinstance(item, tuple):
                yield item
                continue
            level = one_level(item, onerror)
            if level is None:
                continue
            root, folders, _ = level
            folders[:] = without_circles(root, folders)
            if topdown:
                yield level
            else:
                waiting.append(level)
            waiting.extend(os.path.join(root, name) for name in reversed(folders))

    def walk(top: Any, topdown: Any = True, onerror: Any = None, followlinks: Any = False) -> Any:
        # `pathlib` hands in an object of its own that means: no, and list links as files.
        if not followlinks or followlinks is getattr(os, "_walk_symlinks_as_files", None):
            return original(top, topdown, onerror, followlinks)
        return guarded(top, topdown, onerror)

    return _like(original, walk)


def _guard_fwalk(original: Callable[..., Any]) -> Callable[..., Any]:
    def bottom_up(path: Any, top: Any, onerror: Any, dir_fd: Any) -> Iterator[Any]:
        levels = original(top, True, onerror, follow_symlinks=True, dir_fd=dir_fd)
        try:
            for _, folders, files, descriptor in levels:
                kept = without_circles(path, folders)
                folders[:] = []  # we go down ourselves, and `levels` keeps the descriptor open
                for name in kept:
                    yield from bottom_up(os.path.join(path, name), name, onerror, descriptor)
                yield path, kept, files, descriptor
        finally:
            levels.close()

    def top_down(top: Any, onerror: Any) -> Iterator[Any]:
        for level in original(top, True, onerror, follow_symlinks=True):
            level[1][:] = without_circles(level[0], level[1])
            yield level

    def fwalk(
        top: Any = ".",
        topdown: Any = True,
        onerror: Any = None,
        *,
        follow_symlinks: Any = False,
        dir_fd: Any = None,
    ) -> Any:
        if not follow_symlinks or dir_fd is not None:  # relative to a descriptor: no path to ask of
            return original(top, topdown, onerror, follow_symlinks=follow_symlinks, dir_fd=dir_fd)
        if topdown:
            return top_down(top, onerror)
        return bottom_up(os.fspath(top), top, onerror, None)

    return _like(original, fwalk)


def _guard_glob(module: ModuleType) -> None:
    """Guard `glob`, and since 3.13 what `pathlib` globs when it is told to follow links."""
    listing = getattr(module, "_iterdir", None)
    if listing is not None:

        def listed(dirname: Any, *rest: Any) -> Iterator[Any]:
            names = listing(dirname, *rest)
            if len(rest) > 1 and rest[0] is not None:  # relative to a descriptor
                yield from names
            else:
                yield from without_circles(dirname, names)

        module.__dict__["_iterdir"] = _like(listing, listed)
    # Since 3.13 `pathlib` globs by these; the string one takes over the selectors of its parent.
    globber = getattr(module, "_GlobberBase", None) or getattr(module, "_Globber", None)
    for name in ("recursive_selector", "wildcard_selector"):
        selector = getattr(globber, name, None)
        if selector is not None:
            setattr(globber, name, _guard_selector(selector))


def _guard_selector(original: Callable[..., Any]) -> Callable[..., Any]:
    def select(self: Any, part: Any, parts: Any) -> Any:
        self.scandir = _guarded_scandir(self.scandir)
        return original(self, part, parts)

    return _like(original, select)


def _guarded_scandir(original: Callable[..., Any]) -> Callable[..., Any]:
    if getattr(original, "_trueup_guarded", False):
        return original

    def scandir(path: Any) -> Any:
        found = original(path)
        if not isinstance(path, str) and not hasattr(path, "__fspath__"):
            return found  # a path of somebody's own making, that lies in no file system
        if hasattr(found, "__enter__"):  # until 3.13: a context manager over entries
            from contextlib import nullcontext

            with found as entries:
                listed = [(entry, entry.name) for entry in entries]
            return nullcontext([item[0] for item in _kept(path, listed)])
        return _kept(path, list(found))  # 3.14: (entry, name, path)

    scandir.__dict__["_trueup_guarded"] = True
    return scandir


def _kept(path: Any, listed: list[Any]) -> list[Any]:
    entries = [item[0] for item in listed if hasattr(item[0], "name")]
    known = entries if len(entries) == len(listed) else None
    names = set(without_circles(path, [item[1] for item in listed], known))
    return [item for item in listed if item[1] in names]


def _guard_pathlib(module: ModuleType) -> None:
    """Guard `Path.glob` and `Path.walk` until 3.12; later ones go by `glob` and `os.walk`."""
    select = "_select_from"
    for name in ("_WildcardSelector", "_RecursiveWildcardSelector"):
        selector = getattr(module, name, None)
        if selector is not None:
            setattr(selector, select, _guard_select_from(getattr(selector, select)))
    original = getattr(module.Path, "walk", None)
    version = sys.version_info[:2]
    if original is None or version > (3, 12):
        return

    def walk(
        self: Any, top_down: Any = True, on_error: Any = None, follow_symlinks: Any = False
    ) -> Any:
        if not follow_symlinks:
            return original(self, top_down, on_error, follow_symlinks)
        levels = os.walk(self, top_down, on_error, followlinks=True)
        return ((self.with_segments(root), folders, files) for root, folders, files in levels)

    setattr(module.Path, original.__name__, _like(original, walk))


def _guard_select_from(original: Callable[..., Any]) -> Callable[..., Any]:
    def select_from(self: Any, parent_path: Any, *rest: Any) -> Any:
        return original(self, parent_path, *rest[:-1], _guarded_scandir(rest[-1]))

    return _like(original, select_from)


def _guard_shutil(module: ModuleType) -> None:
    """Guard `copytree` where it copies what links lead to."""
    original = module.copytree

    class Ignore:
        def __init__(self, theirs: Any) -> None:
            self.theirs = theirs

        def __call__(self, folder: Any, names: Any) -> Any:
            ignored = set(self.theirs(folder, names)) if self.theirs is not None else set()
            return ignored.union(set(names).difference(without_circles(folder, names)))

    def copytree(
        src: Any, dst: Any, symlinks: Any = False, ignore: Any = None, *rest: Any, **named: Any
    ) -> Any:
        if not symlinks and not isinstance(ignore, Ignore):
            ignore = Ignore(ignore)
        return original(src, dst, symlinks, ignore, *rest, **named)

    module.__dict__["copytree"] = _like(original, copytree)


def _guard_listing(module: ModuleType) -> None:
    """Guard a module that walks by `os.listdir`: it gets an `os` of its own."""

    class GuardedOs:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        @staticmethod
        def listdir(path: Any = ".") -> Any:
            return without_circles(path, os.listdir(path))

    module.__dict__["os"] = GuardedOs()


def _like(original: Callable[..., Any], guarded: Callable[..., Any]) -> Callable[..., Any]:
    for name in ("__doc__", "__module__", "__name__", "__qualname__"):
        setattr(guarded, name, getattr(original, name))
    return guarded


# --- getting there first ---

_LATER: dict[str, Callable[[ModuleType], None]] = {
    "glob": _guard_glob,
    "pathlib": _guard_pathlib,
    "setuptools.glob": _guard_listing,
    "shutil": _guard_shutil,
    **dict.fromkeys(DISTUTILS, heed_extra_settings),
}


class _Finder:
    """Guards a module as soon as it is imported: importing all at once would cost each process."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        guard = _LATER.get(name)
        if guard is None:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                _run_after(spec.loader, guard)
                return spec
        return None


def _run_after(loader: Any, guard: Callable[[ModuleType], None]) -> None:
    execute = getattr(loader, "exec_module", None)
    if execute is None:
        return

    def exec_module(module: ModuleType) -> None:
        execute(module)
        guard(module)

    try:
        loader.exec_module = exec_module
    except (AttributeError, TypeError):
        return  # a loader that cannot be changed: the module stays as it is


def start() -> None:
    """Guard this process, once; only where it is part of a build."""
    global _started  # noqa: PLW0603 - once for this process
    workspace = os.environ.get("_TRUEUP_BUILD")
    if not workspace or _started:
        return
    _started = True
    report_to(workspace)
    os.__dict__["walk"] = _guard_walk(os.walk)
    if hasattr(os, "fwalk"):
        os.__dict__["fwalk"] = _guard_fwalk(os.fwalk)
    for name, guard in _LATER.items():
        module = sys.modules.get(name)
        if module is not None:
            guard(module)
    sys.meta_path.insert(0, _Finder())
