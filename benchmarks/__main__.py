"""`python -m benchmarks`: choose cases, run them, write the figures down."""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
from typing import TYPE_CHECKING

from benchmarks.cases import CASES, SETS
from benchmarks.measure import CommandFailed, adopt_orphans
from benchmarks.peers import PEERS
from benchmarks.place import choose_place
from benchmarks.report import circumstances, rows, to_json, to_markdown
from benchmarks.rounds import run_cases
from benchmarks.workshop import HERE, Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.cases import Case


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure trueup beside other tools, paired and interleaved.",
    )
    add = parser.add_argument
    add("--rounds", type=int, default=7, metavar="N", help="rounds after the warm-up (default: 7)")
    add("--sets", default=",".join(SETS), metavar="A,B", help="default: %(default)s")
    add("--peers", default=",".join(PEERS), metavar="A,B", help="tools (default: %(default)s)")
    add("--only", default="*", metavar="PATTERN", help='cases by name, such as "install*"')
    add("--slow", action="store_true", help="also the cases that take minutes")
    add("--against", default="uv", metavar="LABEL", help="ratios to this one (default: uv)")
    add("--smoke", action="store_true", help="one round of the small set: does everything run?")
    add("--python", default=sys.executable, metavar="PATH", help="what environments are made from")
    add("--place", metavar="DIR", help="where to install to (default: memory, where there is some)")
    add("--work", default=os.path.join(HERE, ".work"), metavar="DIR", help="peers, pins and wheels")
    add("--output", metavar="DIR", help="where results go (default: results in --work)")
    add("--pass-env", action="append", default=[], metavar="NAME", help="let this variable through")
    add("--list", action="store_true", help="tell the cases and stop")
    return parser


def _chosen(arguments: argparse.Namespace) -> list[Case]:
    sets = {"small"} if arguments.smoke else set(arguments.sets.split(","))
    peers = set(arguments.peers.split(","))
    return [
        case
        for case in CASES
        if case.set in sets
        and case.peer in peers
        and fnmatch.fnmatchcase(case.name, arguments.only)
        and (arguments.slow or not case.slow)
    ]


def _write(folder: str, name: str, text: str) -> None:
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    print(f"written: {path}", file=sys.stderr)


def _run(arguments: argparse.Namespace, cases: Sequence[Case]) -> int:
    place = choose_place(arguments.place)
    if place.warning:
        print(f"beware: {place.warning}", file=sys.stderr)
    rounds = 1 if arguments.smoke else arguments.rounds
    adopt_orphans()
    work = os.path.abspath(arguments.work)
    workshop = Workshop(work, place, os.path.abspath(arguments.python), tuple(arguments.pass_env))
    try:
        outcomes = run_cases(cases, rounds, workshop)
        around = circumstances(
            python=workshop.python_version,
            filesystem=place.filesystem,
            rounds=rounds,
            against=arguments.against,
            versions=workshop.versions(),
            warning=place.warning,
        )
    finally:
        workshop.close()
    table = rows(outcomes, arguments.against)
    text = to_markdown(table, around)
    folder = arguments.output or os.path.join(work, "results")
    _write(folder, f"{around.date}.md", text)
    _write(folder, f"{around.date}.json", to_json(table, outcomes, around))
    print(text)
    failed = [outcome for outcome in outcomes if outcome.failure]
    for outcome in failed:
        print(f"failed: {outcome.case.group}: {outcome.case.label}", file=sys.stderr)
    return 1 if failed else 0


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
    try:
        return _run(arguments, cases)
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
