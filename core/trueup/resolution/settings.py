"""Settings of the user's own tools: where to look for distributions, and how to get there.

Who has the last word, from the strongest to the weakest:

1. the command line and requirement files;
2. `UV_*` variables, then uv's configuration files, where uv resolves;
3. `PIP_*` variables;
4. pip's configuration files.

The indexes are one setting: whoever names any of them names all of them, so that an index of one
tool never mixes into another's list unseen. `--find-links` and trusted hosts are settings of their
own. What the command line adds (`--extra-index-url`, `--find-links`) comes on top.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from trueup.errors import RequestError
from trueup.resolution.location import absolute_path, index_address, links_address
from trueup.resolution.pip_configuration import PipConfiguration, read_pip_configuration
from trueup.resolution.request import IndexSettings
from trueup.resolution.uv_configuration import read_uv_indexes
from trueup.values import asdict, dataclass, field, replace

__all__ = [
    "KeyringProvider",
    "NetworkSettings",
    "Settings",
    "index_settings_from_surroundings",
    "network_settings_from_surroundings",
    "read_count",
    "read_keyring_provider",
    "read_seconds",
    "read_settings",
    "uses_uv_settings",
]

KeyringProvider = Literal["auto", "disabled", "import", "subprocess"]
_PROVIDERS = ("auto", "disabled", "import", "subprocess")


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """How to reach other machines; None and "" mean: not said.

    Attributes:
        certificates: path of a bundle of authorities to trust (PEM), instead of the usual ones.
        client_certificate: path of a file with this client's certificate and key (PEM).
        proxy: address of a proxy, credentials and all; "" for what the system says.
        system_proxies: heed `HTTPS_PROXY` and the like.
        keyring_provider: how passwords are looked up.
        timeout: seconds to wait for an answer.
        retries: how many times to try again.
    """

    certificates: str = ""
    client_certificate: str = ""
    proxy: str = field(default="", repr=False)  # may hold a password
    system_proxies: bool | None = None
    keyring_provider: KeyringProvider | None = None
    timeout: float | None = None
    retries: int | None = None

    def over(self, weaker: NetworkSettings) -> NetworkSettings:
        """Return these settings, and those of `weaker` for what these do not say."""
        said = {name: value for name, value in asdict(self).items() if value not in {None, ""}}
        return replace(weaker, **said)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that surroundings say, read once.

    Attributes:
        index: where to look.
        network: how to get there.
        pip: what the user has told pip.
        files: absolute paths of the configuration files that were read.
    """

    index: IndexSettings = field(default_factory=IndexSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    pip: PipConfiguration = field(default_factory=PipConfiguration)
    files: tuple[str, ...] = ()


def uses_uv_settings(environment: Mapping[str, str]) -> bool:
    """Tell whether uv resolves, so that the user's settings for uv come before those for pip.

    That is what `TRUEUP_RESOLVER` says, and where it leaves the choice, whether uv is to be found:
    as an importable distribution, by `TOX_UV_PATH`, or on PATH.
    """
    choice = environment.get("TRUEUP_RESOLVER", "").strip().lower()
    if choice in {"uv", "pip"}:
        return choice == "uv"
    import importlib.util
    import shutil

    if environment.get("TOX_UV_PATH") or importlib.util.find_spec("uv") is not None:
        return True
    return shutil.which("uv", path=environment.get("PATH", os.defpath)) is not None


def read_settings(
    environment: Mapping[str, str],
    *,
    base: str | None = None,
    config_files: Sequence[str] | None = None,
) -> Settings:
    """Read what variables and configuration files say.

    Args:
        environment: the variables.
        base: the absolute directory that relative paths start from; None for the current one.
        config_files: pip's configuration files, the weakest first; None for those that pip reads.

    Raises:
        RequestError: a file cannot be read, or a value means nothing.
    """
    folder = os.getcwd() if base is None else base
    pip = read_pip_configuration(environment, config_files=config_files)
    of_pip = _pip_indexes(pip, folder)
    network = _pip_network(pip, folder)
    if not uses_uv_settings(environment):
        return Settings(of_pip, network, pip, pip.files)
    of_uv, files = read_uv_indexes(environment, folder)
    index = _uv_before_pip(of_uv, of_pip)
    return Settings(index, _uv_network(environment).over(network), pip, (*files, *pip.files))


def index_settings_from_surroundings(
    environment: Mapping[str, str],
    *,
    base: str | None = None,
    config_files: Sequence[str] | None = None,
) -> IndexSettings:
    """Return where variables and configuration files say to look; arguments as `read_settings`.

    Raises:
        RequestError: a file cannot be read, or a value means nothing.
    """
    return read_settings(environment, base=base, config_files=config_files).index


def network_settings_from_surroundings(
    environment: Mapping[str, str],
    *,
    base: str | None = None,
    config_files: Sequence[str] | None = None,
) -> NetworkSettings:
    """Return what surroundings say on reaching other machines; arguments as `read_settings`.

    Raises:
        RequestError: a file cannot be read, or a value means nothing.
    """
    return read_settings(environment, base=base, config_files=config_files).network


def _uv_before_pip(of_uv: IndexSettings, of_pip: IndexSettings) -> IndexSettings:
    names_indexes = bool(of_uv.index_url or of_uv.extra_index_urls or of_uv.no_index)
    index = of_uv if names_indexes else of_pip
    return replace(
        index,
        find_links=of_uv.find_links or of_pip.find_links,
        trusted_hosts=of_uv.trusted_hosts or of_pip.trusted_hosts,
    )


def _pip_indexes(pip: PipConfiguration, folder: str) -> IndexSettings:
    links = tuple(links_address(word, folder) for word in pip.words("find-links"))
    hosts = pip.words("trusted-host")
    if pip.switch("no-index"):
        return IndexSettings(find_links=links, no_index=True, trusted_hosts=hosts)
    main = pip.text("index-url", "pypi-url")
    more = tuple(index_address(word, folder) for word in pip.words("extra-index-url"))
    return IndexSettings(
        index_url=index_address(main, folder) if main else None,
        extra_index_urls=more,
        find_links=links,
        trusted_hosts=hosts,
        best_match=bool(main or more),
    )


def _pip_network(pip: PipConfiguration, folder: str) -> NetworkSettings:
    def path(name: str) -> str:
        text = pip.text(name)
        return absolute_path(text, folder) if text else ""

    no_proxies = pip.switch("no-proxy-env")
    return NetworkSettings(
        certificates=path("cert"),
        client_certificate=path("client-cert"),
        proxy=pip.text("proxy"),
        system_proxies=None if no_proxies is None else not no_proxies,
        keyring_provider=read_keyring_provider(pip.text("keyring-provider")),
        timeout=read_seconds("pip's setting timeout", pip.text("timeout", "default-timeout")),
        retries=read_count("pip's setting retries", pip.text("retries")),
    )


def _uv_network(environment: Mapping[str, str]) -> NetworkSettings:
    timeout = environment.get("UV_HTTP_TIMEOUT") or environment.get("UV_REQUEST_TIMEOUT") or ""
    return NetworkSettings(
        certificates=environment.get("SSL_CERT_FILE", ""),
        client_certificate=environment.get("SSL_CLIENT_CERT", ""),
        keyring_provider=read_keyring_provider(environment.get("UV_KEYRING_PROVIDER", "")),
        timeout=read_seconds("UV_HTTP_TIMEOUT", timeout),
        retries=read_count("UV_HTTP_RETRIES", environment.get("UV_HTTP_RETRIES", "")),
    )


def read_keyring_provider(text: str) -> KeyringProvider | None:
    """Return the provider that `text` names, or None for "".

    Raises:
        RequestError: there is no such provider.
    """
    if text and text not in _PROVIDERS:
        raise RequestError(
            f"{text!r} is no keyring provider", hint=f"Choose one of {', '.join(_PROVIDERS)}"
        )
    return cast("KeyringProvider", text) if text else None


def read_seconds(name: str, text: str) -> float | None:
    """Return a number of seconds, or None for "".

    Raises:
        RequestError: `text` is no positive number.
    """
    try:
        seconds = float(text) if text else None
    except ValueError:
        seconds = -1.0
    if seconds is not None and not 0 < seconds < float("inf"):
        raise RequestError(f"{name} is {text!r}, which is no number of seconds")
    return seconds


def read_count(name: str, text: str) -> int | None:
    """Return a number of times, or None for "".

    Raises:
        RequestError: `text` is no whole number from 0 up.
    """
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RequestError(f"{name} is {text!r}, which is no whole number")
    return int(text) if text else None
