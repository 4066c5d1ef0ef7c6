"""An errand: one install of a session, done in nox's own process and told in nox's way."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from nox.command import CommandFailed
from nox.logger import logger
from trueup.errors import RequestError, TrueupError
from trueup.values import dataclass

from trueup_nox.installing import install
from trueup_nox.narration import Narrator, quieten_libraries

if TYPE_CHECKING:
    from trueup_nox.commands import Errand
    from trueup_nox.environment import TrueupEnvironment

__all__ = ["Manner", "carry_out", "refuse"]


@dataclass(frozen=True, slots=True)
class Manner:
    """The keywords of `session.run` that mean something for an errand.

    Attributes:
        env: variables over those of the environment; None takes one away.
        include_outer_env: nox's own variables count.
        silent: return what would be printed.
        success_codes: exit codes that are no failure; () for 0.
        log: tell nox's log.
        stdout: where to print.
    """

    env: Mapping[str, str | None]
    include_outer_env: bool = True
    silent: bool = False
    success_codes: tuple[int, ...] = ()
    log: bool = True
    stdout: int | IO[str] | None = None

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> Manner:
        """Return what the keywords of a call say.

        Raises:
            ValueError: `silent` and `stdout` exclude each other, as in nox.
        """
        said = {name: keywords[name] for name in cls.__slots__ if name in keywords}
        said["env"] = said.get("env") or {}
        said["success_codes"] = tuple(said.get("success_codes") or ())
        manner = cls(**said)
        if manner.silent and manner.stdout is not None:
            raise ValueError("silent and stdout exclude each other: drop one of them")
        return manner


def carry_out(
    errand: Errand, words: Sequence[str], environment: TrueupEnvironment, manner: Manner
) -> str | bool:
    """Do an errand as if it were a command that nox runs.

    Args:
        errand: what to do.
        words: the command line as the noxfile has it, for messages.
        environment: of the session.
        manner: how.

    Returns:
        What was printed, if it was to be silent; else True.

    Raises:
        CommandFailed: it failed, and has been told.
    """
    quieten_libraries()
    if manner.log:
        logger.info("%s", _line(words))
    narrator = Narrator(silent=manner.silent, log=manner.log, stdout=manner.stdout)
    variables = _variables(environment, manner)
    try:
        code = _carry(errand, environment, variables, narrator)
    except TrueupError as error:
        return refuse(words, error, manner.success_codes, told=narrator.text)
    finally:
        environment.errands += 1
    _check_code(words, code, manner.success_codes, narrator.text)
    if narrator.text:
        logger.output(narrator.text)
    return narrator.text if manner.silent else True


def _carry(
    errand: Errand,
    environment: TrueupEnvironment,
    variables: Mapping[str, str],
    narrator: Narrator,
) -> int:
    if errand.verb == "cache":
        narrator.say(["Nothing to do: trueup installs nothing from pip's cache"])
        return 0
    if errand.verb != "uninstall":
        return install(errand, environment, variables, narrator)
    from trueup_nox.uninstalling import uninstall

    return uninstall(errand, environment, variables, narrator)


def refuse(
    words: Sequence[str],
    error: TrueupError,
    success_codes: Iterable[int] | None,
    *,
    told: str = "",
) -> str | bool:
    """Fail a command as nox does, with the problem and the way out, unless failing is success.

    Raises:
        CommandFailed: the session is to fail.
    """
    code = 2 if isinstance(error, RequestError) else 1
    text = f"{told}{error}"
    _check_code(words, code, tuple(success_codes or ()), text)
    return text


def _check_code(words: Sequence[str], code: int, wanted: tuple[int, ...], text: str) -> None:
    if code in (wanted or (0,)):
        return
    suffix = f":\n{text}" if text else ""
    logger.error("%s", f"Command {_line(words)} failed with exit code {code}{suffix}")
    failure = CommandFailed(f"Returned code {code}")
    failure.return_code = code  # older versions of nox have no argument for it
    raise failure


def _line(words: Sequence[str]) -> str:
    if any("@" in word for word in words):  # without one, there is nothing to hide
        from trueup.resolution.credentials import presentable

        words = [presentable(word) for word in words]
    return f"trueup: {shlex.join(words)}"


def _variables(environment: TrueupEnvironment, manner: Manner) -> dict[str, str]:
    """Return the variables that a command would get."""
    outer = os.environ if manner.include_outer_env else {}
    told: dict[str, str | None] = {**outer, **environment.env, **manner.env}
    told["PATH"] = os.pathsep.join([*environment.bin_paths, told.get("PATH") or ""])
    return {name: value for name, value in told.items() if value is not None}
