"""What was seen last time: as long as it looks the same, trueup's core need not be loaded.

A second run with nothing changed costs little more than tox itself. This module and the stats that
it makes are all that such a run pays; so it imports next to nothing.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from trueup_tox.looks import TICK, Signed, looks_so, signature

__all__ = [
    "Ground",
    "key_of",
    "lasting",
    "recall",
    "remember",
    "settled",
]

_FORMAT = 2
_RACY = 50_000_000  # nanoseconds; what changed so lately may change again within one clock tick
_COARSE = 2_500_000_000  # the same where a file system counts in seconds

_SECOND = 1_000_000_000


class Ground(NamedTuple):
    """Something that an answer stands on.

    Attributes:
        places: paths whose times, size and number must stay, links followed.
        links: the same, links not followed.
        absent: paths that must not appear.
        present: paths that must stay, whatever becomes of them.
        fingerprint: of a local project; it decides where the rest looks otherwise.
        sure: whether it is enough that the rest looks the same.
    """

    places: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    fingerprint: bytes = b""
    sure: bool = True


def key_of(*decisive: object) -> str:
    """Return a digest of what decides beside files; among it may be passwords.

    This run of the machine is a part of it: one that ended by a power cut may have lost data.
    """
    from trueup.version import __version__

    return hashlib.sha256(repr((__version__, _boot(), decisive)).encode()).hexdigest()


def lasting(variables: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the environment variables that stay from run to run, sorted."""
    # tox rolls dice for this one, so that tests meet another order of sets in each run.
    return sorted(each for each in variables.items() if each[0] != "PYTHONHASHSEED")


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
            return source.read()
    except OSError:  # elsewhere: in steps of an hour, as clocks drift; a step too many costs time
        return str(round((time.time() - time.monotonic()) / 3600))


def recall(path: str, key: str, variables: Mapping[str, str]) -> Any:
    """Return what was remembered in `path`, if all that it stands on looks the same; else None.

    Args:
        path: a file of ours.
        key: everything else that decides.
        variables: the environment variables, for version control systems that are asked again.
    """
    try:
        with open(path, "rb") as source:
            known = marshal.loads(source.read())  # noqa: S302 - in an environment that tox owns
        form, found_key, value, grounds = known
    except (OSError, ValueError, EOFError, TypeError):
        return None
    if form != _FORMAT or found_key != key:
        return None
    changed = False
    for place, ground in enumerate(grounds):
        *looks, fingerprint, sure = ground
        if sure and looks_so(*looks):
            continue
        found = _judged(fingerprint, variables) if fingerprint else None
        if found is None:
            return None
        if found[-1] and found != ground:
            grounds[place], changed = found, True
    if changed:  # what was looked at may have been touched, and the next run need not judge
        remember(path, key, value, grounds)
    return value


def _judged(fingerprint: bytes, variables: Mapping[str, str]) -> Signed | None:
    from trueup_tox.judgement import judged

    return judged(fingerprint, variables)


def remember(path: str, key: str, value: Any, signed: Any) -> None:
    """Remember `value` in `path`.

    Args:
        path: a file of ours; its directory is there.
        key: everything else that decides.
        value: what to remember; marshal's types.
        signed: what `settled` returned, before it was verified that `value` holds.
    """
    content = marshal.dumps((_FORMAT, key, value, signed))
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "wb") as out:
            out.write(content)
        os.replace(temporary, path)
    except OSError:  # it costs time in the next run, and nothing else
        return


def settled(grounds: Sequence[Ground]) -> list[Signed] | None:
    """Return how all of it looks, once it is old enough to prove something; None if it is not.

    Waits for one tick of the clock where something has just been written.
    """
    signed = [found for each in grounds if (found := _signed(each)) is not None]
    if len(signed) == len(grounds) and any(map(_young, signed)):
        time.sleep(TICK)
        # All that was old enough then is as it was seen then, for whoever compares it.
        again = [found for each in signed if (found := _seen_again(each)) is not None]
        signed = [each for each in again if not _young(each)]
    return signed if len(signed) == len(grounds) else None


def _young(signed: Signed) -> set[str]:
    """Return the paths that may change once more within one tick of the clock."""
    now = time.time_ns()
    limit = now - _COARSE
    return {
        path
        for looks in signed[:2]
        for path, (mtime, ctime, _, _) in looks
        if (mtime > limit or ctime > limit) and max(mtime, ctime) >= now - _tick(mtime, ctime)
    }


def _seen_again(signed: Signed) -> Signed | None:
    young = _young(signed)
    places, links = ([path for path, _ in looks if path in young] for looks in signed[:2])
    again = _signed(Ground(tuple(places), tuple(links)))
    if again is None:
        return None
    seen, followed = (
        [(path, known.get(path, look)) for path, look in before]
        for before, known in zip(signed[:2], map(dict, again[:2]), strict=True)
    )
    return (seen, followed, *signed[2:])


def _signed(ground: Ground) -> Signed | None:
    try:
        places = [(path, signature(os.stat(path))) for path in ground.places]
        links = [(path, signature(os.lstat(path))) for path in ground.links]
        return (places, links, {}, *ground[2:])
    except (OSError, ValueError):
        return None


def _tick(mtime: int, ctime: int) -> int:
    return _COARSE if mtime % _SECOND == ctime % _SECOND == 0 else _RACY
