"""The program `trueup`, and `python -m trueup`."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["main", "program"]


def program() -> NoReturn:
    """Be the process: run the command line, and end with its exit code."""
    import gc

    # Most of what is made here stays until the end: to look through it for garbage, each time some
    # hundred things were made, takes a twentieth of the time of an install.
    gc.set_threshold(200_000, 20, 100)
    code = main()
    if not _is_awaited():
        _do_what_was_asked_for()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):  # closed: the interpreter knows what to say of it
            sys.exit(code)
        os._exit(code)
    sys.exit(code)


def _is_awaited() -> bool:
    """Whether something is left to do for the interpreter's end, which takes as long as a glance.

    Others may have asked for it (`coverage` measures programs so), or run in other threads.
    """
    import atexit

    asked = getattr(atexit, "_ncallbacks", None)  # of CPython since 3.1, and not documented
    if asked is None or sys.gettrace() or sys.getprofile() or sys.flags.inspect:
        return True
    if asked() > _by_the_library():
        return True
    threads = sys.modules.get("threading")
    return threads is not None and threads.active_count() > 1


def _by_the_library() -> int:
    """How often Python's own library has asked: to flush log handlers, to remove what is temporary.

    It needs no more of the interpreter than to be called.
    """
    finalize = getattr(sys.modules.get("weakref"), "finalize", None)
    removes = bool(getattr(finalize, "_registered_with_atexit", False))  # not documented either
    return removes + ("logging" in sys.modules)


def _do_what_was_asked_for() -> None:
    if _by_the_library():
        import atexit

        atexit._run_exitfuncs()  # noqa: SLF001 - what the interpreter itself calls, at its end


def main() -> int:
    """Run the command line that the process was started with; return its exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] in (["install"], ["sync"], ["check"]):
        from trueup.glance import look

        message = look(arguments, is_as_pictured=_is_as_pictured)
        if message is not None and _can_say(message):
            return _say(message)
    from trueup.cli import run

    return run(arguments)


def _is_as_pictured(root: str, state: str, identity: str) -> bool:
    from trueup.destination.picture import is_as_pictured

    return is_as_pictured(root, state, identity)


def _can_say(message: str) -> bool:
    """Whether the terminal has all these signs; else `run` says them as well as can be."""
    if message.isascii():
        return True
    try:
        message.encode(sys.stdout.encoding, sys.stdout.errors or "strict")
    except (UnicodeError, LookupError):
        return False
    return True


def _say(message: str) -> int:
    try:
        sys.stdout.write(message)
        sys.stdout.flush()
    except BrokenPipeError:
        from trueup.cli import leave_the_pipe

        return leave_the_pipe()
    return 0


if __name__ == "__main__":
    program()
