from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support.site import Page, open_site
from trueup.acquisition.connection import Connections, Network, network_from
from trueup.acquisition.credentials import Credentials
from trueup.acquisition.fetch import NetworkFetcher
from trueup.errors import FetchError, RequestError

QUIET = {"PIP_KEYRING_PROVIDER": "disabled", "NETRC": os.devnull}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def read(url: str, network: Network) -> bytes:
    with NetworkFetcher(network, Credentials(environment=QUIET)) as fetcher:
        return fetcher.read(url, "*/*")[0]


def test_nothing_said_is_the_default() -> None:
    assert network_from({}) == Network()


def test_the_variables_of_pip_and_uv_and_openssl_are_known() -> None:
    environment = {
        "PIP_CERT": "/ca.pem",
        "SSL_CERT_FILE": "/other.pem",
        "PIP_DEFAULT_TIMEOUT": "7",
        "PIP_RETRIES": "2",
        "PIP_PROXY": "http://proxy.test:1",
        "PIP_CLIENT_CERT": "/me.pem",
        "PIP_TRUSTED_HOST": "a.test b.test:8443",
        "UV_INSECURE_HOST": "c.test",
        "UV_OFFLINE": "1",
    }
    assert network_from(environment) == Network(
        timeout=7.0,
        retries=2,
        proxy="http://proxy.test:1",
        ca_file="/ca.pem",
        client_certificate="/me.pem",
        trusted_hosts=("a.test", "b.test:8443", "c.test"),
        offline=True,
    )


@pytest.mark.parametrize(
    "name", ["PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]
)
def test_each_variable_for_certificates_is_known(name: str) -> None:
    assert network_from({name: "/ca.pem"}).ca_file == "/ca.pem"


def test_a_directory_of_certificates_is_known(tmp_path: Path) -> None:
    assert network_from({"SSL_CERT_DIR": str(tmp_path)}).ca_directory == str(tmp_path)
    assert network_from({"REQUESTS_CA_BUNDLE": str(tmp_path)}).ca_directory == str(tmp_path)


def test_what_was_said_on_purpose_wins() -> None:
    environment = {"PIP_CERT": "/ca.pem", "PIP_RETRIES": "2", "UV_OFFLINE": "1"}
    network = network_from(environment, ca_file="/mine.pem", retries=0, offline=False, proxy=None)
    assert network == Network(ca_file="/mine.pem", retries=0, offline=False)


def test_a_number_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(RequestError, match="PIP_RETRIES is 'many'"):
        network_from({"PIP_RETRIES": "many"})


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"gone\.pem cannot be read"):
        read("https://host.test/", Network(ca_file=str(tmp_path / "gone.pem")))
    (tmp_path / "bad.pem").write_text("nonsense")
    with pytest.raises(FetchError, match=r"bad\.pem cannot be read"):
        read("https://host.test/", Network(ca_file=str(tmp_path / "bad.pem")))


def test_a_session_is_lent_to_one_thread_at_a_time_and_used_again() -> None:
    connections = Connections(Network())
    with connections.session() as one, connections.session() as two:
        assert one is not two
    with connections.session() as again:
        assert again in {one, two}
    connections.close()


def test_requests_go_through_the_proxy_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_site() as proxy:
        proxy.pages["http://host.test/simple/"] = Page(b"through the proxy")
        assert read("http://host.test/simple/", Network(proxy=proxy.url)) == b"through the proxy"
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert read("http://host.test/simple/", Network()) == b"through the proxy"


def test_hosts_in_no_proxy_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with open_site() as site, open_site() as proxy:
        url = site.add("/simple/", Page(b"direct"))
        assert read(url, Network(proxy=proxy.url)) == b"direct"
        assert proxy.asked == []


def test_a_proxy_that_is_not_there_is_told_without_its_password() -> None:
    with open_site() as proxy:
        url = proxy.url.replace("://", "://user:s3cr3t@")
    with pytest.raises(FetchError, match="through the proxy") as caught:
        read("http://host.test/simple/", Network(proxy=url, retries=0))
    assert "s3cr3t" not in str(caught.value)


class _Secure(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has above
        del format, args

    def do_GET(self) -> None:
        self.send_response(302 if self.path.startswith("/to/") else 200)
        self.send_header("Location", self.path.removeprefix("/to/"))
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"secure")


class _Quiet(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of handshakes that the other side broke off: that is what is tested."""


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module", name="certificates")
def _certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority, and certificates by it for 127.0.0.1 and for a user."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl program to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(folder, *new, "-x509", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("host", "user"):
        _openssl(folder, *new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", "request")
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
        _openssl(folder, "x509", "-req", "-in", "request", *signing, "-out", f"{name}.pem")
    both = (folder / "user.pem").read_text() + (folder / "user.key").read_text()
    (folder / "both.pem").write_text(both)
    return folder


@pytest.fixture(name="secure")
def _secure(certificates: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Run an https host; with the parameter "ask" it wants a certificate of its clients."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "host.pem", certificates / "host.key")
    if getattr(request, "param", "") == "ask":
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.load_verify_locations(certificates / "ca.pem")
    server = _Quiet(("127.0.0.1", 0), _Secure)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_host_with_a_certificate_of_a_named_authority_is_trusted(
    secure: str, certificates: Path
) -> None:
    assert read(secure, Network(ca_file=str(certificates / "ca.pem"))) == b"secure"


def test_a_host_with_a_certificate_of_nobody_is_refused_with_a_way_out(secure: str) -> None:
    with pytest.raises(FetchError, match="no certificate that is trusted") as caught:
        read(secure, Network())
    assert "SSL_CERT_FILE" in caught.value.hint


@pytest.mark.parametrize("port", [True, False])
def test_a_trusted_host_needs_no_certificate_and_no_other_host_profits(
    secure: str, port: bool
) -> None:
    host = secure.split("/")[2]
    network = Network(trusted_hosts=(host if port else host.split(":")[0],), retries=0)
    assert read(secure, network) == b"secure"
    with pytest.raises(FetchError):
        read(secure.replace("127.0.0.1", "localhost"), network)


@pytest.mark.parametrize("secure", ["ask"], indirect=True)
def test_a_client_certificate_is_shown_to_who_asks(secure: str, certificates: Path) -> None:
    trusted = str(certificates / "ca.pem")
    with pytest.raises(FetchError, match=r"certificate|connection failed"):
        read(secure, Network(ca_file=trusted, retries=0))
    one = Network(ca_file=trusted, client_certificate=str(certificates / "both.pem"))
    assert read(secure, one) == b"secure"
    two = Network(
        ca_file=trusted,
        client_certificate=str(certificates / "user.pem"),
        client_key=str(certificates / "user.key"),
    )
    assert read(secure, two) == b"secure"


def test_a_redirect_from_https_to_http_is_not_followed(certificates: Path, secure: str) -> None:
    trusted = str(certificates / "ca.pem")
    with open_site() as site:
        url = site.add("/a", Page(b"open to all"))
        with pytest.raises(FetchError, match="from https to http") as caught:
            read(f"{secure}to/{url}", Network(ca_file=trusted))
        assert "--trusted-host" in caught.value.hint
        assert site.asked == []
        allowed = Network(ca_file=trusted, trusted_hosts=("127.0.0.1",))
        assert read(f"{secure}to/{url}", allowed) == b"open to all"
