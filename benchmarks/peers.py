"""The tools that are measured: what to install to have them, and what "warm" means for each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PEERS", "Peer", "clean_environment"]

# Whatever else the person has set (an index, a link mode, PYTHONDONTWRITEBYTECODE, TOX_OVERRIDE)
# would change what is measured. These say how to reach the network, and where things are at all.
PASSED = (
    "PATH",
    "HOME",
    "USERPROFILE",
    "SYSTEMROOT",
    "APPDATA",
    "LOCALAPPDATA",
    "TEMP",
    "TMP",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)


@dataclass(frozen=True, slots=True)
class Peer:
    """One tool in a virtual environment of its own.

    Commands and values are templates: cases.py tells what may stand in braces.

    Attributes:
        name: its command, and its name in braces.
        requirements: what pip installs to have it.
        environment: variables for setting up and for measuring, such as where its cache is.
        measured: variables for measuring alone: nothing may be looked up on the network.
        warm: commands that fill its cache with a set, given a new virtual environment `{target}`.
    """

    name: str
    requirements: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, str] = field(default_factory=dict)
    warm: tuple[tuple[str, ...], ...] = ()


_UV = {"UV_CACHE_DIR": "{caches}/uv", "UV_NO_PROGRESS": "1"}
_UV_OFFLINE = {"UV_OFFLINE": "1"}

PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer(
            "pip",
            ("pip",),
            # A configuration file may name places to look in; the wheelhouse is enough.
            measured={"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"},
        ),
        Peer(
            "uv",
            ("uv",),
            environment=_UV,
            measured=_UV_OFFLINE,
            warm=(("{uv}", "pip", "install", "-q", "--python", "{target_python}", "-r", "{lock}"),),
        ),
        Peer("tox", ("tox",)),
        Peer("tox-uv", ("tox", "tox-uv"), environment=_UV, measured=_UV_OFFLINE),
        Peer("nox", ("nox",)),
        Peer(
            "trueup",
            ("{checkout}[uv]",),
            environment={**_UV, "TRUEUP_CACHE_DIR": "{caches}/trueup"},
            warm=(("{trueup}", "install", "-q", "--python", "{target_python}", "-r", "{lock}"),),
        ),
    )
}


def clean_environment(passed: tuple[str, ...] = ()) -> dict[str, str]:
    """Return what every command gets: those of `PASSED` and `passed` that are set."""
    return {name: os.environ[name] for name in (*PASSED, *passed) if name in os.environ}
