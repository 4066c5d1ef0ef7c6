"""The command line: arguments in, exit code out. Everything else is done by the use cases."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from trueup.errors import RequestError, TrueupError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["leave_the_pipe", "run"]

_DONE, _FAILED, _USAGE, _INTERRUPTED = 0, 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line.

    Returns:
        0 when it was done, 1 when it failed, 2 when it could not be understood, 130 after Ctrl-C,
        143 after SIGTERM, 129 after SIGHUP.
    """
    _write_anything()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt as stopped:
        # Where it came while `exec` compiled some source (imports that make dataclasses do that),
        # CPython has noted that nobody handles it, and would end by SIGINT, not with our code; the
        # next `exec` takes that back.
        exec("")  # noqa: S102 - of nothing
        print(
            "interrupted; the environment is as it was, or is mended by the next run",
            file=sys.stderr,
        )
        return int(getattr(stopped, "code", _INTERRUPTED))
    except BrokenPipeError:
        return leave_the_pipe()
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        _ensure_place()
        if arguments[:1] in (["install"], ["sync"]):
            from trueup.cli.repetition import repeated

            code = repeated(arguments)
            if code is not None:
                return code
        if arguments[:1] == ["venv"]:
            from trueup.cli.plain import plain_venv

            said = plain_venv(arguments[1:])
            if said is not None:
                from trueup.cli.environment_commands import venv

                return venv(said)
        from trueup.cli.parser import parse
        from trueup.cli.stopping import stoppable

        command = parse(arguments)
        with stoppable():
            return command.run()
    except RequestError as error:
        return _tell(error, _USAGE)
    except TrueupError as error:
        return _tell(error, _FAILED)
    except SystemExit as leaving:  # of argparse, after `--help` or `--version`
        return leaving.code if isinstance(leaving.code, int) else _DONE


def _ensure_place() -> None:
    """See to it that there is a working directory, which all that is relative is relative to.

    Raises:
        RequestError: it was deleted.
    """
    try:
        os.getcwd()
    except OSError as error:
        raise RequestError(
            "the working directory is not there any more", hint="Go to one that is: cd ~"
        ) from error


def _write_anything() -> None:
    """Let no name or sign that the terminal's encoding lacks end a command that has worked."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def leave_the_pipe() -> int:
    """Write no more to whoever read our output and has gone (`| head`); return the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # so that the interpreter's last flush does not complain
    os.close(nowhere)
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
