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
        name: its name in braces, and its command where nothing else is said.
        requirements: what pip installs to have it; () for a program that is there, or is made here.
        program: its command, where that has another name.
        environment: variables for setting up and for measuring, such as where its cache is.
        measured: variables for measuring alone: nothing may be looked up on the network.
        warm: commands that fill its cache with a set, given a new virtual environment `{target}`.
        again: what a user does the second time, after `warm` and the set's first test, where it has
            one; for a tool that learns from that.
    """

    name: str
    requirements: tuple[str, ...]
    program: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, str] = field(default_factory=dict)
    warm: tuple[tuple[str, ...], ...] = ()
    again: tuple[tuple[str, ...], ...] = ()


_PIP = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
_UV = {"UV_CACHE_DIR": "{caches}/uv", "UV_NO_PROGRESS": "1"}
_UV_OFFLINE = {"UV_OFFLINE": "1"}
_UV_WARM = (("{uv}", "pip", "install", "-q", "--python", "{target_python}", "-r", "{lock}"),)
_TRUEUP = {**_UV, "TRUEUP_CACHE_DIR": "{caches}/trueup"}
_TRUEUP_WARM = (("{trueup}", "install", "-q", "--python", "{target_python}", "-r", "{lock}"),)
_TRUEUP_AGAIN = (
    ("{trueup}", "venv", "-q", "{own}", "--python", "{python}"),
    ("{trueup}", "install", "-q", "--python", "{own}", "-r", "{lock}"),
)

PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer(
            "pip",
            ("pip",),
            # A configuration file may name places to look in; the wheelhouse is enough.
            measured=_PIP,
        ),
        Peer(
            "uv",
            ("uv",),
            environment=_UV,
            measured=_UV_OFFLINE,
            warm=_UV_WARM,
        ),
        Peer("tox", ("tox",), measured=_PIP),
        Peer(
            "tox-uv",
            ("tox", "tox-uv"),
            "tox",
            environment=_UV,
            measured=_UV_OFFLINE,
            warm=_UV_WARM,
        ),
        Peer("nox", ("nox",), measured=_PIP),
        Peer("nox-uv", ("nox", "uv"), "nox", _UV, _UV_OFFLINE, _UV_WARM),
        Peer("git", ()),
        Peer("floor", ()),
        Peer(
            "trueup",
            ("{checkout}[uv]",),
            "",
            _TRUEUP,
            warm=_TRUEUP_WARM,
            again=_TRUEUP_AGAIN,
        ),
        Peer(
            "trueup-tox",
            ("{checkout}[tox,uv]",),
            "tox",
            _TRUEUP,
            warm=_TRUEUP_WARM,
            again=_TRUEUP_AGAIN,
        ),
        Peer(
            "trueup-nox",
            ("{checkout}[nox,uv]",),
            "nox",
            _TRUEUP,
            warm=_TRUEUP_WARM,
            again=_TRUEUP_AGAIN,
        ),
        # The hook's own environment has neither a resolver nor a runner in it.
        Peer("trueup-hook", ("{checkout}",), "trueup", _TRUEUP),
    )
}


def clean_environment(passed: tuple[str, ...] = ()) -> dict[str, str]:
    """Return what every command gets: those of `PASSED` and `passed` that are set."""
    return {name: os.environ[name] for name in (*PASSED, *passed) if name in os.environ}
