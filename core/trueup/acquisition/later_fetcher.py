"""A fetcher that is made when something has to be fetched: most runs find all in the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from trueup.reporting import SILENT, Reporter

if TYPE_CHECKING:
    from trueup.acquisition.connection import Network
    from trueup.acquisition.credentials import Credentials
    from trueup.acquisition.fetch import Fetched, Flight, NetworkFetcher
    from trueup.acquisition.wanted import Wanted

__all__ = ["LaterFetcher"]

_WORKERS = 10


class LaterFetcher:
    """A `Fetcher` that becomes a `NetworkFetcher` when it is first used; safe among threads.

    Args:
        network: how the network is reached.
        credentials: who we are to each host.
    """

    def __init__(self, network: Network, credentials: Credentials) -> None:
        self._network = network
        self._credentials = credentials
        self._lock = threading.Lock()
        self._made: NetworkFetcher | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._made is not None:
            self._made.close()

    def fetch(
        self,
        files: Sequence[Wanted],
        *,
        into: str,
        reporter: Reporter = SILENT,
        workers: int = _WORKERS,
        flight: Flight | None = None,
    ) -> Iterator[Fetched]:
        """Yield each file as it is complete; see `Fetcher.fetch`."""
        return self._real().fetch(
            files, into=into, reporter=reporter, workers=workers, flight=flight
        )

    def read(self, url: str, accept: str) -> tuple[bytes, str]:
        """Return the body and the content type of an index page; see `Fetcher.read`."""
        return self._real().read(url, accept)

    def make_ready(self) -> None:
        """Do what can be done before it is known what is to be fetched.

        Raises:
            FetchError: the certificates that were named cannot be read.
        """
        self._real().make_ready()

    def _real(self) -> NetworkFetcher:
        with self._lock:
            if self._made is None:
                from trueup.acquisition.fetch import NetworkFetcher

                self._made = NetworkFetcher(self._network, self._credentials)
            return self._made
