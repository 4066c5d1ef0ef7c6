"""What was seen last time: as long as it looks the same, trueup's core need not be loaded.

A second run with nothing changed costs little more than tox itself. This module and the stats that
it makes are all that such a run pays; so it imports next to nothing.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = [
    "TICK",
    "Ground",
    "Signature",
    "key_of",
    "lasting",
    "recall",
    "remember",
    "settled",
    "signature",
]

_FORMAT = 1
_RACY = 50_000_000  # nanoseconds; what changed so lately may change again within one clock tick
TICK = 0.06
"""Seconds after which a clock of a file system has ticked."""
_COARSE = 2_500_000_000  # the same where a file system counts in seconds

_SECOND = 1_000_000_000

Signature = tuple[int, int, int, int]


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
    for *looks, fingerprint, sure in grounds:
        if not (sure and _same(*looks)) and not (fingerprint and _fresh(fingerprint, variables)):
            return None
    return value


def _same(places: Any, links: Any, absent: Iterable[str], present: Iterable[str]) -> bool:
    exists = os.path.lexists
    if _differ(places, os.stat) or _differ(links, os.lstat):
        return False
    return not any(map(exists, absent)) and all(map(exists, present))


def _fresh(fingerprint: bytes, variables: Mapping[str, str]) -> bool:
    from trueup_tox.judgement import still_fresh

    return still_fresh(fingerprint, variables)


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


def settled(grounds: Sequence[Ground]) -> Any:
    """Return how all of it looks, once it is old enough to prove something; None if it is not.

    Waits for one tick of the clock where something has just been written.
    """
    signed = [_signed(each) for each in grounds]
    if None in signed or not any(_young(each) for each in signed if each is not None):
        return None if None in signed else signed
    time.sleep(TICK)
    # All that was old enough then is as it was seen then, for whoever compares it.
    signed = [None if each is None else _seen_again(each) for each in signed]
    return None if any(each is None or _young(each) for each in signed) else signed


def _young(signed: tuple[Any, ...]) -> set[str]:
    """Return the paths that may change once more within one tick of the clock."""
    now = time.time_ns()
    limit = now - _COARSE
    return {
        path
        for looks in signed[:2]
        for path, (mtime, ctime, _, _) in looks
        if (mtime > limit or ctime > limit) and max(mtime, ctime) >= now - _tick(mtime, ctime)
    }


def _seen_again(signed: tuple[Any, ...]) -> tuple[Any, ...] | None:
    young = _young(signed)
    places, links = ([path for path, _ in looks if path in young] for looks in signed[:2])
    again = _signed(Ground(tuple(places), tuple(links)))
    if again is None:
        return None
    now = [dict(looks) for looks in again[:2]]
    looks = [
        [(path, known.get(path, look)) for path, look in before]
        for before, known in zip(signed[:2], now, strict=True)
    ]
    return (*looks, *signed[2:])


def _signed(ground: Ground) -> tuple[Any, ...] | None:
    try:
        places = [(path, signature(os.stat(path))) for path in ground.places]
        links = [(path, signature(os.lstat(path))) for path in ground.links]
    except (OSError, ValueError):
        return None
    return (places, links, *ground[2:])


def _tick(mtime: int, ctime: int) -> int:
    return _COARSE if mtime % _SECOND == ctime % _SECOND == 0 else _RACY


def signature(status: os.stat_result) -> Signature:
    """Return what changes with a file or directory, whatever is done to it."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size


def _differ(signed: list[tuple[str, Signature]], look: Any) -> bool:
    try:
        for path, known in signed:
            now = look(path)
            if (now.st_mtime_ns, now.st_ctime_ns, now.st_ino, now.st_size) != known:
                return True
    except (OSError, ValueError):
        return True
    return False
