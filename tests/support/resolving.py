"""Wheelhouses, questions and a quiet world for tests that resolve with the real uv and pip."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from packaging.requirements import InvalidRequirement, Requirement
from trueup.destination.environment import Interpreter
from trueup.destination.facts import interpreter_facts
from trueup.resolution.artifact import Artifact, Resolution
from trueup.resolution.request import IndexSettings, Request, RequestedItem
from trueup.resolution.resolver import Question

SETTINGS = ("UV_", "PIP_", "TRUEUP_", "TOX_UV")


@cache
def this_python() -> Interpreter:
    """Return the facts of the interpreter that runs the tests."""
    return interpreter_facts()


def quiet_environment(home: Path, **more: str) -> dict[str, str]:
    """Return the process's variables without any that configure uv or pip, and nobody's home."""
    kept = {name: each for name, each in os.environ.items() if not name.startswith(SETTINGS)}
    kept |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "PIP_CONFIG_FILE": os.devnull}
    kept |= {"UV_CACHE_DIR": str(home / "uv-cache"), "PIP_CACHE_DIR": str(home / "pip-cache")}
    return kept | {"UV_NO_CONFIG": "1", "TRUEUP_BACKGROUND": "0"} | more


def item(text: str, *hashes: str) -> RequestedItem:
    """Return the item for a requirement or bare address, with sha256 digests."""
    try:
        parsed: Requirement | None = Requirement(text)
    except InvalidRequirement:
        parsed = None
    return RequestedItem(text, parsed, hashes=tuple(("sha256", each) for each in hashes))


def request(*texts: str | RequestedItem, house: Path | None = None, **more: Any) -> Request:
    """Return a request for `texts`, answered from the folder `house` alone."""
    items = tuple(item(each) if isinstance(each, str) else each for each in texts)
    links = () if house is None else (str(house),)
    index = more.pop("index", IndexSettings(find_links=links, no_index=True))
    return Request(items=items, index=index, **more)


def question(*texts: str | RequestedItem, house: Path | None = None, **more: Any) -> Question:
    """Return a question of this interpreter; `metadata` is its `projects`."""
    own = {"interpreter", "preferences", "offline", "complete"}
    asked = {name: more.pop(name) for name in own & set(more)}
    asked.setdefault("interpreter", this_python())
    asked["projects"] = more.pop("metadata", {})
    return Question(request(*texts, house=house, **more), **asked)


def versions(resolution: Resolution) -> dict[str, str]:
    """Return name to version."""
    return {each.name: each.version for each in resolution.artifacts}


def by_name(resolution: Resolution) -> dict[str, Artifact]:
    """Return name to artifact."""
    return {each.name: each for each in resolution.artifacts}


def sha256_of(path: Path) -> str:
    """Return a file's digest in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def with_tags(interpreter: Interpreter, *tags: str) -> Interpreter:
    """Return an interpreter that takes only wheels of these tags, best first."""
    return replace(interpreter, tags=tags)


def make_sdist(folder: Path, name: str, version: str = "1.0", *, requires: str = "") -> Path:
    """Write a source distribution whose metadata is static, so that nobody needs to build it."""
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    project = f'[project]\nname = "{name}"\nversion = "{version}"\n'
    project += f'dependencies = ["{requires}"]\n' if requires else ""
    members = {"PKG-INFO": metadata, "pyproject.toml": project}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for member, text in members.items():
            entry = tarfile.TarInfo(f"{stem}/{member}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


class _Index(http.server.BaseHTTPRequestHandler):
    """A Simple API over one folder, behind a password."""

    house: ClassVar[Path]
    seen: ClassVar[list[str]]
    secret = "Basic " + base64.b64encode(b"alice:hunter2").decode()

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if self.headers.get("Authorization") != self.secret:
            return self._answer(401, b"", ("WWW-Authenticate", "Basic realm=index"))
        kind, _, name = self.path.strip("/").partition("/")
        if kind == "files":
            return self._answer(200, (self.house / name).read_bytes())
        stem = name.strip("/").replace("-", "_") + "-"
        found = sorted(path.name for path in self.house.iterdir() if path.name.startswith(stem))
        links = "".join(f'<a href="../../files/{each}">{each}</a>\n' for each in found)
        return self._answer(200 if found else 404, links.encode(), ("Content-Type", "text/html"))

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's word
        """Say nothing."""


@contextmanager
def private_index(house: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve `house` to alice, whose password is hunter2; yield the host and the paths asked for."""
    seen: list[str] = []
    handler = type("Handler", (_Index,), {"house": house, "seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def arguments_of_a_run(folder: Path, program: str) -> tuple[Path, Path]:
    """Return a program that notes its own command line and then becomes `program`, and the note."""
    note, wrapper = folder / "arguments", folder / "wrapper"
    wrapper.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> "{note}"\nexec "{program}" "$@"\n')
    wrapper.chmod(0o755)
    return wrapper, note
