"""`trueup check`, `trueup explain` and `trueup refresh`: are local projects still true?"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from trueup.api.basis import Basis
from trueup.api.judgement import Judgement
from trueup.api.judging import judge_installed
from trueup.api.memory import interpreter_memory
from trueup.api.places import judge_place, project_places
from trueup.destination.environment import Environment
from trueup.destination.installed import normalized_name
from trueup.destination.locate import open_environment
from trueup.errors import BrokenEnvironment, RequestError, TrueupError
from trueup.freshness.outcome import Fresh, Stale
from trueup.values import asdict, dataclass

if TYPE_CHECKING:
    from trueup.installation.verification import AlteredFile

__all__ = ["check", "explain", "refresh"]

_FRESH, _STALE, _UNKNOWN = 0, 1, 2
_SHOWN = 3


def check(said: argparse.Namespace) -> int:
    """Tell which local projects a build now would change; 0 fresh, 1 stale, 2 unknown.

    With `--deep`, also each file that is not as it was installed: any of them is 1, too.
    """
    # Files, and environments that are searched for, are more than looks can tell of.
    more = said.deep or said.every or said.target or said.prefix
    basis = None if more or interpreter_memory() is None else Basis(os.environ)
    looked = _judged(said, basis)
    judged, problems = looked.judged, looked.problems
    altered = _altered(said)
    text = ""
    if said.json:
        content: dict[str, Any] = {"version": 1, "projects": [_as_json(one) for one in judged]}
        if problems:
            content["problems"] = problems
        if altered is not None:
            content["files"] = [asdict(one) for one in altered]
        text = json.dumps(content, indent=2) + "\n"
    elif said.quiet == 0:
        told = () if said.deep and not (judged or problems) else _lines(looked)
        files = () if altered is None else _lines_of_files(altered)
        text = "".join(f"{line}\n" for line in (*told, *files))
    sys.stdout.write(text)
    sys.stdout.flush()
    if not (said.json or said.quiet):
        for command in _commands(looked):
            print(f"hint: {command}", file=sys.stderr)
    if altered or any(isinstance(one.verdict, Stale) for one in judged):
        return _STALE
    if problems or not all(one.fresh for one in judged):
        return _UNKNOWN
    if basis is not None:
        basis.remember(said.line, text)
    return _FRESH


def explain(said: argparse.Namespace) -> int:
    """Tell what the verdict on one project rests on; exit codes as of `check`."""
    from trueup.cli.evidence import evidence_of, lines_of_evidence, lines_without_record

    one = _judged(said).judged[0]
    if said.json:
        evidence = evidence_of(one.fingerprint) if one.fingerprint else None
        print(json.dumps({"version": 1, **_as_json(one), "evidence": evidence}, indent=2))
    else:
        print(_line(one))
        for reason in one.reasons:
            print(f"  because {reason}")
        for line in (
            lines_of_evidence(one.fingerprint) if one.fingerprint else lines_without_record(one)
        ):
            print(line)
    return _FRESH if one.fresh else _STALE if isinstance(one.verdict, Stale) else _UNKNOWN


def refresh(said: argparse.Namespace) -> int:
    """Build again what is stale, and install it as it was."""
    # All that builds and installs: whoever only looks does not pay for it.
    from trueup.api.front import Surroundings
    from trueup.api.refreshing import refresh_environment
    from trueup.cli.console import listening
    from trueup.cli.summary import summary_lines

    verbosity = said.verbose - said.quiet
    with listening(verbosity) as reporter:
        report = refresh_environment(_where(said), said.names, Surroundings(reporter=reporter))
    if said.json:
        print(json.dumps(report.as_json(), indent=2))
    elif verbosity >= 0:
        if report.changed:
            for line in summary_lines(report, verbosity):
                print(line)
        else:
            print(f"Everything is fresh in {report.environment}")
    return 0


def _where(said: argparse.Namespace) -> Environment:
    return open_environment(python=said.python, target_directory=said.target, prefix=said.prefix)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found in the environments that were meant.

    `several` says whether they were named or looked for, so that lines have to tell which it was.
    """

    judged: list[Judgement]
    problems: list[str]
    several: bool


def _judged(said: argparse.Namespace, basis: Basis | None = None) -> _Looked:
    places = _places(said)
    memory = interpreter_memory()
    judged: list[Judgement] = []
    problems: list[str] = []
    try:
        if places is None:
            environment = open_environment(
                target_directory=said.target, prefix=said.prefix, memory=memory
            )
            if basis is not None:
                basis.is_named(None)
            judged += judge_installed(environment, os.environ, said.names, basis)
        for place in places or ():
            try:
                judged += judge_place(place, os.environ, said.names, memory=memory, basis=basis)
            except TrueupError as error:
                if len(places or ()) == 1:
                    raise
                if _is_told_of(error, said):
                    continue
                problems.append(error.problem)
    except TrueupError as error:  # exit code 1 says "stale", and nobody knows that
        if not _is_told_of(error, said):
            raise RequestError(error.problem, hint=error.hint) from error
    if not getattr(said, "deep", False):  # then more than local projects may be named
        _check_names(said.names, judged)
    return _Looked(judged, problems, several=bool(said.every or len(places or ()) > 1))


def _is_told_of(error: TrueupError, said: argparse.Namespace) -> bool:
    """Whether the files that are told of anyhow are why an environment cannot be opened."""
    if not (getattr(said, "deep", False) and isinstance(error, BrokenEnvironment)):
        return False
    from trueup.destination.skeleton import altered_parts

    return bool(altered_parts(error.root))


def _altered(said: argparse.Namespace) -> list[AlteredFile] | None:
    """Return the files that are not as they were installed; None where nobody asked."""
    if not said.deep:
        return None
    from trueup.cli.file_check import find_altered_files

    try:
        return find_altered_files(said)
    except TrueupError as error:  # as above: nobody knows
        raise RequestError(error.problem, hint=error.hint) from error


def _lines_of_files(altered: Sequence[AlteredFile]) -> Iterator[str]:
    from trueup.cli.file_check import lines_of_files

    return lines_of_files(altered)


def _places(said: argparse.Namespace) -> list[str] | None:
    """Return the environments that are meant; None for the one that is in use."""
    if (said.target or said.prefix) and (said.places or said.every):
        raise RequestError(
            "--target and --prefix name a directory, and other environments were named, too",
            hint="Check them one after the other.",
        )
    if said.every:
        return [*said.places, *project_places(os.getcwd())]
    return list(said.places) or None


def _check_names(names: Sequence[str], judged: Sequence[Judgement]) -> None:
    known = {one.distribution.name for one in judged}
    for name in names:
        if normalized_name(name) not in known:
            raise RequestError(
                f"{name} is not installed from a local project here",
                hint="`trueup check` without a name tells what is",
            )


def _lines(looked: _Looked) -> Iterator[str]:
    if not looked.judged and not looked.problems:
        yield "Nothing here is installed from a local project"
    for one in looked.judged:
        reasons = one.reasons[:_SHOWN]
        more = len(one.reasons) - len(reasons)
        told = "; ".join(reasons) + (f"; and {more} more" if more else "")
        where = f" in {one.environment}" if looked.several else ""
        yield _line(one) + where + (f": {told}" if told else "")
    for problem in looked.problems:
        yield f"unknown {problem}"


def _commands(looked: _Looked) -> Iterator[str]:
    """Yield each command that mends something, once; what can go together goes together."""
    import shlex

    own: dict[str, dict[str, None]] = {}
    others: dict[str, None] = {}
    for one in looked.judged:
        if isinstance(one.verdict, Stale):
            if one.command:
                others[one.command] = None
            else:
                where = f"--env {shlex.quote(one.environment)} " if looked.several else ""
                own.setdefault(where, {})[one.distribution.name] = None
    for where, names in own.items():
        yield f"trueup refresh {where}{' '.join(names)}"
    yield from others


def _word(one: Judgement) -> str:
    if isinstance(one.verdict, Fresh):
        return "fresh"
    return "stale" if isinstance(one.verdict, Stale) else "unknown"


def _line(one: Judgement) -> str:
    way = "editable" if one.editable else "a copy"
    name, version = one.distribution.name, one.distribution.version
    return f"{_word(one):7} {name} {version} ({way} of {one.path})"


def _as_json(one: Judgement) -> dict[str, Any]:
    reasons: list[dict[str, str]] = []
    if isinstance(one.verdict, Stale):
        reasons = [
            {
                "kind": reason.kind,
                "path": reason.path,
                "message": reason.message,
                "before": reason.before,
                "now": reason.now,
            }
            for reason in one.verdict.reasons
        ]
    elif not one.fresh:
        reasons = [{"kind": "unknown", "path": "", "message": one.reasons[0]}]
    return {
        "name": one.distribution.name,
        "version": one.distribution.version,
        "path": one.path,
        "editable": one.editable,
        "environment": one.environment,
        "verdict": _word(one),
        "reasons": reasons,
        "command": one.command or f"trueup refresh {one.distribution.name}",
    }
