"""Tells in which spans of a build programs run whose reading no audit hook sees.

A file in the build's folder is opened before a program starts and another after it has ended. Who
watches both this folder and the tree (`witness`) finds the two, in order, around what was opened in
between. Copied beside the build and imported there under another name, by Pythons from 3.8 on.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["FOLDER", "open_gate"]

FOLDER = "gates"
"""In the build's folder: where the files come, if anybody watches."""

_numbers = [0]


def open_gate(workspace: str, program: str) -> None:
    """Mark that a program starts, and see to it that its end is marked, too.

    That can be done where `subprocess` starts it; else there is no end.

    Args:
        workspace: the build's folder.
        program: its file name. A Python tells itself what it reads: whether it did is seen at its
            end, by the log that it left.
    """
    popen = _popen_above()
    if program in ("git", "hg") or (popen is not None and "_trueup_span" in popen.__dict__):
        return  # what it knows is asked again; it starts by `os.posix_spawn`, also told of
    _numbers[0] += 1
    span = f"{os.getpid()}-{_numbers[0]}"
    recorded = _is_python(program)
    _mark(workspace, ("p" if recorded else "b") + span)
    if popen is not None:
        popen.__dict__["_trueup_span"] = span, recorded
        _tell_of_ends(type(popen), workspace)


def _is_python(name: str) -> bool:
    return name.startswith("python") and len(name[6:].strip("0123456789.")) < 2


def _mark(workspace: str, name: str) -> None:
    path = os.path.join(workspace, FOLDER, name)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError:
        return  # nobody watches; where somebody does, a beginning that is missing is noticed


def _popen_above() -> Any:
    """Return the `subprocess.Popen` that is just starting its program."""
    frame: Any = sys._getframe(2)  # noqa: SLF001 - as documented
    for _ in range(6):
        if frame is None:
            return None
        if frame.f_code.co_name == "_execute_child":
            return frame.f_locals.get("self")
        frame = frame.f_back
    return None


def _tell_of_ends(kind: Any, workspace: str) -> None:
    """Have the class tell when it learns that a program has ended; once."""
    original = getattr(kind, "_handle_exitstatus", None)
    if original is None or hasattr(original, "_trueup"):
        return

    def handle(self: Any, *rest: Any, **named: Any) -> Any:
        done = original(self, *rest, **named)
        span, recorded = self.__dict__.pop("_trueup_span", ("", False))
        log = os.path.join(workspace, "trace", f"{self.pid}.log")
        if span and (not recorded or os.path.exists(log)):
            _mark(workspace, "e" + span)
        return done

    handle.__dict__["_trueup"] = True
    setattr(kind, original.__name__, handle)
