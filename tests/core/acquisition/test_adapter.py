"""Connections of one run look each name up once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.site import Page, open_site
from trueup.acquisition.adapter import Lookups

_COUNTING = """
import os, sys
asked = []
sys.addaudithook(
    lambda event, given: asked.append(given[0]) if event == "socket.getaddrinfo" else None
)
from trueup.acquisition.connection import Network
from trueup.acquisition.credentials import Credentials
from trueup.acquisition.fetch import NetworkFetcher
from trueup.acquisition.wanted import Wanted
url = sys.argv[1]
with NetworkFetcher(Network(), Credentials(environment={"NETRC": os.devnull})) as fetcher:
    files = [Wanted(url, f"{number}.bin") for number in range(6)]
    got = list(fetcher.fetch(files, into=sys.argv[2]))
print(len(got), asked.count("localhost"))
"""


def test_many_connections_ask_once_for_a_name(tmp_path: Path) -> None:
    with open_site() as site:
        url = site.add("/one", Page(b"x" * 1000)).replace("127.0.0.1", "localhost")
        assert "localhost" in url
        done = subprocess.run(
            [sys.executable, "-c", _COUNTING, url, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["6", "1"]


def test_a_name_has_its_addresses_and_one_that_nobody_knows_has_none() -> None:
    lookups = Lookups()
    assert {"127.0.0.1", "::1"} & set(lookups.addresses("localhost", 80))
    assert lookups.addresses("localhost", 80) == lookups.addresses("localhost", 443)
    assert lookups.addresses("nowhere.invalid", 443) == ()
    assert lookups.addresses("no\u2024such..name", 443) == ()
