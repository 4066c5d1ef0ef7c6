"""One question to a host and its answer: redirects, refusals, and what may be tried again."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from trueup.acquisition.connection import Connections, Network
from trueup.acquisition.credentials import (
    Credentials,
    Login,
    carried,
    realm,
    redact,
    without_credentials,
)
from trueup.errors import FetchError
from trueup.values import dataclass

if TYPE_CHECKING:
    from requests import Response, Session

__all__ = ["Cancelled", "Exchange", "Patience", "TryAgain", "translated"]

_REDIRECTS = 20
_REDIRECT_CODES = frozenset({301, 302, 303, 307, 308})
# 429 and 503 say so themselves; the others are what overloaded proxies and content networks answer.
_PASSING_CODES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class TryAgain(FetchError):
    """What failed may well work in a moment; `pause` is the wait in seconds that the host wants."""

    def __init__(self, problem: str, *, hint: str = "", pause: float | None = None) -> None:
        super().__init__(problem, hint=hint)
        self.pause = pause


class Cancelled(FetchError):
    """Somebody else stopped the work: another file failed, or the user pressed Ctrl-C."""


@dataclass(slots=True)
class Patience:
    """How long to go on with one file: counts failures in a row, and waits between them."""

    network: Network
    stop: threading.Event
    say: Callable[[str], None]
    failures: int = 0

    def reset(self) -> None:
        """Start counting anew, because there was progress."""
        self.failures = 0

    def wait_after(self, error: TryAgain) -> None:
        """Wait before another try.

        Raises:
            FetchError: it has failed often enough, or the host asks for too long a pause.
            Cancelled: the work was stopped while waiting.
        """
        pause = error.pause
        if pause is None:
            spread = 0.75 + random.random() / 2  # noqa: S311 - spreads retries of many workers, guards nothing
            pause = min(self.network.backoff * 2**self.failures * spread, self.network.longest_wait)
        elif pause > self.network.longest_wait:
            hint = f"The host asks to wait for {pause:.0f} seconds; try again then."
            raise FetchError(error.problem, hint=hint) from error
        self.failures += 1
        if self.failures > self.network.retries:
            tries = f"{self.failures} tries" if self.failures > 1 else "one try"
            raise FetchError(
                f"{error.problem} (given up after {tries})", hint=error.hint
            ) from error
        self.say(f"{error.problem}; trying again in {pause:.1f} s")
        if self.stop.wait(pause):
            raise Cancelled("stopped")


@contextmanager
def translated(url: str, network: Network) -> Iterator[None]:
    """Turn what `requests` and urllib3 raise in the block into one of our errors."""
    from requests import exceptions
    from urllib3.exceptions import HTTPError

    try:
        yield
    except exceptions.SSLError as error:
        reason = _innermost(error)
        if " alert " in reason and "certificate" in reason:
            problem = f"{redact(url)} does not accept our certificate: {reason}"
            hint = "Name another by --client-cert or PIP_CLIENT_CERT."
            raise FetchError(problem, hint=hint) from error
        if "certificate" in reason.lower():
            problem = f"{redact(url)} has no certificate that is trusted: {reason}"
            hint = "Behind a company's proxy, name its certificates by --cert or SSL_CERT_FILE."
            raise FetchError(problem, hint=hint) from error
        raise TryAgain(f"{redact(url)}: the encrypted connection failed: {reason}") from error
    except exceptions.ProxyError as error:
        hint = "Look at HTTP_PROXY, HTTPS_PROXY, NO_PROXY and --proxy."
        raise TryAgain(
            f"{redact(url)} is not reached through the proxy: {_innermost(error)}", hint=hint
        ) from error
    except exceptions.Timeout as error:
        hint = "A longer --timeout may help."
        raise TryAgain(
            f"{redact(url)} did not answer within {network.timeout:g} s", hint=hint
        ) from error
    except (exceptions.ConnectionError, exceptions.ChunkedEncodingError, HTTPError) as error:
        raise TryAgain(f"{redact(url)}: the connection failed: {_innermost(error)}") from error
    except (exceptions.RequestException, ValueError) as error:
        raise FetchError(f"{redact(url)} cannot be asked for: {type(error).__name__}") from error


def _innermost(error: BaseException) -> str:
    """Return what the operating system or TLS said, without any address; else the kind of error."""
    seen: set[int] = set()
    current: object = error
    text = ""
    while isinstance(current, BaseException) and id(current) not in seen:
        seen.add(id(current))
        verify = getattr(current, "verify_message", "")
        if verify:
            return f"certificate verify failed: {verify}"
        if isinstance(current, OSError) and current.strerror:
            text = current.strerror
        elif not text:
            text = type(current).__name__
        nested = [
            part
            for part in (*current.args, getattr(current, "reason", None))
            if part is not current
        ]
        inner = next((part for part in nested if isinstance(part, BaseException)), None)
        current = inner or current.__cause__ or current.__context__
    return text


class Exchange:
    """Asks hosts for files, as the right user, through redirects.

    Args:
        connections: where sessions are borrowed from.
        credentials: who we are to each host.
    """

    def __init__(self, connections: Connections, credentials: Credentials) -> None:
        self.connections = connections
        self.credentials = credentials

    @property
    def network(self) -> Network:
        """How the network is reached."""
        return self.connections.network

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[Response]:
        """Ask for `url`; the body of the answer (status 200, 206 or 416) is still to be read.

        Raises:
            TryAgain: the connection or the host failed in a way that may pass.
            FetchError: the host refuses, there is no such file, or the network is not to be used.
        """
        if self.network.offline:
            raise FetchError(
                f"{redact(url)} is needed, and trueup is offline",
                hint="Run once without --offline.",
            )
        with self.connections.session() as session:
            response = self._follow(session, url, headers)
            try:
                yield response
            finally:
                response.close()

    def _follow(self, session: Session, url: str, headers: Mapping[str, str]) -> Response:
        current = url
        for _ in range(_REDIRECTS):
            response = self._ask(session, current, headers)
            if response.status_code not in _REDIRECT_CODES or "location" not in response.headers:
                _judge(response, current)
                return response
            location = response.headers["location"].encode("latin-1").decode("utf-8", "replace")
            response.close()
            following = urljoin(without_credentials(current), location)
            self._check_hop(current, following)
            current = carried(current, following)
        raise FetchError(f"{redact(url)} redirects more than {_REDIRECTS} times")

    def _check_hop(self, current: str, following: str) -> None:
        scheme = urlsplit(following).scheme.lower()
        if scheme not in {"http", "https"}:
            raise FetchError(
                f"{redact(current)} redirects to a {scheme}: address, which is not followed"
            )
        host = urlsplit(following).hostname or ""
        if (
            realm(current)[0] == "https"
            and scheme == "http"
            and host not in self.network.trusted_hosts
        ):
            hint = f"If that is meant, name {host} by --trusted-host."
            raise FetchError(
                f"{redact(current)} redirects from https to http, which is not followed", hint=hint
            )

    def _ask(self, session: Session, url: str, headers: Mapping[str, str]) -> Response:
        """Send one request to one host; after a 401, once more as the user the keyring knows."""
        login = self.credentials.known(url)
        response = self._send(session, url, headers, login)
        if response.status_code != 401:
            return response
        other = self.credentials.after_refusal(url, login)
        if other is None:
            return response
        response.close()
        return self._send(session, url, headers, other)

    def _send(
        self, session: Session, url: str, headers: Mapping[str, str], login: Login | None
    ) -> Response:
        bare = without_credentials(url)
        sent = dict(headers)
        if login is not None:
            sent["Authorization"] = login.header
        with translated(url, self.network):
            return session.get(
                bare,
                headers=sent,
                stream=True,
                allow_redirects=False,
                timeout=self.network.timeout,
                proxies=self.connections.proxies(bare),
            )


def _judge(response: Response, url: str) -> None:
    """Raise what an answer other than 200, 206 and 416 means."""
    status = response.status_code
    if status in {200, 206, 416}:
        return
    pause = _pause(response.headers.get("retry-after", ""))
    response.close()
    where = redact(url)
    if status in _PASSING_CODES:
        raise TryAgain(f"{where}: the host answers {status}", pause=pause)
    if status in {401, 403, 407}:
        hint = "Credentials come from the address, UV_INDEX_<NAME>_USERNAME, netrc or keyring."
        raise FetchError(f"{where}: the host refuses to give it ({status})", hint=hint)
    if status in {404, 410}:
        raise FetchError(
            f"{where} does not exist ({status})", hint="Was it removed, or is the address wrong?"
        )
    raise FetchError(f"{where}: the host answers {status}")


def _pause(header: str) -> float | None:
    """Return the seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), or None."""
    from email.utils import parsedate_to_datetime

    if header.strip().isdigit():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    from datetime import UTC, datetime

    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
