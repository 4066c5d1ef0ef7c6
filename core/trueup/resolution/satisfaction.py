"""Whether what is installed answers a request already, so that nobody needs to be asked.

The rules are those that pip users know: an installed distribution that meets a requirement is
good, whatever newer version there may be, unless an upgrade is asked for.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from trueup.destination.installed import InstalledDistribution
from trueup.resolution.address import local_path
from trueup.resolution.delivered import is_delivered
from trueup.resolution.request import Request, RequestedItem
from trueup.values import dataclass

__all__ = ["Unmet", "find_unmet"]


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that nothing installed meets, and why."""

    requirement: str
    reason: str


def find_unmet(
    request: Request,
    installed: Mapping[str, InstalledDistribution],
    requires: Callable[[InstalledDistribution], list[Requirement]],
    markers: Mapping[str, str],
    fresh: Mapping[str, str] | None = None,
) -> Unmet | None:
    """Return the first requirement of `request` that is not met, dependencies included, or None.

    Args:
        request: what was asked for; its local projects are not looked at.
        installed: normalized name to what the environment holds.
        requires: reads what an installed distribution depends on.
        markers: the environment of PEP 508 markers.
        fresh: path of a local project to the normalized name of what is installed from it: a
            build of it now would give just that.
    """
    if _asks_for_more(request):
        return Unmet("", "the request cannot be answered from what is installed")
    limits = _limits(request, markers)
    wanted: list[Requirement] = []
    for item in request.items:
        if item.requirement is None:
            return Unmet(item.text, "only its content tells what it is")
        if not _applies(item.requirement.marker, markers, ""):
            continue
        by_name = _by_name(item, request, installed)
        if by_name is None:
            return Unmet(item.text, "only its content tells what it is")
        wanted.append(by_name)
    seen: set[tuple[str, str]] = set()
    while wanted:
        requirement = _without_place(wanted.pop(), fresh or {})
        name = canonicalize_name(requirement.name)
        present = installed.get(name)
        reason = _why_not(requirement, present, limits.get(name, ()))
        if reason or present is None:
            return Unmet(str(requirement), reason)
        if request.dependencies:
            extras = {"", *requirement.extras}
            wanted += _dependencies(name, present, extras, seen, requires, markers)
    return None


def _asks_for_more(request: Request) -> bool:
    """Whether some option asks for versions or proofs that installed metadata cannot give."""
    return bool(
        request.upgrade
        or request.upgrade_packages
        or request.lock
        or request.require_hashes
        or request.strategy != "highest"
        or any(item.hashes for item in request.items if not _address(item))
    )


def _by_name(
    item: RequestedItem, request: Request, installed: Mapping[str, InstalledDistribution]
) -> Requirement | None:
    """Return an item's requirement; without its address, where just that content is installed."""
    requirement = item.requirement
    address = _address(item)
    if requirement is None or not address:
        return requirement
    present = installed.get(canonicalize_name(requirement.name))
    told = item.config_settings or request.build.config_settings
    if present is None or told or not is_delivered(address, present, item.hashes):
        return None
    bare = copy.copy(requirement)
    bare.url = None
    return bare


def _address(item: RequestedItem) -> str:
    return (item.requirement.url or "") if item.requirement is not None else ""


def _without_place(requirement: Requirement, fresh: Mapping[str, str]) -> Requirement:
    """Return what was asked for without its address, if what lies there is installed."""
    if not requirement.url or not fresh:
        return requirement
    path = local_path(requirement.url)
    if path is None or fresh.get(os.path.realpath(path)) != canonicalize_name(requirement.name):
        return requirement
    bare = copy.copy(requirement)
    bare.url = None
    return bare


def _limits(request: Request, markers: Mapping[str, str]) -> dict[str, list[Requirement]]:
    limits: dict[str, list[Requirement]] = {}
    for item in request.constraints:
        if item.requirement is not None and _applies(item.requirement.marker, markers, ""):
            limits.setdefault(canonicalize_name(item.requirement.name), []).append(item.requirement)
    return limits


def _why_not(
    requirement: Requirement,
    present: InstalledDistribution | None,
    limits: Iterable[Requirement],
) -> str:
    if present is None:
        return "not installed"
    if requirement.url:  # a dependency by address: only a resolver knows what lies there
        return "asked for by address"
    try:
        version = Version(present.version)
    except InvalidVersion:
        return f"{present.version} is no version"
    for one in (requirement, *limits):
        if one.url or not one.specifier.contains(version, prereleases=True):
            return f"{present.version} is installed"
    return ""


def _dependencies(
    name: str,
    present: InstalledDistribution,
    extras: set[str],
    seen: set[tuple[str, str]],
    requires: Callable[[InstalledDistribution], list[Requirement]],
    markers: Mapping[str, str],
) -> Iterator[Requirement]:
    """Yield what `present` needs for those `extras` that were not followed before."""
    fresh = {extra for extra in extras if (name, canonicalize_name(extra)) not in seen}
    if not fresh:
        return
    seen.update((name, canonicalize_name(extra)) for extra in fresh)
    for requirement in requires(present):
        if any(_applies(requirement.marker, markers, extra) for extra in fresh):
            yield requirement


def _applies(marker: Marker | None, markers: Mapping[str, str], extra: str) -> bool:
    return marker is None or marker.evaluate({**markers, "extra": extra})
