"""Twins: distributions of one name in one environment, of which Python finds only the first.

Concurrent runs of pip leave such (measured), and whoever copies directories by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution, find_duplicates

__all__ = ["read_twins", "with_twins"]


def read_twins(
    environment: Environment, installed: Mapping[str, InstalledDistribution]
) -> dict[str, list[InstalledDistribution]]:
    """Return what has the name of something in `installed`, and is another.

    Raises:
        EnvironmentProblem: a directory is there and cannot be read.
    """
    return {
        name: [one for one in several if one.path != installed[name].path]
        for name, several in find_duplicates(environment).items()
        if name in installed
    }


def with_twins(
    environment: Environment, going: Sequence[InstalledDistribution]
) -> list[InstalledDistribution]:
    """Return `going` with everything else that has one of their names: none may stay behind."""
    twins = read_twins(environment, {one.name: one for one in going})
    return [*going, *(twin for several in twins.values() for twin in several)]
