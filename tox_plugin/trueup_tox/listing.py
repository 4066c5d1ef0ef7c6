"""What is installed, written as `pip freeze --all` writes it, without starting a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trueup.destination.environment import Environment
    from trueup.destination.installed import InstalledDistribution

__all__ = ["list_installed"]


def list_installed(environment: Environment) -> list[str]:
    """Return one line for each distribution, in order of name.

    Raises:
        EnvironmentProblem: a directory of the environment cannot be read.
    """
    from trueup.destination.installed import read_installed

    return [line_for(one) for _, one in sorted(read_installed(environment).items())]


def line_for(distribution: InstalledDistribution) -> str:
    """Return the line that would bring `distribution` back."""
    name = distribution.display_name
    location = distribution.editable_location
    if location is not None:
        return f"-e {location}"
    origin = distribution.direct_url
    if origin is not None:
        return f"{name} @ {_address(origin)}"
    return f"{name}=={distribution.version}"


def _address(origin: Mapping[str, Any]) -> str:
    """Return the address in a direct_url.json as a requirement has it (PEP 610)."""
    url = str(origin["url"])
    repository = origin.get("vcs_info")
    if isinstance(repository, dict):
        url = f"{repository.get('vcs')}+{url}@{repository.get('commit_id')}"
    archive = origin.get("archive_info")
    hashes = archive.get("hashes") if isinstance(archive, dict) else None
    more = [f"sha256={hashes['sha256']}"] if isinstance(hashes, dict) and "sha256" in hashes else []
    if origin.get("subdirectory"):
        more.append(f"subdirectory={origin['subdirectory']}")
    return url + ("#" + "&".join(more) if more else "")
