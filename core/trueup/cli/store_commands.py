"""`trueup cache`: what is in the store, and looking after it."""

from __future__ import annotations

import argparse
import json

from trueup.acquisition import store_upkeep
from trueup.acquisition.store import Store, open_store
from trueup.cli.console import listening
from trueup.values import asdict

__all__ = ["clear", "dir", "info", "prune", "verify"]

_DAY = 86_400.0  # seconds


def dir(said: argparse.Namespace) -> int:  # noqa: A001 - the verb's own name
    """Tell where the store is."""
    root = _store().root
    print(json.dumps({"root": root}) if said.json else root)
    return 0


def info(said: argparse.Namespace) -> int:
    """Tell what is in the store."""
    found = store_upkeep.info(_store())
    if said.json:
        print(json.dumps(asdict(found)))
        return 0
    held = f"{found.packs} packs, {found.bytecode} bytecode packs, {found.builds} build records"
    print(f"{found.root}: {held}")
    for name, size in sorted(found.sizes.items()):
        print(f"  {name:20} {_size(size):>10}")
    return 0


def verify(said: argparse.Namespace) -> int:
    """Hash everything; exit 1 where something was damaged."""
    with listening(0) as reporter:
        found = store_upkeep.verify(open_store(reporter=reporter))
    if said.json:
        print(json.dumps(asdict(found)))
    else:
        print(f"{found.checked} looked at, {len(found.damaged)} damaged and set aside")
    return 1 if found.damaged else 0


def prune(said: argparse.Namespace) -> int:
    """Remove what was not used lately."""
    return _removed(store_upkeep.prune(_store(), said.days * _DAY), said)


def clear(said: argparse.Namespace) -> int:
    """Remove everything."""
    return _removed(store_upkeep.clear(_store()), said)


def _removed(found: store_upkeep.Removed, said: argparse.Namespace) -> int:
    if said.json:
        print(json.dumps(asdict(found)))
    else:
        print(f"Removed {found.files} files, {_size(found.size)}")
    return 0


def _store() -> Store:
    return open_store()


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
