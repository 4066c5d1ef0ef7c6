"""Whether what is installed fits together, as `pip check` asks it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from trueup.destination.installed import InstalledDistribution
from trueup.resolution.answer import holds
from trueup.values import dataclass

__all__ = ["Conflict", "closure", "find_conflicts"]

Requires = Callable[[InstalledDistribution], list[Requirement]]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A requirement of something installed that is not met.

    Attributes:
        name: normalized name of who needs something.
        version: its version.
        requirement: what it needs.
        needed: normalized name of what it needs.
        found: the version of that which is there, or "" where there is none.
    """

    name: str
    version: str
    requirement: str
    needed: str
    found: str

    def __str__(self) -> str:
        needs = f"{self.name} {self.version} needs {self.requirement}"
        found = f"{self.needed} {self.found} is" if self.found else "it is not"
        return f"{needs}, and {found} installed"


def find_conflicts(
    installed: Mapping[str, InstalledDistribution],
    requires: Requires,
    markers: Mapping[str, str],
    *,
    of: Collection[str] | None = None,
    about: Collection[str] | None = None,
) -> Iterator[Conflict]:
    """Yield every requirement that is not met; extras are nobody's, and are not looked at.

    Args:
        installed: normalized name to what the environment holds.
        requires: reads what an installed distribution depends on.
        markers: the environment of PEP 508 markers.
        of: normalized names of those whose requirements are looked at; None for all.
        about: normalized names that the requirements have to be for; None for all.

    Raises:
        EnvironmentProblem: what `requires` raises.
    """
    for name in installed if of is None else of:
        present = installed[name]
        for requirement in requires(present):
            needed = canonicalize_name(requirement.name)
            if about is not None and needed not in about:
                continue
            if holds(requirement.marker, markers) and not _is_met(requirement, installed):
                there = installed.get(needed)
                said = str(requirement).partition(";")[0].strip()
                yield Conflict(name, present.version, said, needed, there.version if there else "")


def _is_met(requirement: Requirement, installed: Mapping[str, InstalledDistribution]) -> bool:
    present = installed.get(canonicalize_name(requirement.name))
    if present is None:
        return False
    if requirement.url:  # which file it came from is no question of fitting together
        return True
    try:
        return requirement.specifier.contains(Version(present.version), prereleases=True)
    except InvalidVersion:
        return not requirement.specifier


def closure(
    name: str,
    installed: Mapping[str, InstalledDistribution],
    requires: Requires,
    markers: Mapping[str, str],
) -> frozenset[str]:
    """Return `name` and everything installed that it stands on; nothing if it is not installed."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in found or current not in installed:
            continue
        found.add(current)
        waiting += [
            canonicalize_name(one.name)
            for one in requires(installed[current])
            if holds(one.marker, markers)
        ]
    return frozenset(found)
