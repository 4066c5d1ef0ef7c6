"""What acquiring works with and what it gives: values, light for a run that builds nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from trueup.reporting import SILENT, Reporter
from trueup.resolution.artifact import Artifact, Source
from trueup.resolution.request import BuildChoices
from trueup.values import dataclass, field

if TYPE_CHECKING:
    from trueup.acquisition.builder import Provision
    from trueup.acquisition.credentials import Credentials
    from trueup.acquisition.fetch import Fetcher
    from trueup.acquisition.pack import Pack
    from trueup.acquisition.store import Store
    from trueup.destination.company import Company
    from trueup.destination.environment import Interpreter

__all__ = ["Acquired", "Supply", "origin"]


@dataclass(frozen=True, slots=True)
class Supply:
    """Where packs come from and how they are made.

    Attributes:
        store: looked into first, and added to.
        fetcher: gets files.
        interpreter: who the wheels are for.
        provision: makes build environments.
        build: what may be built, and how.
        variables: the environment variables that backends start from.
        reporter: told of progress.
        timeout: seconds that one build may take; None for no limit.
        offline: touch no network.
        credentials: who we are to the hosts of repositories.
        ready: told of each pack that other processes have just made, while more files are on
            their way, and by whom further work may be done; called from several threads.
    """

    store: Store
    fetcher: Fetcher
    interpreter: Interpreter
    provision: Provision
    build: BuildChoices = field(default_factory=BuildChoices)
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    reporter: Reporter = SILENT
    timeout: float | None = None
    offline: bool = False
    credentials: Credentials | None = None
    ready: Callable[[str, Acquired, Company], None] | None = None


@dataclass(frozen=True, slots=True)
class Acquired:
    """A pack, and what its environment is to be told of where it came from.

    Attributes:
        pack: the content.
        direct_url: the content of direct_url.json, for what was asked for by address (PEP 610).
        how: "store", "download" or "build".
    """

    pack: Pack
    direct_url: Mapping[str, object] | None = None
    how: str = "store"


def origin(artifact: Artifact, source: Source, sha256: str = "") -> Mapping[str, object] | None:
    """Return the direct_url.json of what was asked for by its address (PEP 610)."""
    if not artifact.direct:
        return None
    from trueup.acquisition.direct_url import direct_url

    return direct_url(source, sha256=sha256)
