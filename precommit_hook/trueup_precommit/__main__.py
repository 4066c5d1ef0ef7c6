"""`python -m trueup_precommit check` and `... refresh`: what the manifest of the hooks starts."""

from __future__ import annotations

import sys

__all__ = ["main"]

_USAGE = "usage: python -m trueup_precommit {check,refresh} [options]"


def main(arguments: list[str]) -> int:
    """Run one of the hooks; return its exit code: 0 fresh, 1 stale, 2 nobody can tell."""
    if arguments[:1] == ["check"]:
        from trueup_precommit.checking import check

        return check(arguments[1:])
    if arguments[:1] == ["refresh"]:
        from trueup_precommit.refreshing import refresh

        return refresh(arguments[1:])
    print(_USAGE, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
