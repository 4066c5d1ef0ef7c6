"""One file on its way here: hashed as it comes, resumed after a cut, proven before it is named."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import threading
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trueup.acquisition.credentials import redact
from trueup.acquisition.exchange import Cancelled, Exchange, Patience, TryAgain, translated
from trueup.acquisition.part import Part, open_part, prove, wrong_size
from trueup.acquisition.wanted import Wanted, local_path
from trueup.errors import FetchError, HashMismatch
from trueup.reporting import Event, Reporter

if TYPE_CHECKING:
    from requests import Response

__all__ = ["Cables", "Download"]

_PIECE = 1 << 16
_REPORT_EACH = 1 << 18
# A try that got this much further than any before: the count of failures starts anew.
_PROGRESS = 1 << 20
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_CONTENT_RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+|\*)$")


class Cables:
    """The answers that are being read; cutting them wakes every thread that waits for bytes."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._live: set[Any] = set()

    @contextlib.contextmanager
    def reading(self, response: Response) -> Iterator[None]:
        """Hold `response` as one that is read until the block ends.

        Raises:
            Cancelled: everything was cut already.
        """
        with self._lock:
            self._live.add(response.raw)
        try:
            if self.stop.is_set():
                raise Cancelled("stopped")
            yield
        finally:
            with self._lock:
                self._live.discard(response.raw)

    def cut(self) -> None:
        """Stop everything, now and later."""
        self.stop.set()
        with self._lock:
            live = list(self._live)
        for raw in live:
            # urllib3 has `shutdown` since 2.3; one that is finished or older has nothing to shut.
            with contextlib.suppress(AttributeError, OSError, RuntimeError, ValueError):
                raw.shutdown()


class Download:
    """Brings one file to `part`, and proves it.

    Args:
        wanted: the file.
        part: where it grows; one that is there already is gone on with if its hash can prove it.
        exchange: the way to hosts.
        cables: what stops everything.
        reporter: told of progress.
    """

    def __init__(
        self, wanted: Wanted, part: str, exchange: Exchange, cables: Cables, reporter: Reporter
    ) -> None:
        self.wanted = wanted
        self._path = part
        self._exchange = exchange
        self._cables = cables
        self._reporter = reporter
        self._etag = ""
        self._told = 0
        self._resumed = False
        self._whole = False

    def run(self) -> tuple[str, int]:
        """Bring the file; return its sha256 and its size in bytes.

        Raises:
            HashMismatch: it is another file than was promised.
            FetchError: it cannot be got, or there is no room for it.
            Cancelled: everything was stopped.
        """
        keep = False
        try:
            with contextlib.closing(self._part):
                self._bring()
                return self._part.digest("sha256"), self._part.size
        except TryAgain as error:
            raise FetchError(error.problem, hint=error.hint) from error
        except (HashMismatch, Cancelled):
            raise
        except FetchError as error:
            # Only what a hash can prove is gone on with by a later run.
            keep = self.wanted.proven and isinstance(error.__cause__, TryAgain)
            raise
        except OSError as error:
            raise self._no_room(error) from error
        finally:
            if not keep and not self._whole:
                self.discard()

    def discard(self) -> None:
        """Remove what is there of the file."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    @cached_property
    def _part(self) -> Part:
        part = open_part(self.wanted, self._path)
        if not self.wanted.proven:
            part.restart()
        return part

    def _bring(self) -> None:
        path = local_path(self.wanted.url)
        self._resumed = self._part.size > 0 and path is None
        while not self._whole:
            if path is not None:
                self._copy(path)
            else:
                self._transfer()
            try:
                prove(self.wanted, self._part)
                self._whole = True
            except FetchError:
                # It was put together of two answers that may be of two files: once more, in one go.
                if not self._resumed:
                    raise
                self._resumed = False
                self._part.restart()

    def _transfer(self) -> None:
        def say(message: str) -> None:
            self._reporter(Event("note", self.wanted.filename, message))

        patience = Patience(self._exchange.network, self._cables.stop, say)
        furthest = self._part.size
        while (
            self.wanted.size is None or self._part.size != self.wanted.size or not self._part.size
        ):
            try:
                self._attempt()
            except TryAgain as error:
                if self._cables.stop.is_set():
                    raise Cancelled("stopped") from error
                if self._part.size >= furthest + _PROGRESS:
                    furthest = self._part.size
                    patience.reset()
                patience.wait_after(error)
            else:
                return

    def _attempt(self) -> None:
        """Ask for what is missing, and add it.

        Raises:
            TryAgain: it was cut off, or the host and we do not agree where to go on.
        """
        if self._part.size and not (self._etag or self.wanted.proven):
            # Without validator and hash nobody can tell whether the two halves are of one file.
            self._part.restart()
        offset = self._part.size
        headers = {
            "Accept-Encoding": "identity"
        }  # the bytes that were promised, not another form of them
        if offset:
            self._resumed = True
            headers["Range"] = f"bytes={offset}-"
            if self._etag:
                headers["If-Range"] = self._etag
        with (
            self._exchange.get(self.wanted.url, headers) as response,
            self._cables.reading(response),
        ):
            total = self._agree(response, offset)
            with translated(self.wanted.url, self._exchange.network):
                for piece in response.raw.stream(_PIECE, decode_content=False):
                    self._take(piece, total)
        self._stop_if_told()
        if total is not None and self._part.size != total:
            raise TryAgain(
                f"{redact(self.wanted.url)} was cut off after {self._part.size} of {total} bytes"
            )

    def _agree(self, response: Response, offset: int) -> int | None:
        """Make sure that the answer goes on where the part ends; return the whole file's size."""
        etag = response.headers.get("etag", "")
        length = response.headers.get("content-length", "")
        total = int(length) if length.isdigit() and response.status_code == 200 else None
        if response.status_code == 200:
            self._part.restart()
        else:
            match = _CONTENT_RANGE.match(response.headers.get("content-range", ""))
            fits = (
                response.status_code == 206
                and match is not None
                and int(match.group(1)) == offset
                and offset
            )
            if match is None or not fits or (self._etag and etag and etag != self._etag):
                self._part.restart()
                self._etag = ""
                raise TryAgain(
                    f"{redact(self.wanted.url)}: the host does not go on where it stopped"
                )
            total = int(match.group(3)) if match.group(3) != "*" else None
        self._etag = "" if etag.startswith("W/") else etag  # RFC 9110, 13.1.5: weak ones do not do
        if total is not None and self.wanted.size not in {None, total}:
            raise wrong_size(self.wanted, f"{total} bytes long")
        return total

    def _take(self, piece: bytes, total: int | None) -> None:
        self._stop_if_told()
        most = self.wanted.size if total is None else total
        if most is not None and self._part.size + len(piece) > most:
            raise wrong_size(self.wanted, "longer")
        self._part.append(piece)
        if self._part.size - self._told >= _REPORT_EACH:
            self._told = self._part.size
            self._reporter(
                Event("progress", self.wanted.filename, done=self._part.size, total=most)
            )

    def _copy(self, path: str) -> None:
        """Copy a file of this machine, so that what is checked is what is used."""
        self._part.restart()
        try:
            source = open(path, "rb")  # noqa: SIM115 - closed just below; only this open is to be translated
        except OSError as error:
            what = (
                "does not exist"
                if isinstance(error, FileNotFoundError)
                else f"cannot be read: {error.strerror}"
            )
            raise FetchError(f"{path} {what}") from error
        with source:
            while piece := source.read(1 << 20):
                self._take(piece, None)

    def _stop_if_told(self) -> None:
        if self._cables.stop.is_set():
            raise Cancelled("stopped")

    def _no_room(self, error: OSError) -> FetchError:
        place = os.path.dirname(self._path)
        if error.errno in _FULL:
            need = "" if self.wanted.size is None else f", which needs {self.wanted.size} bytes"
            hint = "Make room there, or set TRUEUP_CACHE_DIR to a place that has some."
            return FetchError(
                f"there is no room left in {place} for {self.wanted.filename}{need}", hint=hint
            )
        reason = error.strerror or type(error).__name__
        return FetchError(f"{self.wanted.filename} cannot be written to {place}: {reason}")
