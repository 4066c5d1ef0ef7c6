"""The plan: what will change in an environment. Pure: it reads nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.version import InvalidVersion, Version

from trueup.destination.installed import InstalledDistribution
from trueup.resolution.artifact import (
    Archive,
    Artifact,
    Directory,
    Repository,
    Resolution,
    Sdist,
    Wheel,
)
from trueup.values import dataclass, field

__all__ = ["Addition", "Plan", "PlanChoices", "Removal", "decide"]


@dataclass(frozen=True, slots=True)
class PlanChoices:
    """What the user said about how far to go.

    Attributes:
        exact: remove what the resolution does not name (`trueup sync`).
        reinstall_all: put everything in place again (`--force-reinstall`).
        reinstall: normalized names to put in place again.
        standing: names that the resolution answered with what is installed already.
        current: names of local projects whose build now would give what is installed.
        damaged: normalized name to what is wrong with its files.
        protected: names that `exact` never removes.
    """

    exact: bool = False
    reinstall_all: bool = False
    reinstall: frozenset[str] = frozenset()
    standing: frozenset[str] = frozenset()
    current: frozenset[str] = frozenset()
    damaged: Mapping[str, str] = field(default_factory=dict)
    protected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Addition:
    """One distribution to be put in place, and why."""

    artifact: Artifact
    requested: bool
    reason: str
    replaces: InstalledDistribution | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """One distribution to be taken out for good, and why."""

    distribution: InstalledDistribution
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will change: `keep` stays as it is, `remove` goes, `add` comes (or replaces)."""

    keep: tuple[InstalledDistribution, ...] = ()
    remove: tuple[Removal, ...] = ()
    add: tuple[Addition, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.remove and not self.add


def decide(
    installed: Mapping[str, InstalledDistribution],
    resolution: Resolution,
    choices: PlanChoices | None = None,
) -> Plan:
    """Compare what is installed with what should be.

    Args:
        installed: normalized name to what the environment holds.
        resolution: what should be there.
        choices: how far to go.

    Returns:
        A plan in which each name of `installed` and of `resolution` occurs exactly once.
    """
    choices = choices or PlanChoices()
    keep: list[InstalledDistribution] = []
    add: list[Addition] = []
    for artifact in resolution.artifacts:
        present = installed.get(artifact.name)
        reason = _why_add(artifact, present, choices)
        if reason or present is None:
            requested = artifact.name in resolution.requested or bool(present and present.requested)
            add.append(Addition(artifact, requested, reason, present))
        else:
            keep.append(present)
    named = {artifact.name for artifact in resolution.artifacts}
    others = [installed[name] for name in sorted(installed) if name not in named]
    if not choices.exact:
        return Plan((*keep, *others), (), tuple(add))
    goes = [other for other in others if other.name not in choices.protected]
    keep += [other for other in others if other.name in choices.protected]
    return Plan(tuple(keep), tuple(Removal(one, "not asked for") for one in goes), tuple(add))


def _why_add(
    artifact: Artifact, present: InstalledDistribution | None, choices: PlanChoices
) -> str:
    """Return why `artifact` has to be put in place, or "" where what is `present` is right."""
    if present is None:
        return "not installed"
    if choices.reinstall_all or artifact.name in choices.reinstall:
        return "asked for again"
    if artifact.name in choices.damaged:
        return choices.damaged[artifact.name]
    if artifact.name in choices.standing or artifact.name in choices.current:
        return ""
    if present.kind != "dist-info":
        return f"installed the old way ({present.kind})"
    return _why_another_source(artifact, present) or _why_another_version(artifact, present)


def _why_another_version(artifact: Artifact, present: InstalledDistribution) -> str:
    if not artifact.version or _same_version(artifact.version, present.version):
        return ""
    return f"{present.version} is installed"


def _same_version(left: str, right: str) -> bool:
    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return left == right


def _why_another_source(artifact: Artifact, present: InstalledDistribution) -> str:
    """Compare where the two come from, by what direct_url.json tells (PEP 610)."""
    origin = present.direct_url
    if not artifact.direct:
        return "installed from elsewhere" if origin is not None else ""
    if isinstance(artifact.source, Directory):
        return "a local project"
    if origin is None:
        return "installed from an index"
    if isinstance(artifact.source, Repository):
        return _why_another_commit(artifact.source, origin)
    return _why_another_file(artifact.source, origin)


def _why_another_commit(source: Repository, origin: Mapping[str, object]) -> str:
    known = origin.get("vcs_info")
    commit = known.get("commit_id") if isinstance(known, dict) else None
    if origin.get("url") != source.url or origin.get("subdirectory", "") != source.subdirectory:
        return "installed from elsewhere"
    return "" if source.commit and commit == source.commit else "another commit is installed"


def _why_another_file(source: Wheel | Sdist | Archive, origin: Mapping[str, object]) -> str:
    inside = source.subdirectory if isinstance(source, Archive) else ""
    if origin.get("url") != source.url or origin.get("subdirectory", "") != inside:
        return "installed from elsewhere"
    known = origin.get("archive_info")
    hashes = known.get("hashes") if isinstance(known, dict) else None
    promised = dict(source.hashes).get("sha256")
    # A path on this machine promises nothing: the file may be another one by now.
    if not promised or not isinstance(hashes, dict):
        return "its content is not pinned"
    return "" if hashes.get("sha256") == promised else "another file is installed"
