"""A web site on this machine that can be told to misbehave, in just the way a test asks for."""

from __future__ import annotations

import base64
import gzip
import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer.

    `cut` ends the connection after so many bytes of this answer; `status` answers that, with
    `headers`; `claim` adds to the Content-Length; `hold` waits for the site's `release` before the
    body's last byte; `close` says nothing at all.
    """

    cut: int | None = None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    claim: int = 0
    hold: bool = False
    close: bool = False


@dataclass
class Page:
    """One address of the site, and what it gives."""

    body: bytes = b""
    faults: list[Fault] = field(default_factory=list)
    ranges: bool = True
    etag: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    redirect: str = ""
    login: str = ""
    zipped: bool = False
    length: bool = True

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    path: str
    headers: Mapping[str, str]


class Site:
    """The pages, what was asked of them, and where the site is."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.release = threading.Event()
        self.holding = threading.Event()
        self.url = ""

    def add(self, path: str, page: Page) -> str:
        self.pages[path] = page
        return self.url + path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has above
        del format, args

    def do_GET(self) -> None:
        self.site.asked.append(Asked(self.path, dict(self.headers)))
        page = self.site.pages.get(self.path.split("?")[0])
        if page is None:
            self._plain(404, {})
            return
        wanted = "Basic " + base64.b64encode(page.login.encode()).decode()
        if page.login and self.headers.get("Authorization") != wanted:
            self._plain(401, {"WWW-Authenticate": "Basic"})
            return
        fault = page.faults.pop(0) if page.faults else Fault()
        if fault.close:
            self.close_connection = True
        elif fault.status:
            self._plain(fault.status, fault.headers)
        elif page.redirect:
            self._plain(302, {"Location": page.redirect})
        else:
            self._give(page, fault)

    def _plain(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _give(self, page: Page, fault: Fault) -> None:
        body = gzip.compress(page.body) if page.zipped else page.body
        start = self._start(page, len(body))
        status = 200 if start is None else 206
        if start is not None and start >= len(body):
            self._plain(416, {"Content-Range": f"bytes */{len(body)}"})
            return
        self.send_response(status)
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            body = body[start:]
        if page.etag:
            self.send_header("ETag", page.etag)
        if page.zipped:
            self.send_header("Content-Encoding", "gzip")
        for name, value in page.headers.items():
            self.send_header(name, value)
        if page.length:
            self.send_header("Content-Length", str(len(body) + fault.claim))
        self.close_connection = self.close_connection or not page.length or bool(fault.claim)
        self.end_headers()
        self._send(body, fault)

    def _start(self, page: Page, size: int) -> int | None:
        asked = self.headers.get("Range", "")
        condition = self.headers.get("If-Range")
        if not page.ranges or not asked or (condition is not None and condition != page.etag):
            return None
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def _send(self, body: bytes, fault: Fault) -> None:
        try:
            if fault.cut is not None:
                self.wfile.write(body[: fault.cut])
                self.close_connection = True
                return
            if fault.hold:
                self.wfile.write(body[:-1])
                self.wfile.flush()
                self.site.holding.set()
                self.site.release.wait(60)
                body = body[-1:]
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the other side went away, which some tests are about


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def open_site() -> Iterator[Site]:
    """Run a site on 127.0.0.1 until the block ends."""
    site = Site()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield site
    finally:
        site.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


def wait_for(happened: threading.Event) -> None:
    """Wait until something happened; a test that waits for ever fails here."""
    deadline = time.monotonic() + 60
    while not happened.wait(0.1):
        assert time.monotonic() < deadline, "it never happened"
