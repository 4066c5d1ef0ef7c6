"""The command line: arguments in, exit code out. Everything else is done by the use cases."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trueup.errors import RequestError, TrueupError

__all__ = ["run"]

_FAILED, _USAGE, _INTERRUPTED = 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line.

    Returns:
        0 when it was done, 1 when it failed, 2 when it could not be understood, 130 after Ctrl-C.
    """
    from trueup.cli.parser import parse

    try:
        command = parse(arguments)
        return command.action(command.options)
    except RequestError as error:
        return _tell(error, _USAGE)
    except TrueupError as error:
        return _tell(error, _FAILED)
    except KeyboardInterrupt:
        print(
            "interrupted; the environment is as it was, or is mended by the next run",
            file=sys.stderr,
        )
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); do not complain while closing it either.
        sys.stderr.close()
        return _FAILED


def _tell(error: TrueupError, code: int) -> int:
    print(f"error: {error.problem}", file=sys.stderr)
    if error.detail:
        print(_indented(error.detail), file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return code


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip("\n").splitlines())
