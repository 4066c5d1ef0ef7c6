"""How `requests` gets to a host: by certificates that are trusted, each name looked up once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    import ssl

__all__ = ["Lookups", "adapter"]


class Lookups:
    """The addresses of hosts, looked up once for all connections; safe among threads.

    Connections that are opened at the same time would each ask for the same name. Where one of so
    many questions gets lost (busy name servers, routers that track connections) the C library waits
    for five seconds before it asks again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}
        self._known: dict[str, tuple[str, ...]] = {}

    def addresses(self, host: str, port: int | None) -> tuple[str, ...]:
        """Return the addresses of `host`, in order; () where it has none: ask to be told why."""
        import socket

        from urllib3.util.connection import allowed_gai_family

        with self._lock:
            asking = self._asking.setdefault(host, threading.Lock())
        with asking:
            if host not in self._known:
                family = allowed_gai_family()
                try:
                    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
                except (OSError, UnicodeError):
                    return ()
                self._known[host] = tuple(dict.fromkeys(str(one[4][0]) for one in found))
            return self._known[host]


def adapter(context: ssl.SSLContext | None, lookups: Lookups) -> Any:
    """Return a `requests` adapter.

    Args:
        context: what TLS connections are made with; with None no certificate is checked.
        lookups: shared by everything that connects.
    """
    import urllib3
    from requests.adapters import HTTPAdapter

    if context is None:
        # It was the user's wish, said by name: urllib3 would otherwise tell at each request.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    pools = _pools(lookups)

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
            if context is not None:
                settings["ssl_context"] = context
            super().init_poolmanager(*arguments, **settings)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
            if context is not None:
                settings["ssl_context"] = context
            manager = super().proxy_manager_for(proxy, **settings)
            manager.pool_classes_by_scheme = pools
            return manager

        def send(self, request: Any, *arguments: Any, **settings: Any) -> Any:
            settings["verify"] = context is not None
            return super().send(request, *arguments, **settings)

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call] # bare in the stubs
            if context is not None:
                conn.ca_certs = conn.ca_cert_dir = None  # the context holds all that is trusted

    return Adapter()


def _pools(lookups: Lookups) -> dict[str, type[Any]]:
    """Return urllib3's pools, whose connections ask `lookups` for addresses."""
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    class Direct(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            # The one place where urllib3 asks for an address. The name comes back before anybody
            # compares a certificate with it.
            named = self._dns_host
            failure: Exception | None = None
            for address in lookups.addresses(named, self.port):
                self._dns_host = address
                try:
                    return super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failure = error
                finally:
                    self._dns_host = named
            if failure is not None:
                raise failure
            return super()._new_conn()

    class Secure(Direct, HTTPSConnection):
        """The same by TLS."""

    class Plain(HTTPConnectionPool):
        ConnectionCls: Any = Direct

    class Encrypted(HTTPSConnectionPool):
        ConnectionCls: Any = Secure

    return {"http": Plain, "https": Encrypted}
