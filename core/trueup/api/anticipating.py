"""Anticipating the next install: what comes again and again is compiled in the background."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from trueup.acquisition.anticipation import Spot, anticipate
from trueup.acquisition.background import start
from trueup.acquisition.bytecode import kind_name
from trueup.acquisition.compilation import Program
from trueup.acquisition.store import Store
from trueup.destination.environment import Environment
from trueup.destination.shelf import shelves
from trueup.errors import StoreError
from trueup.installation.record import Delivery

__all__ = ["anticipated", "compile_later"]


def anticipated(deliveries: Sequence[Delivery], environment: Environment, store: Store) -> bool:
    """Remember that `deliveries` are installed; return whether to compile them in the background.

    Asked before they are: what the environment held until it was made anew is still on its shelf.
    """
    interpreter = environment.interpreter
    if not kind_name(interpreter):
        return False
    libraries = {"purelib": environment.scheme.purelib, "platlib": environment.scheme.platlib}
    before = []
    for shelf in shelves(environment.root):
        places = {name: shelf.place(path) for name, path in libraries.items()}
        before.append({name: place for name, place in places.items() if place is not None})
    spot = Spot(
        environment.root,
        libraries,
        tuple(one for one in before if len(one) == len(libraries)),
    )
    packs = {one.pack.digest: one.pack for one in deliveries}
    some = {one.pack.digest for one in deliveries if one.bytecode is not None}
    with suppress(StoreError):  # there is no room: then it is not remembered
        return anticipate(store, packs, some, interpreter, spot)
    return False


def compile_later(environment: Environment, store: Store) -> None:
    """Start what compiles in the background, unless it is at work."""
    interpreter = environment.interpreter
    # Not the environment's own program: on Windows it could not be deleted as long as it runs.
    program = Program(
        interpreter.base_executable,
        interpreter.cache_tag,
        interpreter.magic,
        interpreter.free_threaded,
    )
    start(store, program)
