"""Who we are to a host: user names and passwords, and how they stay out of every message.

Looked for in this order, as pip and uv do: the address itself, the request's index addresses,
`UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`, netrc, and, only after a refusal, keyring.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from trueup.acquisition.keyrings import Keyring, choose_keyring
from trueup.reporting import SILENT, Event, Reporter
from trueup.values import dataclass, field

if TYPE_CHECKING:
    from netrc import netrc

__all__ = [
    "Credentials",
    "Login",
    "realm",
    "recordable",
    "redact",
    "redact_text",
    "without_credentials",
]

_PORTS = {"http": 80, "https": 443, "ssh": 22}
_NAMED_INDEX = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)=(?=[a-z+]+://)")
_ADDRESS_IN_TEXT = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<rest>[^\s'\"<>]*)")
# PEP 610: an environment variable in place of a user name or password may be written down.
_VARIABLES = re.compile(r"^\$\{[A-Za-z0-9_-]+\}(:\$\{[A-Za-z0-9_-]+\})?$")
Realm = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password; neither shows when the value is printed."""

    username: str
    password: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return "Login(****)"

    @property
    def header(self) -> str:
        """The `Authorization` header for it (RFC 7617, in UTF-8)."""
        from base64 import b64encode

        return "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode()


def realm(url: str) -> Realm:
    """Return (scheme, host, port) of `url`: credentials for one such triple go to no other."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower().removeprefix("git+")
    try:
        port = parts.port
    except ValueError:
        port = -1
    return scheme, (parts.hostname or "").lower(), port or _PORTS.get(scheme)


def login_in(url: str) -> Login | None:
    """Return the credentials that are written in `url` itself."""
    userinfo = urlsplit(url).netloc.rpartition("@")[0]
    if not userinfo:
        return None
    username, _, password = userinfo.partition(":")
    return Login(unquote(username), unquote(password))


def _rebuilt(parts: SplitResult, netloc: str) -> str:
    return urlunsplit(parts._replace(netloc=netloc))


def _split(url: str) -> SplitResult | None:
    """Split `url`; None where it is no address that can be understood, and so nothing to show."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def without_credentials(url: str) -> str:
    """Return `url` without user name and password, otherwise as it is: fit to be asked for."""
    parts = _split(url)
    if parts is None:
        # `https://user:pa/ss@host`: not an address, but what stands before the last @ is secret.
        scheme, separator, rest = url.partition("://")
        return scheme + separator + rest.rpartition("@")[2]
    if "@" not in parts.netloc:
        return url
    return _rebuilt(parts, parts.netloc.rpartition("@")[2])


def redact(url: str) -> str:
    """Return `url` fit for a message: no user name, no password, no query (it may hold a token)."""
    bare = without_credentials(url)
    parts = _split(bare)
    if parts is None:
        return bare.split("?")[0].split("#")[0]
    query = "..." if parts.query else ""
    return urlunsplit(parts._replace(query=query, fragment=""))


def redact_text(text: str) -> str:
    """Return the output of a tool with every address in it redacted."""
    return _ADDRESS_IN_TEXT.sub(lambda match: redact(match.group()), text)


def recordable(url: str) -> str:
    """Return `url` as direct_url.json may hold it (PEP 610, "security considerations").

    Kept are environment variables (`${NAME}`) and the user of `ssh://git@`, which is no secret.
    """
    parts = _split(url)
    if parts is not None:
        userinfo = parts.netloc.rpartition("@")[0]
        if _VARIABLES.match(userinfo) or (userinfo == "git" and parts.scheme.endswith("ssh")):
            return url
    return without_credentials(url)


def carried(url: str, following: str) -> str:
    """Return what `url` redirects to, with the credentials in `url` if it is the same place."""
    userinfo = urlsplit(url).netloc.rpartition("@")[0]
    parts = urlsplit(following)
    if not userinfo or "@" in parts.netloc or realm(url) != realm(following):
        return following
    return _rebuilt(parts, f"{userinfo}@{parts.netloc}")


def _common_folders(one: str, other: str) -> int:
    """Count the leading folders that two addresses share."""
    pairs = zip(urlsplit(one).path.split("/"), urlsplit(other).path.split("/"), strict=False)
    count = 0
    for left, right in pairs:
        if left != right:
            break
        count += 1
    return count


def _environment_login(name: str, environment: Mapping[str, str]) -> Login | None:
    """Return what `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD` say for the index called `name`."""
    stem = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    username = environment.get(f"{stem}_USERNAME", "")
    password = environment.get(f"{stem}_PASSWORD", "")
    return Login(username, password) if username or password else None


class Credentials:
    """The credentials of one run; safe to ask from many threads.

    Args:
        indexes: index addresses as they were given, credentials and `name=` included.
        environment: the environment variables to look at; the process's own by default.
        keyring: "auto", "import", "subprocess" or "disabled"; by default what
            `TRUEUP_KEYRING_PROVIDER`, `PIP_KEYRING_PROVIDER` or `UV_KEYRING_PROVIDER` say, or
            else "auto".
        reporter: told once of a netrc file that cannot be read.
    """

    def __init__(
        self,
        indexes: Iterable[str] = (),
        *,
        environment: Mapping[str, str] | None = None,
        keyring: str = "",
        reporter: Reporter = SILENT,
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self._reporter = reporter
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._keyring: Keyring = choose_keyring(keyring, self._environment, reporter)
        self._asked: dict[tuple[Realm, str], Login | None] = {}
        self._remembered: list[tuple[str, Login]] = []
        self._netrc: netrc | None = None
        self._netrc_read = False
        named = [
            *self._environment.get("UV_INDEX", "").split(),
            self._environment.get("UV_DEFAULT_INDEX", ""),
        ]
        for address in (*indexes, *named):
            self.remember(address)

    def remember(self, address: str) -> str:
        """Take note of the credentials for one address; return it without them and without name."""
        match = _NAMED_INDEX.match(address)
        url = address[match.end() :] if match else address
        login = login_in(url)
        if match and (login is None or not login.password):
            login = _environment_login(match.group(1), self._environment) or login
        bare = without_credentials(url)
        if login is not None:
            with self._lock:
                self._remembered.append((bare, login))
        return bare

    def known(self, url: str) -> Login | None:
        """Return what to send to `url` at once, without asking anybody; None for nothing."""
        own = login_in(url)
        if own is not None and own.password:
            return own
        place = realm(url)
        with self._lock:
            answered = [
                login for (asked, _), login in self._asked.items() if asked == place and login
            ]
            same = [(bare, login) for bare, login in self._remembered if realm(bare) == place]
        if answered:
            return answered[-1]
        if own is None and same:
            return max(same, key=lambda pair: _common_folders(pair[0], url))[1]
        return own or self._from_netrc(place[1])

    def after_refusal(self, url: str, refused: Login | None) -> Login | None:
        """Return what else to try after the host said 401 to `refused`; asks the keyring once."""
        place = realm(url)
        username = refused.username if refused else ""
        key = (place, username)
        with self._asking:  # a keyring may ask the user something: never twice at once
            if key not in self._asked:
                found = self._from_keyring(url, username)
                with self._lock:
                    self._asked[key] = found
        return None if self._asked[key] == refused else self._asked[key]

    def _from_keyring(self, url: str, username: str) -> Login | None:
        place = realm(url)
        services = [bare for bare, _ in self._remembered if realm(bare) == place]
        for service in dict.fromkeys((*services, urlsplit(without_credentials(url)).netloc)):
            found = self._keyring(service, username)
            if found is not None:
                return Login(*found)
        return None

    def _from_netrc(self, host: str) -> Login | None:
        with self._lock:
            if not self._netrc_read:
                self._netrc = self._read_netrc()
                self._netrc_read = True
        found = self._netrc.authenticators(host) if self._netrc and host else None
        return Login(found[0] or "", found[2] or "") if found else None

    def _read_netrc(self) -> netrc | None:
        from netrc import NetrcParseError, netrc

        named = self._environment.get("NETRC", "")
        home = os.path.expanduser("~")
        for path in (
            (named,) if named else (os.path.join(home, ".netrc"), os.path.join(home, "_netrc"))
        ):
            if not os.path.isfile(path):
                continue
            try:
                return netrc(path)
            except (NetrcParseError, OSError, UnicodeDecodeError) as error:
                reason = error.msg if isinstance(error, NetrcParseError) else type(error).__name__
                self._reporter(Event("warning", path, f"this netrc file is left out: {reason}"))
        return None
