"""Sessions to the network: proxies, certificates, time limits, in a pool to borrow from."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trueup.acquisition.adapter import Lookups, adapter
from trueup.errors import FetchError, RequestError
from trueup.values import dataclass

if TYPE_CHECKING:
    import ssl

    from requests import Session

__all__ = ["Connections", "Network", "network_from"]


@dataclass(frozen=True, slots=True)
class Network:
    """How the network is reached.

    Attributes:
        timeout: seconds to wait for a connection, and for each next piece of an answer.
        retries: how often one file is tried again in a row without getting further.
        backoff: seconds before the first retry; doubled for each one after.
        longest_wait: seconds; a host that asks for a longer pause (`Retry-After`) is given up.
        proxy: for every request; "" asks the environment and the system.
        ca_file: certificates that are trusted, in PEM; "" for the system's and certifi's.
        ca_directory: the same, as a directory that OpenSSL can read.
        client_certificate: a PEM file with a certificate, and its key if `client_key` is "".
        client_key: a PEM file with the key, or "".
        trusted_hosts: "host" or "host:port" whose certificates are not checked.
        offline: no connection is made.
    """

    timeout: float = 15.0
    retries: int = 5
    backoff: float = 0.5
    longest_wait: float = 120.0
    proxy: str = ""
    ca_file: str = ""
    ca_directory: str = ""
    client_certificate: str = ""
    client_key: str = ""
    trusted_hosts: tuple[str, ...] = ()
    offline: bool = False


def _first(environment: Mapping[str, str], *names: str) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


def _number(environment: Mapping[str, str], *names: str) -> float | None:
    for name in names:
        text = environment.get(name, "")
        if text:
            try:
                return max(0.0, float(text))
            except ValueError:
                raise RequestError(
                    f"{name} is {text!r}, which is no number", hint=f"Set or unset {name}."
                ) from None
    return None


def network_from(environment: Mapping[str, str], **options: Any) -> Network:
    """Return the network that pip's, uv's and OpenSSL's environment variables describe.

    Args:
        environment: variables by name.
        options: attributes of `Network` that somebody gave on purpose; they win, unless None.

    Raises:
        RequestError: a variable that should hold a number does not.
    """
    named = _first(environment, "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    bundle = named or _first(environment, "SSL_CERT_FILE")
    directory = "" if named else _first(environment, "SSL_CERT_DIR")
    if os.path.isdir(bundle):
        bundle, directory = "", bundle
    timeout = _number(
        environment, "PIP_DEFAULT_TIMEOUT", "PIP_TIMEOUT", "UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT"
    )
    retries = _number(environment, "PIP_RETRIES", "UV_HTTP_RETRIES")
    trusted = f"{environment.get('PIP_TRUSTED_HOST', '')} {environment.get('UV_INSECURE_HOST', '')}"
    found: dict[str, Any] = {
        "timeout": timeout or None,
        "retries": None if retries is None else int(retries),
        "proxy": _first(environment, "PIP_PROXY"),
        "ca_file": bundle,
        "ca_directory": directory,
        "client_certificate": _first(environment, "PIP_CLIENT_CERT", "SSL_CLIENT_CERT"),
        "trusted_hosts": tuple(trusted.replace(",", " ").split()),
        "offline": environment.get("UV_OFFLINE", "").lower() in {"1", "true", "yes", "on"},
    }
    if options.get("ca_file"):
        found["ca_directory"] = ""
    found |= {name: value for name, value in options.items() if value is not None}
    return Network(**{name: value for name, value in found.items() if value is not None})


class Connections:
    """A pool of `requests` sessions: each is used by one thread at a time, all share one setting.

    Args:
        network: how the network is reached.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._lock = threading.Lock()
        self._idle: list[Session] = []
        self._context: ssl.SSLContext | None = None
        self._lookups = Lookups()
        self._proxies: dict[tuple[str, str], dict[str, str]] = {}
        self._closed = False

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session to the calling thread until the block ends.

        Raises:
            FetchError: the certificates that were named cannot be read.
        """
        with self._lock:
            session = self._idle.pop() if self._idle else None
        if session is None:
            session = self._new_session()
        try:
            yield session
        finally:
            with self._lock:
                keep = not self._closed
                if keep:
                    self._idle.append(session)
            if not keep:
                session.close()

    def proxies(self, url: str) -> dict[str, str]:
        """Return the proxies for one address, as `requests` wants them; no_proxy is obeyed."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        if place not in self._proxies:  # half a millisecond, and the same for each file of a host
            self._proxies[place] = self._proxies_of(url)
        return self._proxies[place]

    def _proxies_of(self, url: str) -> dict[str, str]:
        from requests.utils import get_environ_proxies, should_bypass_proxies

        if not self.network.proxy:
            return dict(get_environ_proxies(url))
        if should_bypass_proxies(url, no_proxy=None):
            return {}
        return {"http": self.network.proxy, "https": self.network.proxy}

    def close(self) -> None:
        """Close every connection; a session that is lent out is closed when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _new_session(self) -> Session:
        from http.cookiejar import DefaultCookiePolicy

        from requests import Session

        session = Session()
        # Credentials, proxies and certificates are ours to choose: see `Credentials` and `proxies`.
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.clear()
        session.headers["User-Agent"] = _user_agent()
        default = adapter(self._shared_context(), self._lookups)
        session.mount("https://", default)
        session.mount("http://", default)
        if self.network.trusted_hosts:
            for prefix in _prefixes(self.network.trusted_hosts):
                session.mount(prefix, adapter(None, self._lookups))
        if self.network.client_certificate:
            certificate = self.network.client_certificate
            session.cert = (
                (certificate, self.network.client_key) if self.network.client_key else certificate
            )
        return session

    def _shared_context(self) -> ssl.SSLContext:
        """Return the one TLS context: reading a bundle takes some 20 ms, so once is enough."""
        with self._lock:
            if self._context is None:
                self._context = _tls_context(self.network)
            return self._context


def _tls_context(network: Network) -> ssl.SSLContext:
    import ssl

    named = network.ca_file or network.ca_directory
    try:
        if named:
            file, directory = network.ca_file or None, network.ca_directory or None
            context = ssl.create_default_context(cafile=file, capath=directory)
        else:
            import certifi

            # A company puts its own among the system's; certifi's are there where it has none.
            context = ssl.create_default_context()
            context.load_verify_locations(certifi.where())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FetchError(
            f"the certificates in {named or 'the system'} cannot be read: {reason}",
            hint="Set --cert, PIP_CERT or SSL_CERT_FILE to a file of PEM certificates.",
        ) from error
    # Since 3.13 Python wants extensions that many a company's authority lacks; pip and uv do not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _prefixes(hosts: tuple[str, ...]) -> Iterator[str]:
    """Yield the address prefixes of trusted hosts; a host without port is trusted on each."""
    for host in hosts:
        bare = host.lower().removeprefix("https://").removeprefix("http://").rstrip("/")
        name, colon, port = bare.rpartition(":")
        if colon and port.isdigit():
            yield f"https://{bare}/"
            if port == "443":
                yield f"https://{name}/"
        else:
            yield f"https://{bare}/"
            yield f"https://{bare}:"


def _user_agent() -> str:
    from trueup.version import __version__

    return f"trueup/{__version__}"
