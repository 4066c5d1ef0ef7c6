"""What is installed as an answer: what stays, and whether anybody has to be asked at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from trueup.acquisition.metadata_wheel import write_metadata_wheel
from trueup.api.judging import project_path
from trueup.api.neighbours import without_places
from trueup.destination.installed import InstalledDistribution
from trueup.resolution.answer import holds
from trueup.resolution.request import Request

__all__ = ["standing_wheels"]


def standing_wheels(
    request: Request,
    installed: Mapping[str, InstalledDistribution],
    markers: Mapping[str, str],
    folder: str,
) -> dict[str, str]:
    """Write a metadata wheel for each installed distribution that no index may know.

    What was installed from a path or an address (an editable, say) is as good an answer to its name
    as what an index has, as pip users expect: the resolver is told of it as a constraint. Where
    one needs another by its path, it is said to need it by name.

    Args:
        request: what was asked for.
        installed: normalized name to what there is.
        markers: the environment of PEP 508 markers.
        folder: where to write, a folder of the store.

    Returns:
        Normalized name to the path of the wheel.

    Raises:
        StoreError: one cannot be written.
    """
    if request.upgrade:
        return {}
    standing = list(_standing(request, installed, markers))
    places = {os.path.realpath(path) for one in standing if (path := project_path(one))}
    wheels: dict[str, str] = {}
    for present in standing:
        metadata = os.path.join(present.path, "METADATA")
        if os.path.isfile(metadata):
            with open(metadata, "rb") as source:
                content = without_places(source.read(), places)
            dist_info = os.path.basename(present.path)
            wheels[present.name] = write_metadata_wheel(dist_info, content, folder)
    return wheels


def _standing(
    request: Request, installed: Mapping[str, InstalledDistribution], markers: Mapping[str, str]
) -> Iterator[InstalledDistribution]:
    """Yield what came from an address and stays, as far as nothing in the request speaks of it."""
    asked = _by_name(request, markers)
    for name, present in installed.items():
        if present.direct_url is None or present.kind != "dist-info":
            continue
        wanted = asked.get(name, ())
        if name not in request.upgrade_packages and all(_fits(one, present) for one in wanted):
            yield present


def _by_name(request: Request, markers: Mapping[str, str]) -> dict[str, list[Requirement]]:
    asked: dict[str, list[Requirement]] = {}
    for item in (*request.items, *request.constraints):
        wanted = item.requirement
        if wanted is not None and holds(wanted.marker, markers):
            asked.setdefault(canonicalize_name(wanted.name), []).append(wanted)
    return asked


def _fits(wanted: Requirement, present: InstalledDistribution) -> bool:
    return not wanted.url and wanted.specifier.contains(present.version, prereleases=True)
