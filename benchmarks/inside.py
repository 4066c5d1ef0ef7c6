"""What a call from Python costs: run by trueup's own interpreter, it prints its figures as JSON.

`python inside.py check|nothing PYTHON ARGUMENT ...` takes the median of many calls after the first
few; `python inside.py build PYTHON TREE KIND TRACED` builds once.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ENOUGH = 2.0  # seconds
_MOST = 50  # calls


def _cpu() -> float:
    spent = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        spent += usage.ru_utime + usage.ru_stime
    return spent


def _once(call: Callable[[], object]) -> tuple[float, float]:
    cpu, start = _cpu(), time.perf_counter()
    call()
    return time.perf_counter() - start, _cpu() - cpu


def _often(call: Callable[[], object]) -> None:
    """Print the median of many calls."""
    until = time.perf_counter() + _ENOUGH
    for _ in range(3):  # imports, and what is remembered from call to call
        call()
    costs = [_once(call)]
    while time.perf_counter() < until and len(costs) < _MOST:
        costs.append(_once(call))
    wall, cpu = (statistics.median(column) for column in zip(*costs, strict=True))
    print(json.dumps({"wall": wall, "cpu": cpu}))


def _check(python: str) -> None:
    import trueup

    _often(lambda: trueup.check(environment=python))


def _nothing(python: str, arguments: Sequence[str]) -> None:
    import trueup
    from trueup.resolution.install_grammar import parse_install_arguments

    raw, options = parse_install_arguments(list(arguments), environment=os.environ)

    def install() -> None:
        report = trueup.install(environment=python, request=raw, options=options)
        if report.changed:
            sys.exit("there was something to do")

    _often(install)


def _build(python: str, tree: str, kind: str, traced: str) -> None:
    """Build a project: as trueup does, or the hooks alone, unseen."""
    from trueup.acquisition.builder import BuildOrder, build_wheel
    from trueup.acquisition.store import open_store
    from trueup.api.front import Surroundings, prepared
    from trueup.api.judging import circumstances_of
    from trueup.api.provision import supply_for
    from trueup.api.tracking import build_tracked
    from trueup.destination.locate import open_environment
    from trueup.resolution.install_grammar import parse_install_arguments

    editable = kind == "editable"
    arguments = ["--offline", "--no-deps", *(["-e"] if editable else []), tree]
    raw, options = parse_install_arguments(arguments, environment=os.environ)
    with prepared(raw, options, Surroundings()) as (request, workshop):
        environment = open_environment(python=python, memory=workshop.interpreters)
        supply = supply_for(request, environment.interpreter, workshop)
        circumstances = circumstances_of(
            request.projects[0], supply.interpreter, (), isolation=True
        )

        def as_ever() -> None:
            build_tracked(circumstances, supply)

        def unseen() -> None:
            store = open_store(os.environ["TRUEUP_CACHE_DIR"])
            with store.temporary_directory() as workspace:
                order = BuildOrder(
                    tree=tree,
                    interpreter=supply.interpreter,
                    workspace=workspace,
                    editable=editable,
                    environment=supply.variables,
                    traced=False,
                )
                built = build_wheel(order, provision=supply.provision)
                store.add_wheel(built.path, os.path.basename(built.path))

        build = as_ever if traced == "traced" else unseen
        build()  # the build environment is there from now on
        wall, cpu = _once(build)
    print(json.dumps({"wall": wall, "cpu": cpu}))


def main() -> None:
    """Run the command line."""
    what, python, *rest = sys.argv[1:]
    if what == "check":
        _check(python)
    elif what == "nothing":
        _nothing(python, rest)
    else:
        _build(python, *rest)


if __name__ == "__main__":
    main()
