"""What built an install, as its WHEEL file says, against what its project asks for now."""

from __future__ import annotations

import operator
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

_COMPARED = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}


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
    for text in requires if isinstance(requires, list) else ():
        asked = re.match(r"\s*([A-Za-z0-9._-]+)", str(text))
        if asked is None or normalized_name(asked[1]) != name:
            continue
        if _excludes(str(text), str(text)[asked.end() :].strip(), version):
            yield str(text)


def _excludes(text: str, limits: str, version: str) -> bool:
    if _plainly_allows(limits, version):
        return False  # by far the most; `packaging` would be half of what a check costs
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.version import InvalidVersion, Version

    try:
        requirement, built = Requirement(text), Version(version)
    except (InvalidRequirement, InvalidVersion):
        return False  # then a build tells, and here nothing does
    if requirement.marker is not None and not requirement.marker.evaluate():
        return False
    return not requirement.specifier.contains(built, prereleases=True)


def _plainly_allows(limits: str, version: str) -> bool:
    """Whether limits that need no library to be understood allow a release; False if in doubt."""
    if not limits:
        return True
    if not re.fullmatch(r"\d+(\.\d+)*", version):
        return False
    for clause in limits.split(","):
        plain = re.fullmatch(r"\s*(>=|<=|==|<|>)\s*(\d+(?:\.\d+)*)\s*", clause)
        if plain is None or not _COMPARED[plain[1]](_release(version), _release(plain[2])):
            return False
    return True


def _release(text: str) -> tuple[int, ...]:
    parts = [int(part) for part in text.split(".")]
    while parts and not parts[-1]:
        parts.pop()  # 1.0 is 1 (PEP 440)
    return tuple(parts)
