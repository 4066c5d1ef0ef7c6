"""What the verdict on a local project rests on, as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trueup.api.judgement import Judgement
from trueup.freshness.fingerprint import Fingerprint

__all__ = ["evidence_of", "lines_of_evidence", "lines_without_record"]


def evidence_of(found: Fingerprint) -> dict[str, Any]:
    """Return everything that a fingerprint holds, for machines."""
    around = found.circumstances
    return {
        "wheel": found.wheel,
        "time_ns": found.time_ns,
        "config_settings": [list(pair) for pair in around.config_settings],
        "python": around.python,
        "requirements": list(found.requirements),
        "environment": list(found.environment),
        "inputs": {one.path: one.kind for one in found.files if one.kind not in _NO_INPUTS},
        "outputs": {one.path: one.kind for one in found.files if one.kind in _OUTPUTS},
        "left": [one.path for one in found.files if one.kind == "left"],
        "folders": {one.path: one.rule for one in found.listings},
        "absences": list(found.absences),
        "presences": list(found.presences),
        "questions": [list(one.arguments) for one in found.questions],
        "variables": sorted(found.variables),
        "programs": list(found.programs),
        "survey": found.survey,
        "patterns": list(found.patterns),
    }


_OUTPUTS = frozenset(("output", "link"))
_NO_INPUTS = _OUTPUTS | {"left"}
_SECTIONS = {
    "inputs": "It was built from these files",
    "outputs": "The build left these in the tree, and they are imported",
    "left": "The build made these, and takes them as they are once they are edited",
    "folders": "The names in these folders count",
    "absences": "These were looked for, and may not appear",
    "presences": "These must stay where they are",
    "questions": "The repository was asked",
    "variables": "These environment variables count",
    "patterns": "Plugins added these patterns",
}
_SURVEYS = {
    "native": "every file of the project that compilers read",
    "other": "every file of the project but modules",
    "named": "every file of the project, of modules their names",
    "all": "every file of the project",
}


def lines_without_record(one: Judgement) -> Iterator[str]:
    """Yield what a verdict without a record rests on."""
    installer = one.distribution.installer or "nobody knows whom"
    yield f"It was installed by {installer}, without a record of its build"
    yield f"The environment leads to the project by: {one.mechanism}"
    yield f"Compared: the project's files with {one.distribution.path} and what it lists"
    if one.command:
        yield f"What mends it, or makes sure: {one.command}"


def lines_of_evidence(found: Fingerprint) -> Iterator[str]:
    """Yield what a fingerprint holds, for people."""
    evidence = evidence_of(found)
    for key, title in _SECTIONS.items():
        names = list(evidence[key])
        if names:
            yield f"{title}:"
            for name in names:
                yield f"  {' '.join(name) if isinstance(name, list) else name}"
    if found.survey:
        programs = ", ".join(found.programs)
        if found.survey == "sighted":
            yield f"What {programs} opened was seen, and names that these may look for count, too"
        else:
            yield f"What {programs} read was not seen, so {_SURVEYS[found.survey]} counts"
    yield f"Built with: {', '.join(found.environment) or 'nothing beside Python'}"
