"""Leftovers: distributions of an environment that nothing asks for any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from trueup.values import dataclass, field

if TYPE_CHECKING:
    from trueup.destination.installed import InstalledDistribution

__all__ = ["Wishes", "find_leftovers", "named", "unnamed_extras"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an environment is for.

    Attributes:
        requirements: what is asked for, as tox writes it.
        dropped: normalized names that were asked for and are no longer.
        markers: the environment of PEP 508 markers.
        extras: normalized names of extras that are asked for with a path, and so without a name.
    """

    requirements: tuple[str, ...]
    dropped: frozenset[str] = frozenset()
    markers: Mapping[str, str] = field(default_factory=dict)
    extras: frozenset[str] = frozenset()


def named(requirement: str) -> Requirement | None:
    """Return a requirement of tox's record, or None for what has no name: a path, an option."""
    bare = requirement.split(" --hash", 1)[0].strip()
    try:
        return Requirement(bare)
    except InvalidRequirement:
        return None


def unnamed_extras(requirements: Iterable[str]) -> frozenset[str]:
    """Return the extras that paths and addresses ask for: `./lib[test]`."""
    found: set[str] = set()
    for each in requirements:
        bare = each.partition(" ;")[0].strip()
        if bare.endswith("]") and named(each) is None:
            found.update(bare[:-1].rpartition("[")[2].split(","))
    return frozenset(canonicalize_name(extra.strip()) for extra in found)


def find_leftovers(installed: Mapping[str, InstalledDistribution], wishes: Wishes) -> list[str]:
    """Return the names of what trueup installed and nothing needs.

    Needed is what the record names, what carries the mark of having been asked for (REQUESTED)
    unless it was dropped, and what those need, with the extras that they ask for. What another
    installer brought (the seeds of virtualenv, a `pip install` among the commands) stays.

    Args:
        installed: normalized name to what the environment holds.
        wishes: what it is for.

    Raises:
        EnvironmentProblem: the metadata of a distribution cannot be understood.
    """
    from trueup.destination.contents import requires

    todo = [(name, "") for name in _roots(installed, wishes.dropped)]
    # Which path an extra belongs to is not known here; one too many keeps what may go, no harm.
    direct = [name for name, _ in todo if installed[name].direct_url is not None]
    todo += [(name, extra) for name in direct for extra in wishes.extras]
    todo += _wanted(filter(None, map(named, wishes.requirements)), wishes.markers)
    needed: set[tuple[str, str]] = set()
    while todo:
        name, extra = todo.pop()
        if (name, extra) in needed or name not in installed:
            continue
        needed.add((name, extra))
        todo.append((name, ""))
        todo += _wanted(requires(installed[name]), wishes.markers, extra)
    keep = {name for name, _ in needed}
    return [
        name for name, one in installed.items() if name not in keep and one.installer == "trueup"
    ]


def _roots(installed: Mapping[str, InstalledDistribution], dropped: frozenset[str]) -> list[str]:
    return [
        name
        for name, one in installed.items()
        if one.installer != "trueup" or (one.requested and name not in dropped)
    ]


def _wanted(
    requirements: Iterable[Requirement], markers: Mapping[str, str], extra: str = ""
) -> list[tuple[str, str]]:
    """Return the (name, extra) pairs that `requirements` ask for in this environment."""
    found: list[tuple[str, str]] = []
    for one in requirements:
        if one.marker is None or _holds(one.marker, markers, extra):
            name = canonicalize_name(one.name)
            found += [(name, canonicalize_name(each)) for each in ("", *one.extras)]
    return found


def _holds(marker: Marker, markers: Mapping[str, str], extra: str) -> bool:
    return marker.evaluate({**markers, "extra": extra})
