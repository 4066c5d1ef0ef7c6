"""`python -m benchmarks`: choose cases, run them, write the figures down."""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
import signal
import sys
from typing import TYPE_CHECKING

from benchmarks.cases import CASES, FAMILIES
from benchmarks.measure import CommandFailed, adopt_orphans
from benchmarks.peers import PEERS
from benchmarks.place import choose_place
from benchmarks.report import circumstances
from benchmarks.results import keep, publish, put_together
from benchmarks.rounds import run_cases
from benchmarks.supplies import Supplies
from benchmarks.workshop import HERE, Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.case import Case
    from benchmarks.rounds import Outcome

_PAGE = os.path.join(os.path.dirname(HERE), "docs", "speed.md")
# What the smoke test runs: one case of each way to measure.
_SMOKE = ("install, small", "nothing to do, small", "a build, wheel, C extension")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure trueup beside other tools, paired and interleaved.",
        epilog=f"Families, for --only: {', '.join(FAMILIES)}.",
    )
    add = parser.add_argument
    add("--rounds", type=int, default=5, metavar="N", help="rounds after the warm-up (default: 5)")
    add("--only", default="*", metavar="A,B", help='families, or cases: "tox,install*small"')
    add("--peers", default=",".join(PEERS), metavar="A,B", help="tools (default: %(default)s)")
    add("--slow", action="store_true", help="also the cases that take minutes")
    add("--against", default="uv", metavar="LABEL", help="ratios to this one (default: uv)")
    add("--smoke", action="store_true", help="one round of three small cases: does it run?")
    add("--python", default=sys.executable, metavar="PATH", help="what environments are made from")
    add("--place", metavar="DIR", help="where to install to (default: memory, where there is some)")
    add("--work", default=os.path.join(HERE, ".work"), metavar="DIR", help="peers, pins and wheels")
    add("--output", metavar="DIR", help="where results go (default: results in --work)")
    add("--pass-env", action="append", default=[], metavar="NAME", help="let this variable through")
    add("--list", action="store_true", help="tell the cases and stop")
    add(
        "--report",
        action="store_true",
        help="run nothing: put the results of earlier runs together",
    )
    add("--write-docs", action="store_true", help="and write them into docs/speed.md")
    return parser


def _chosen(arguments: argparse.Namespace) -> list[Case]:
    peers = set(arguments.peers.split(","))
    return [
        case
        for case in CASES
        if case.peer in peers
        and (arguments.slow or not case.slow)
        and (case.group in _SMOKE if arguments.smoke else _fits(case, arguments.only))
    ]


def _fits(case: Case, patterns: str) -> bool:
    return any(
        fnmatch.fnmatchcase(name, pattern.strip())
        for pattern in re.split(r",(?![ \d])", patterns)
        for name in (case.family, case.name, case.group)
    )


def _run(arguments: argparse.Namespace, cases: Sequence[Case]) -> int:
    place = choose_place(arguments.place)
    if place.warning:
        print(f"beware: {place.warning}", file=sys.stderr)
    rounds = 1 if arguments.smoke else arguments.rounds
    adopt_orphans()
    work = os.path.abspath(arguments.work)
    workshop = Workshop(work, place, os.path.abspath(arguments.python), tuple(arguments.pass_env))
    supplies = Supplies(workshop)
    failed: list[Outcome] = []
    try:
        # What is done is kept: an hour of rounds is not lost with the family that is interrupted.
        for family in dict.fromkeys(case.family for case in cases):
            among = [case for case in cases if case.family == family]
            outcomes = run_cases(among, rounds, supplies)
            around = circumstances(
                python=workshop.python_version,
                filesystem=place.filesystem,
                rounds=rounds,
                against=arguments.against,
                versions=workshop.versions(supplies.peers),
                warning=place.warning,
            )
            keep(_results(arguments), outcomes, around, placed=arguments.place is not None)
            failed += [outcome for outcome in outcomes if outcome.failure]
    finally:
        workshop.close()
    for outcome in failed:
        print(f"failed: {outcome.case.group}: {outcome.case.label}", file=sys.stderr)
    return 1 if failed else 0


def _results(arguments: argparse.Namespace) -> str:
    return os.path.abspath(arguments.output or os.path.join(arguments.work, "results"))


def _tell(arguments: argparse.Namespace) -> None:
    """Print all results there are, and write them where that was asked for."""
    folder = _results(arguments)
    print(put_together(folder))
    print(f"written: {folder}", file=sys.stderr)
    if arguments.write_docs:
        publish(folder, _PAGE)
        print(f"written: {_PAGE}", file=sys.stderr)


def main() -> int:
    """Run the command line; return 0, 1 where a case failed, 2 where there is nothing to do."""
    arguments = _parser().parse_args()
    cases = _chosen(arguments)
    if not cases:
        print("no case fits; --list tells all of them", file=sys.stderr)
        return 2
    if arguments.list:
        for case in cases:
            print(f"{case.group}: {case.label}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and take the caches along
    try:
        code = 0 if arguments.report else _run(arguments, cases)
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return 1
    _tell(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
