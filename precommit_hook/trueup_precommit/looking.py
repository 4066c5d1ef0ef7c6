"""One look at an environment: a verdict on each local install, the runner's doing left out."""

from __future__ import annotations

import os
from collections.abc import Sequence

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution, normalized_name
from trueup.freshness.editables.judging import judge_from_outside, local_distributions
from trueup.freshness.editables.outside import environment_from_outside
from trueup.freshness.outcome import Fresh, Reason, Stale, Verdict
from trueup.values import dataclass

from trueup_precommit.runner import is_rewritten

__all__ = ["Finding", "look"]

_RECORD = "trueup.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one local install.

    Attributes:
        distribution: which.
        environment: the root of its environment.
        directory: its project.
        editable: whether its source tree is what is imported.
        verdict: without reasons that only the runner of hooks made.
        unchecked: files that the runner has rewritten, so that nothing is said of them.
        command: what mends it.
    """

    distribution: InstalledDistribution
    environment: str
    directory: str
    editable: bool
    verdict: Verdict
    unchecked: tuple[str, ...]
    command: str


def look(place: str, names: Sequence[str], since: float | None) -> list[Finding]:
    """Judge the local installs of an environment.

    Args:
        place: the folder of an environment, a `.venv` file, or a Python program.
        names: distributions to restrict it to.
        since: the moment from which files may be the doing of the runner of hooks, in seconds
            since the epoch; None where nothing is set aside.

    Raises:
        EnvironmentProblem: there is no environment, or it cannot be read.
    """
    environment = environment_from_outside(place)
    wanted = {normalized_name(one) for one in names}
    return [
        _judge(one, environment, since)
        for one in local_distributions(environment)
        if not wanted or one.name in wanted
    ]


def _judge(
    distribution: InstalledDistribution, environment: Environment, since: float | None
) -> Finding:
    outside = judge_from_outside(distribution, environment)
    verdict = outside.verdict
    recorded = distribution.kind == "dist-info" and os.path.isfile(
        os.path.join(distribution.path, _RECORD)
    )
    if recorded and os.path.isdir(outside.directory):
        verdict = _by_record(distribution, environment) or verdict
    verdict, unchecked = _without_runner(verdict, outside.directory, since)
    return Finding(
        distribution,
        environment.root,
        outside.directory,
        outside.editable,
        verdict,
        unchecked,
        outside.command,
    )


def _by_record(distribution: InstalledDistribution, environment: Environment) -> Verdict | None:
    """Judge by the record that trueup left of the build; it costs more imports, and knows more."""
    from trueup.api.judging import judge_distribution
    from trueup.destination.locate import open_environment

    known = open_environment(environment.root)
    judgement = judge_distribution(distribution, known, _variables())
    return None if judgement is None else judgement.verdict


def _variables() -> dict[str, str]:
    """Return the variables as they were before the runner put its own environment before them."""
    import sys

    own = os.path.dirname(sys.executable)
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("GIT_", "PRE_COMMIT", "PREK"))
    }
    if os.path.realpath(kept.get("VIRTUAL_ENV", "")) == os.path.realpath(sys.prefix):
        del kept["VIRTUAL_ENV"]
    path = [one for one in kept.get("PATH", "").split(os.pathsep) if one != own]
    kept["PATH"] = os.pathsep.join(path)
    return kept


def _without_runner(
    verdict: Verdict, directory: str, since: float | None
) -> tuple[Verdict, tuple[str, ...]]:
    """Take out the reasons that rest on files which the runner may have rewritten."""
    if since is None:
        return verdict, ()
    if not isinstance(verdict, Stale):
        return verdict, tuple(_rewritten_settings(directory, since))
    kept: list[Reason] = []
    unchecked: dict[str, None] = {}
    for reason in verdict.reasons:
        path = os.path.join(directory, reason.path)
        about_tree = reason.kind not in {"gone", "circumstances", "variable"}
        moved = reason.kind == "repository" and _any_rewritten(directory, since)
        if about_tree and (moved or is_rewritten(path, since)):
            unchecked[path] = None
        else:
            kept.append(reason)
    if kept:
        return Stale(tuple(kept)), tuple(unchecked)
    return Fresh(), tuple(unchecked)


_SETTINGS = ("pyproject.toml", "setup.cfg", "setup.py")


def _rewritten_settings(directory: str, since: float) -> list[str]:
    paths = [os.path.join(directory, name) for name in _SETTINGS]
    return [path for path in paths if is_rewritten(path, since)]


def _any_rewritten(directory: str, since: float) -> bool:
    """Whether any file may have been rewritten: then git's view of the tree is not the user's."""
    from trueup.acquisition.snapshot import take_snapshot

    margin = int(since * 1e9)
    entries = take_snapshot(directory).entries.values()
    return any(entry.mtime_ns >= margin and not entry.is_directory for entry in entries)
