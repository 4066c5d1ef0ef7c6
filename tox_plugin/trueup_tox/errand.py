"""An errand: one install that tox asks for, done in this process and told in the way of tox."""

from __future__ import annotations

import logging
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from tox.execute.api import Outcome
from tox.execute.request import ExecuteRequest, StdinSource
from tox.tox_env.errors import Fail

from trueup_tox.narration import Narrator
from trueup_tox.stopping import stoppable, stopped
from trueup_tox.variables import variables_of

if TYPE_CHECKING:
    from tox.execute.api import ExecuteStatus
    from tox.tox_env.api import ToxEnv
    from tox.tox_env.python.api import Python
    from trueup.api.report import InstallReport
    from trueup.destination.environment import Environment

__all__ = ["Exactly", "errand", "install", "uninstall"]

_LOGGER = logging.getLogger(__name__)


class _Status(NamedTuple):
    """What tox's log of a command wants to know."""

    metadata: dict[str, str]
    exit_code: int
    out: bytes
    err: bytes


class Exactly(NamedTuple):
    """An environment is to hold what is asked for, and `spared`, and nothing else."""

    spared: frozenset[str] = frozenset()


def install(
    tox_env: Python,
    arguments: Sequence[str],
    run_id: str,
    variables: Mapping[str, str] | None = None,
    exactly: Exactly | None = None,
) -> InstallReport:
    """Install into the environment of `tox_env`.

    Args:
        tox_env: where.
        arguments: in pip's grammar.
        run_id: what tox calls the errand: "install_deps", "install_package" and the like.
        variables: of the environment; None for those of `tox_env`.
        exactly: and nothing else is to be there.

    Raises:
        Fail: with the problem and the way out.
        SystemExit: the user has asked tox to stop.
    """
    from trueup.api.front import Surroundings, install_arguments

    with errand(tox_env, ["install", *arguments], run_id) as narrator:
        around = Surroundings(
            base=str(tox_env.core["tox_root"]),
            variables=variables_of(tox_env) if variables is None else variables,
            reporter=narrator,
            more_to_come=getattr(tox_env, "renewing", False),
        )
        report = install_arguments(
            ["--python", str(tox_env.env_python()), *arguments],
            around,
            exact=exactly is not None,
            spared=exactly.spared if exactly else frozenset(),
        )
        _tell_changes(report, narrator)
    return report


def uninstall(tox_env: Python, environment: Environment, names: Sequence[str]) -> None:
    """Take distributions out of the environment of `tox_env`.

    Raises:
        Fail: with the problem and the way out.
        SystemExit: the user has asked tox to stop.
    """
    from trueup.api.uninstalling import uninstall_names
    from trueup.api.workshop import open_workshop

    with errand(tox_env, ["uninstall", *names], "uninstall_leftovers") as narrator:
        variables = tox_env.environment_variables
        with open_workshop(variables=variables, reporter=narrator) as workshop:
            _tell_changes(uninstall_names(names, environment, workshop), narrator)


@contextmanager
def errand(tox_env: ToxEnv, words: Sequence[str], run_id: str) -> Iterator[Narrator]:
    """Do something with the core as if it were a command that tox runs.

    What there is to see is what tox shows of a command: its line (once there is something to do),
    a file in the environment's log folder, an entry in the journal of `--result-json`.

    Raises:
        Fail: with the problem and the way out.
        SystemExit: the user has asked tox to stop.
    """
    from trueup.errors import TrueupError
    from trueup.resolution.credentials import presentable

    if stopped(tox_env):
        raise SystemExit(-2)
    command = [presentable(word) for word in ("trueup", *words)]
    narrator = Narrator(f"{run_id}> {shlex.join(command)}", lambda: stopped(tox_env))
    started, code, problem = time.monotonic(), Outcome.OK, ""
    try:
        with stoppable():
            yield narrator
        narrator.catch_up()
    except TrueupError as error:
        code, problem = 1, str(error)
        narrator.catch_up()
        narrator.announce()
        if stopped(tox_env):
            raise SystemExit(-2) from error
        raise Fail(problem) from error
    except KeyboardInterrupt as error:
        code = -2
        raise SystemExit(code) from error
    finally:
        root = cast("Path", tox_env.core["tox_root"])
        request = ExecuteRequest(
            command, root, tox_env.environment_variables, StdinSource.OFF, run_id
        )
        _record(tox_env, request, narrator, problem, (started, code))


def _record(
    tox_env: ToxEnv,
    request: ExecuteRequest,
    narrator: Narrator,
    problem: str,
    timing: tuple[float, int],
) -> None:
    """Leave in tox's log and journal what a command would have left there."""
    started, code = timing
    out = "".join(f"{line}\n" for line in narrator.lines)
    if tox_env.journal:
        end = time.monotonic()
        outcome = Outcome(request, False, code, out, problem, started, end, request.cmd, {})
        tox_env.journal.add_execute(outcome, request.run_id)
    if narrator.busy:
        status = _Status({}, code, out.encode(), problem.encode())
        tox_env._log_execute(request, cast("ExecuteStatus", status))  # noqa: SLF001 - the one way into tox's log folder


def _tell_changes(report: InstallReport, narrator: Narrator) -> None:
    if report.changed:
        narrator.announce()
    for line in _changes(report):
        narrator.lines.append(line)
        _LOGGER.info("%s", line)


def _changes(report: InstallReport) -> list[str]:
    """Return a line for each distribution that came or went."""
    lines = []
    for one in report.added:
        before = f" in place of {one.previous}" if one.previous not in {"", one.version} else ""
        lines.append(f"+ {one.name} {one.version}{before} ({one.reason})")
    lines += [f"- {gone.name} {gone.version} ({gone.reason})" for gone in report.removed]
    return lines
