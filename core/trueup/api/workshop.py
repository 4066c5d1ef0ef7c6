"""The workshop: everything a use case works with, opened once and handed on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trueup.acquisition.connection import network_from
from trueup.acquisition.credentials import Credentials
from trueup.acquisition.later_fetcher import LaterFetcher
from trueup.acquisition.store import Store, open_store
from trueup.acquisition.store_folder import UnsafeStore
from trueup.reporting import SILENT, Event, Reporter
from trueup.values import dataclass, field

if TYPE_CHECKING:
    from trueup.acquisition.fetch import Fetcher

__all__ = ["Workshop", "WorkshopOptions", "open_workshop"]


@dataclass(frozen=True, slots=True)
class WorkshopOptions:
    """How the user wants work to be done.

    Attributes:
        offline: touch no network.
        refresh: believe no remembered resolution.
        build_timeout: seconds that one build may take; None for no limit.
        cache: the store's directory, or "" for the usual one.
        keyring: how passwords are looked up, or "" for what surroundings say.
        resolver_variables: what the resolver runs with; {} for the same as everything else.
    """

    offline: bool = False
    refresh: bool = False
    build_timeout: float | None = None
    cache: str = ""
    keyring: str = ""
    resolver_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a use case works with.

    Attributes:
        store: trueup's own store.
        fetcher: gets files and index pages.
        credentials: who we are to each host; told of index addresses as they become known.
        variables: environment variables, as they were when the workshop was opened.
        base: the directory that relative paths start from.
        reporter: told of progress.
        offline: touch no network.
        refresh: believe no remembered resolution.
        build_timeout: seconds that one build may take; None for no limit.
        resolver_variables: what the resolver runs with, options that only it knows included.
    """

    store: Store
    fetcher: Fetcher
    credentials: Credentials
    variables: Mapping[str, str]
    base: str
    reporter: Reporter = SILENT
    offline: bool = False
    refresh: bool = False
    build_timeout: float | None = None
    resolver_variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def interpreters(self) -> str:
        """The folder of remembered interpreter facts."""
        return self.store.folder("interpreters")


@contextmanager
def open_workshop(
    *,
    variables: Mapping[str, str] | None = None,
    base: str | None = None,
    reporter: Reporter = SILENT,
    network: Mapping[str, Any] | None = None,
    options: WorkshopOptions | None = None,
) -> Iterator[Workshop]:
    """Open the store and the way to the network, and close them again.

    Args:
        variables: environment variables; None for the process's own.
        base: the directory that relative paths start from; None for the current one.
        reporter: told of progress.
        network: attributes of `Network` that the user gave on purpose.
        options: offline, refresh and the like.

    Raises:
        StoreError: the store cannot be used.
        RequestError: a variable that should hold a number does not.
    """
    chosen = options or WorkshopOptions()
    around = dict(os.environ) if variables is None else dict(variables)
    offline = chosen.offline or around.get("TRUEUP_OFFLINE", "") not in {"", "0"}
    settings = dict(network or {}) | ({"offline": True} if offline else {})
    reached = network_from(around, **settings)
    credentials = Credentials(environment=around, keyring=chosen.keyring, reporter=reporter)
    with (
        LaterFetcher(reached, credentials) as fetcher,
        _open_store(_root_of_store(chosen, around), reporter) as store,
    ):
        yield Workshop(
            store=store,
            fetcher=fetcher,
            credentials=credentials,
            variables=around,
            base=base or os.getcwd(),
            reporter=reporter,
            offline=reached.offline,
            refresh=chosen.refresh,
            build_timeout=chosen.build_timeout,
            resolver_variables=chosen.resolver_variables or around,
        )


@contextmanager
def _open_store(root: str | None, reporter: Reporter) -> Iterator[Store]:
    """Open the store; where it is not safe to use, warn, and work with one for this run alone."""
    try:
        store = open_store(root, reporter=reporter)
    except UnsafeStore as error:
        import tempfile

        way_out = f"{error.problem}: nothing is kept for the next run. {error.hint}"
        reporter(Event("warning", root or "store", way_out))
        with tempfile.TemporaryDirectory(prefix="trueup-store-") as folder:
            yield open_store(folder, reporter=reporter)
    else:
        yield store


def _root_of_store(chosen: WorkshopOptions, variables: Mapping[str, str]) -> str | None:
    named = chosen.cache or variables.get("TRUEUP_CACHE_DIR", "")
    return os.path.expanduser(named) or None
