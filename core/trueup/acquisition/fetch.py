"""Getting files: many at once, each once on this machine, and only what was promised."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol, Self

from trueup.acquisition.connection import Connections, Network
from trueup.acquisition.credentials import Credentials, redact
from trueup.acquisition.crew import Crew, Errand, Fetched, Flight, discard, sweep
from trueup.acquisition.download import Cables
from trueup.acquisition.exchange import Exchange, Patience, TryAgain, translated
from trueup.acquisition.wanted import Wanted, local_path
from trueup.errors import FetchError
from trueup.reporting import SILENT, Reporter

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Fetched", "Fetcher", "Flight", "NetworkFetcher", "Wanted", "discard"]

WORKERS = 10
_LARGEST_PAGE = 128 << 20
_UNSAFE_NAME = re.compile(r"[\x00-\x1f\x7f/\\:]")


class Fetcher(Protocol):
    """Somebody who gets files."""

    def fetch(
        self,
        files: Sequence[Wanted],
        *,
        into: str,
        reporter: Reporter = SILENT,
        workers: int = WORKERS,
        flight: Flight | None = None,
    ) -> Iterator[Fetched]:
        """Yield each file as it is complete.

        Raises:
            FetchError: one cannot be got; the others are stopped.
            HashMismatch: one is not what was promised.
        """
        ...

    def read(self, url: str, accept: str) -> tuple[bytes, str]:
        """Return the body and the content type of an index page.

        Raises:
            FetchError: it cannot be got.
        """
        ...


class NetworkFetcher:
    """The real fetcher; close it, or use it in a `with` block.

    Args:
        network: how the network is reached.
        credentials: who we are to each host.
    """

    def __init__(
        self, network: Network | None = None, credentials: Credentials | None = None
    ) -> None:
        self._connections = Connections(network or Network())
        self._exchange = Exchange(self._connections, credentials or Credentials())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def make_ready(self) -> None:
        """Read certificates and the like, before it is known what is to be fetched.

        Raises:
            FetchError: the certificates that were named cannot be read.
        """
        with self._connections.session():
            pass

    def fetch(
        self,
        files: Sequence[Wanted],
        *,
        into: str,
        reporter: Reporter = SILENT,
        workers: int = WORKERS,
        flight: Flight | None = None,
    ) -> Iterator[Fetched]:
        """Yield each file as it is complete; see `Fetcher.fetch`.

        Files land in `into/<key>/<filename>`. On Ctrl-C, and when the caller stops asking,
        everything is stopped and no temporary file stays. What a cut connection left is kept for
        the next run, if a promised hash can prove the whole. Callers who share `into`, and remove
        files from it, do so in `Flight.settle`, under the file's lock.

        Args:
            files: what is wanted; each is got once, however often it is named.
            into: the folder to put them in; made where it is missing.
            reporter: told of what happens; called from several threads.
            workers: how many are got at once.
            flight: how to share downloads with other processes; by default locks lie in `into`.
        """
        wanted = tuple(dict.fromkeys(files))
        self._check(wanted)
        folder = os.path.abspath(into)
        shared = flight or Flight(os.path.join(folder, ".locks"))
        _make_folders(folder, shared.locks)
        sweep(folder, shared.locks, {each.key for each in wanted})
        crew = Crew(Errand(self._exchange, folder, shared, reporter, Cables()), _in_turn(wanted))
        yield from crew.work(min(workers, len(wanted)))

    def _check(self, wanted: Sequence[Wanted]) -> None:
        for each in wanted:
            if each.filename in {"", ".", ".."} or _UNSAFE_NAME.search(each.filename):
                raise FetchError(f"{each.filename!r} from {redact(each.url)} is no plain file name")
            if self._exchange.network.offline and local_path(each.url) is None:
                hint = "Run once without --offline, or give it by --find-links."
                raise FetchError(
                    f"{each.filename} is not here yet, and trueup is offline", hint=hint
                )

    def read(self, url: str, accept: str) -> tuple[bytes, str]:
        """Return the body and the content type of an index page; see `Fetcher.read`."""
        path = local_path(url)
        if path is not None:
            return _read_local(path)
        patience = Patience(self._exchange.network, threading.Event(), lambda _message: None)
        while True:
            try:
                return self._read_once(url, accept)
            except TryAgain as error:
                patience.wait_after(error)

    def _read_once(self, url: str, accept: str) -> tuple[bytes, str]:
        headers = {
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
            "Cache-Control": "max-age=0",
        }
        body = bytearray()
        with self._exchange.get(url, headers) as response, translated(url, self._exchange.network):
            for piece in response.raw.stream(1 << 16, decode_content=True):
                body += piece
                if len(body) > _LARGEST_PAGE:
                    raise FetchError(
                        f"{redact(url)} is no index page: it is larger than {_LARGEST_PAGE} bytes"
                    )
            return bytes(body), response.headers.get("content-type", "")


def _in_turn(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return the order to get files in: the largest, the smallest, the next of both, and so on.

    The largest take longest; of the smallest something is to be made while those are on their way.
    """
    rising = sorted(wanted, key=lambda each: each.size or 0)
    half = len(rising) // 2
    large, small = rising[: half - 1 if half else None : -1], rising[:half]
    return [each for pair in zip_longest(large, small) for each in pair if each is not None]


def _read_local(path: str) -> tuple[bytes, str]:
    from mimetypes import guess_type

    try:
        with open(path, "rb") as page:
            return page.read(), guess_type(path)[0] or "text/html"
    except OSError as error:
        raise FetchError(f"{path} cannot be read: {error.strerror}") from error


def _make_folders(*folders: str) -> None:
    for folder in folders:
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            raise FetchError(
                f"{folder} cannot be made: {error.strerror}", hint="Is the disk full?"
            ) from error
