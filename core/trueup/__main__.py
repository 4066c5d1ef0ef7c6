"""The program `trueup`, and `python -m trueup`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line that the process was started with; return its exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] in (["install"], ["sync"]):
        from trueup.glance import look

        message = look(arguments)
        if message is not None:
            return _say(message)
    from trueup.cli import run

    return run(arguments)


def _say(message: str) -> int:
    try:
        sys.stdout.write(message)
        sys.stdout.flush()
    except BrokenPipeError:
        from trueup.cli import leave_the_pipe

        return leave_the_pipe()
    return 0


if __name__ == "__main__":
    sys.exit(main())
