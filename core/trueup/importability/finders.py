"""Import hooks that `.pth` lines put in: whose they are, whether they changed, and taking them out.

An editable install whose layout a directory cannot express comes as a module that adds a finder to
`sys.meta_path` (setuptools, meson-python, scikit-build-core, the `editables` project), perhaps a
path hook and an entry of `sys.path` that only this hook understands.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Signature", "drop_old_bytecode", "owns_hooks", "sign", "signatures", "take_out"]

Signature = tuple[int, int, int, int]  # inode, size, mtime and ctime in nanoseconds

# Named by PEP 660 backends for modules that only a `.pth` line imports; some of these hand their
# mapping to a finder of another module and own none themselves.
_EDITABLE_NAMES = ("__editable__", "_editable_impl_")


def sign(path: str) -> Signature | None:
    """Return what tells a file or directory from a later one at the same place; None without it."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def signatures(names: Iterable[Iterable[str]]) -> dict[str, Signature]:
    """Return the signature of the file behind each loaded module of `names` that owns a hook."""
    found = {}
    for name in {name for group in names for name in group}:
        if owns_hooks(name) and (mark := sign(getattr(sys.modules[name], "__file__", None) or "")):
            found[name] = mark
    return found


def owns_hooks(name: str) -> bool:
    """Return whether the module called `name` is loaded and has put in an import hook."""
    if name not in sys.modules:
        return False
    return name.startswith(_EDITABLE_NAMES) or any(
        _belongs(hook, name) for hook in (*sys.meta_path, *sys.path_hooks)
    )


def take_out(name: str) -> tuple[ModuleType | None, tuple[str, ...]]:
    """Take the hooks of the module called `name` out of the import system, and the module itself.

    Returns:
        The module as it was, and the entries of `sys.path` that only its path hook understood.
    """
    hooks = [hook for hook in sys.path_hooks if _belongs(hook, name)]
    entries = tuple(path for path in sys.path if any(_understands(hook, path) for hook in hooks))
    sys.meta_path[:] = [finder for finder in sys.meta_path if not _belongs(finder, name)]
    sys.path_hooks[:] = [hook for hook in sys.path_hooks if not _belongs(hook, name)]
    sys.path[:] = [path for path in sys.path if path not in entries]
    for path, finder in list(sys.path_importer_cache.items()):
        if finder is not None and _belongs(finder, name):
            del sys.path_importer_cache[path]
    return sys.modules.pop(name, None), entries


def _belongs(hook: Any, module: str) -> bool:
    """Return whether `hook` (a class, function or object) was defined in `module`."""
    return module in {getattr(hook, "__module__", None), getattr(type(hook), "__module__", None)}


def _understands(hook: Any, path: str) -> bool:
    try:
        hook(path)
    except ImportError:  # PEP 302: how a path hook says no
        return False
    return True


def drop_old_bytecode(source: str) -> None:
    """Remove the compiled file of `source` where Python would take it though it is of other code.

    The import system trusts a `.pyc` when it names the source's size and its mtime in whole
    seconds. A source that was replaced by one with the same of both runs the old code, in every
    later process too. A compiled file that changed after the source arrived is left alone; in the
    same tick of the clock nobody can tell, and Python makes a removed one anew.
    """
    try:
        compiled = importlib.util.cache_from_source(source)
        arrived, made = os.stat(source), os.stat(compiled)
        if made.st_ctime_ns > arrived.st_ctime_ns:
            return
        with open(compiled, "rb") as file:
            header = file.read(16)
    except (OSError, NotImplementedError):
        return
    flags, mtime, size = (int.from_bytes(header[at : at + 4], "little") for at in (4, 8, 12))
    same = (mtime, size) == (int(arrived.st_mtime) & 0xFFFFFFFF, arrived.st_size & 0xFFFFFFFF)
    if flags == 1 or (flags == 0 and same):  # PEP 552: 1 is a hash that nobody checks
        with suppress(OSError):
            os.unlink(compiled)
