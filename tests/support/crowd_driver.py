"""A program that lets a crowd of processes install at once, round after round.

`python crowd_driver.py SPEC.json`: each round has a store of its own, and jobs, each an
environment and the arguments of an install. All processes of a round wait for one start. What is
not as expected is printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trueup.api.front import Surroundings, install_arguments
from trueup.api.repairing import altered_files
from trueup.destination.environment import Environment

from support.housing import look_at, new_environment


def install(environment: Environment, job: dict[str, Any], store: str) -> None:
    variables = dict(os.environ) | {"TRUEUP_CACHE_DIR": store, "TRUEUP_RESOLVER": "pip"}
    variables |= job.get("variables", {})
    install_arguments(job["arguments"], Surroundings(environment=environment, variables=variables))


def crowd(jobs: list[tuple[Environment, dict[str, Any]]], store: str) -> list[str]:
    """Run all jobs at once, each in a process of its own; return how some of them failed."""
    reading, writing = os.pipe()
    children: list[int] = []
    for environment, job in jobs:
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)  # until the start, which is the end of this pipe
            code = 0
            try:
                install(environment, job, store)
            except BaseException as error:  # noqa: BLE001 - a forked child must not return
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                code = 3
            os._exit(code)
        children.append(child)
    os.close(reading)
    os.close(writing)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    return [f"process {at} ended with {code}" for at, code in enumerate(codes) if code]


def judge(environment: Environment, expected: list[Any]) -> list[str]:
    tree = {path: list(one) for path, one in look_at(environment.root).items()}
    wrong = [] if tree in expected else [f"{environment.root} is none of what was asked for"]
    wrong += [f"{one.path} is {one.kind}" for one in altered_files(environment)]
    left = [name for name in os.listdir(environment.state) if name.startswith("transaction")]
    return wrong + [f"left over: {name}" for name in left]


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    memory = spec["memory"]
    sets: dict[str, dict[str, list[Any]]] = {}
    for root, wishes in spec["environments"].items():  # how each looks when nobody else is there
        for name, job in wishes.items():
            environment = new_environment(Path(root), memory=memory)
            install(environment, job, spec["own_store"])
            tree = {path: list(one) for path, one in look_at(root).items()}
            sets.setdefault(root, {})[name] = [tree]
    broken: list[dict[str, Any]] = []
    for number, one in enumerate(spec["rounds"]):
        made = {root: new_environment(Path(root), memory=memory) for root in spec["environments"]}
        wrong = crowd([(made[root], job) for root, job in one["jobs"]], one["store"])
        for root, environment in made.items():
            wrong += judge(environment, [tree for trees in sets[root].values() for tree in trees])
        left = list(Path(one["store"], "v1", "temporary").iterdir())
        wrong += [f"left over: {path}" for path in left]
        if wrong:
            broken.append({"round": number, "wrong": wrong[:10]})
    print(json.dumps({"rounds": len(spec["rounds"]), "broken": broken}))


if __name__ == "__main__":
    main()
