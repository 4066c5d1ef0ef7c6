"""The program `trueup`, and `python -m trueup`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line that the process was started with; return its exit code."""
    from trueup.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
