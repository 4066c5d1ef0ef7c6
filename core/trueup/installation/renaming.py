"""Renaming, also where a plain rename cannot: onto another file system, or past a busy scanner."""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress

__all__ = ["rename"]

# Seconds. On Windows a scanner of viruses may hold a file open for a moment.
_PAUSES = (0.01, 0.05, 0.2, 0.5) if os.name == "nt" else ()


def rename(source: str, target: str) -> list[str]:
    """Rename; onto another file system, by a copy that gets its name when it is whole.

    Returns:
        The paths of which the file system tells something new now.
    """
    try:
        _rename_patiently(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return _move_across(source, target)
    return [target]


def _move_across(source: str, target: str) -> list[str]:
    """Copy, and remove the original; where one fails, nothing is left of the copy."""
    import shutil  # 3 ms, for what hardly ever happens

    is_tree = os.path.isdir(source) and not os.path.islink(source)
    whole = target + ".trueup-new"
    _delete(whole)  # of whoever was killed here
    made = whole
    try:
        if is_tree:
            shutil.copytree(source, whole, symlinks=True)
        else:
            shutil.copy2(source, whole, follow_symlinks=False)
        os.replace(whole, target)
        made = target
        if not is_tree:
            os.unlink(source)
            return [target]
    except OSError:
        _delete(made)
        raise
    _delete(source)  # always a staged tree: what stays of it is swept
    inside = (os.path.join(top, name) for top, _, names in os.walk(target) for name in names)
    return [target, *inside]


def _delete(path: str) -> None:
    """Delete a file or a tree, as far as that goes."""
    import shutil

    shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path):
        with suppress(OSError):
            os.unlink(path)


def _rename_patiently(source: str, target: str) -> None:
    for pause in _PAUSES:
        try:
            os.rename(source, target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    os.rename(source, target)
