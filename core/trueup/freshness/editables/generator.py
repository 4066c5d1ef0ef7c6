"""What built an install, as its WHEEL file says, against what its project asks for now."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trueup.destination.installed import normalized_name
from trueup.freshness.editables.evidence import Evidence
from trueup.freshness.editables.project import Project, table
from trueup.freshness.editables.recorded import Recorded
from trueup.freshness.outcome import Reason

__all__ = ["weigh_generator"]

# Who signs otherwise than the distribution is called that does the work.
_SIGNED = {"flit": "flit-core", "uv": "uv-build", "bdist-wheel": "wheel", "meson": "meson-python"}


def weigh_generator(project: Project, recorded: Recorded) -> Evidence:
    """Tell where a build requirement excludes the very release that built what is installed."""
    signed = re.match(r"\s*([A-Za-z0-9._-]+?)[\s(]+v?(\d[^\s)]*)", recorded.generator)
    if signed is None:
        return
    name = normalized_name(signed[1])
    name, version = _SIGNED.get(name, name), signed[2]
    for text in _excluding(table(project.pyproject, "build-system").get("requires"), name, version):
        message = f"the build requirement {text!r} excludes {name} {version}, which built it"
        yield Reason("input changed", project.path("pyproject.toml"), message, version, text)


def _excluding(requires: object, name: str, version: str) -> Iterable[str]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.version import InvalidVersion, Version

    for text in requires if isinstance(requires, list) else ():
        try:
            requirement, built = Requirement(str(text)), Version(version)
        except (InvalidRequirement, InvalidVersion):
            continue  # then a build tells, and here nothing does
        if normalized_name(requirement.name) != name:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        if not requirement.specifier.contains(built, prereleases=True):
            yield str(text)
