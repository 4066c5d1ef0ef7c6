"""What it stands on that an environment, made anew once more, would be just what it is now."""

from __future__ import annotations

import os
from collections.abc import Iterator

from trueup.acquisition.bytecode import bytecode_path
from trueup.acquisition.store import Store
from trueup.api.grounds import Grounds
from trueup.api.repeat import MAX_AGE, Repeat
from trueup.destination.environment import Environment
from trueup.values import replace

__all__ = ["remade_grounds"]


def remade_grounds(
    repeat: Repeat, named: Grounds, environment: Environment, store: Store
) -> Grounds:
    """Return what decided what an environment that was made anew is made of.

    Args:
        repeat: what it was made of, and what decided that.
        named: what decided which environment was meant, and more.
        environment: it; what lies in there is for its picture to tell.
        store: where bytecode would lie.
    """
    if not named.places:
        return Grounds()
    inside = os.path.join(environment.root, "")
    outside = (path for path in named.places if not path.startswith(inside))
    program = os.path.realpath(environment.interpreter.executable)
    absent = (*named.absent, *repeat.grounds.absent, *_uncompiled(repeat, environment, store))
    return replace(
        repeat.grounds,
        places=tuple(dict.fromkeys((program, *outside, *repeat.grounds.places))),
        absent=tuple(dict.fromkeys(absent)),
        until=0.0 if repeat.lasting else repeat.told + MAX_AGE,
    )


def _uncompiled(repeat: Repeat, environment: Environment, store: Store) -> Iterator[str]:
    """Yield where bytecode would lie that would be installed, too, were it there."""
    for digest, *_ in repeat.packs if repeat.compiled is not False else ():
        path = bytecode_path(store, digest, environment.interpreter)
        if path and not os.path.exists(path):
            yield path
