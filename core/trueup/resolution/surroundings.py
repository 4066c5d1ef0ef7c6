"""What decides a resolution beside the request: variables, configuration, local folders."""

from __future__ import annotations

import os
import re
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

from trueup.resolution.address import address_of, local_path, split_bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.resolution.request import Request

__all__ = ["configuration_files", "content_digest", "local_places", "surroundings"]

DECIDING = ("UV_", "PIP_")
# The head of a table, by its first two keys; a pyproject.toml has no others (PEP 518, 621, 735).
_TABLE = re.compile(
    rb"^[ \t]*\[\[?[ \t]*(tool|project|build-system|dependency-groups)\b[ \t]*\.?[ \t]*([\w-]*)",
    re.MULTILINE,
)
# What may look like such a head and be none, or be one and not look so.
_NOT_PLAIN = re.compile(rb"\"\"\"|\'\'\'|^[ \t]*\[.*[\"\']|\r(?!\n)", re.MULTILINE)
_OF_MEMBERS = re.compile(rb"^[ \t]*(?:name|requires-python)\b.*", re.MULTILINE)


def surroundings(environment: Mapping[str, str], folder: str) -> dict[str, str]:
    """Return the variables and the digests of the files that resolvers are configured by.

    Args:
        environment: environment variables.
        folder: the working directory, from which uv looks upwards for its configuration.
    """
    variables = {name: each for name, each in environment.items() if name.startswith(DECIDING)}
    files = {path: _deciding_digest(path) for path in configuration_files(environment, folder)}
    return variables | {path: digest for path, digest in files.items() if digest}


def _deciding_digest(path: str) -> str:
    """Return the digest of what a file says to resolvers, or "" where it cannot be read.

    A pyproject.toml says nothing to pip, and to uv what stands in `[tool.uv]`, for the workspace
    that its `[project]` is a member of. The rest of it is edited every day.
    """
    if os.path.basename(path) != "pyproject.toml":
        return content_digest(path)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return ""
    return sha256(_said_to_uv(content)).hexdigest()


def _said_to_uv(content: bytes) -> bytes:
    """Return what of a pyproject.toml uv goes by; all of it where that is not plain to see.

    By its lines, as a parser of TOML takes longer to be loaded than most of them to be read.
    """
    if _NOT_PLAIN.search(content):
        return content
    heads = [*_TABLE.finditer(content)]
    ends = [*(head.start() for head in heads[1:]), len(content)]
    said = [content[: heads[0].start()] if heads else content]
    for head, end in zip(heads, ends, strict=True) if heads else ():
        table = content[head.start() : end]
        if head[1] == b"tool" and head[2] in {b"", b"uv"}:
            said.append(table)
        elif head[1] == b"project" and not head[2]:
            said += [b"[project]", *_OF_MEMBERS.findall(table)]
    return b"\n".join(said)


def content_digest(path: str) -> str:
    """Return the digest of a file's content, or "" where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return sha256(file.read()).hexdigest()
    except OSError:
        return ""


def configuration_files(environment: Mapping[str, str], folder: str) -> Iterator[str]:
    """Yield the paths that uv and pip read settings from, by their documentation; "" for none.

    Arguments as for `surroundings`.
    """
    yield from (environment.get(name, "") for name in ("UV_CONFIG_FILE", "PIP_CONFIG_FILE"))
    here = os.path.abspath(folder)
    while True:
        yield os.path.join(here, "uv.toml")
        yield os.path.join(here, "pyproject.toml")
        here, last = os.path.dirname(here), here
        if here == last:
            break
    home = environment.get("HOME") or os.path.expanduser("~")
    user = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    system = environment.get("XDG_CONFIG_DIRS") or os.path.join(os.sep, "etc", "xdg")
    roots = [user, *system.split(os.pathsep), os.path.join(os.sep, "etc")]
    roots += [environment[name] for name in ("APPDATA", "PROGRAMDATA") if environment.get(name)]
    roots.append(os.path.join(home, "Library", "Application Support"))
    for root in roots:
        yield os.path.join(root, "uv", "uv.toml")
        yield from (os.path.join(root, "pip", name) for name in ("pip.conf", "pip.ini"))
    yield os.path.join(os.sep, "etc", "pip.conf")
    yield from (os.path.join(home, ".pip", "pip.conf"), os.path.join(home, "pip", "pip.ini"))
    yield from (os.path.join(sys.prefix, name) for name in ("pip.conf", "pip.ini"))


def local_places(request: Request) -> dict[str, list[tuple[str, int, int]]]:
    """Return what lies where on this machine: the folders and files that a request points to.

    A folder stands for the names, sizes and times of what is in it, so a wheel that is put into a
    `--find-links` folder is seen at once.
    """
    index = request.index
    named = [address_of(each) for each in (*index.find_links, *index.extra_index_urls)]
    named += [address_of(index.index_url)] if index.index_url else []
    for item in (*request.items, *request.constraints):
        bare = split_bare(item.text)[0] if item.requirement is None else item.requirement.url
        named += [address_of(bare)] if bare else []
    paths = (local_path(url) for url in dict.fromkeys(named))
    return {path: list(_listing(path)) for path in paths if path}


def _listing(path: str) -> Iterator[tuple[str, int, int]]:
    try:
        if os.path.isdir(path):
            with os.scandir(path) as entries:
                found = sorted((entry.name, entry.stat()) for entry in entries if entry.is_file())
            yield from ((name, each.st_size, each.st_mtime_ns) for name, each in found)
        status = os.stat(path)
        yield "", status.st_size, status.st_mtime_ns
    except (OSError, ValueError):  # missing, going or no path at all: the resolver will say so
        return
