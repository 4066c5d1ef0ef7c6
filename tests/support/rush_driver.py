"""A process among many: it waits for the start, then fills a store and an environment.

`python rush_driver.py SPEC.json` where SPEC names the store, the wheels, the environment, and the
file whose appearance is the start.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trueup.acquisition.store import open_store
from trueup.destination.environment import Environment
from trueup.destination.installed import read_installed
from trueup.destination.locate import open_environment
from trueup.destination.lock import environment_lock
from trueup.installation.transaction import recover

from support.housing import put


def install(environment: Environment, store_root: str, wheels: list[str]) -> None:
    """Let `environment` hold what is in `wheels`, and nothing else, under its lock."""
    store = open_store(store_root)
    packs = [store.add_wheel(wheel) for wheel in wheels]
    wanted = {pack.name: pack.version for pack in packs}
    with environment_lock(environment):
        recover(environment)
        installed = read_installed(environment)
        new = [pack for pack in packs if _version(installed, pack.name) != pack.version]
        put(environment, new, [one for name, one in installed.items() if name not in wanted])


def _version(installed: object, name: str) -> str:
    present = installed.get(name) if isinstance(installed, dict) else None
    return present.version if present else ""


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    environment = open_environment(spec["environment"], memory=spec["memory"])
    Path(sys.argv[1] + ".ready").touch()
    while not os.path.exists(spec["start"]):
        time.sleep(0.001)
    install(environment, spec["store"], spec["wheels"])


if __name__ == "__main__":
    main()
