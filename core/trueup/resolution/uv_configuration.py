"""What the user has told uv about where to look: UV_* variables and uv's configuration files.

Order, as uv documents it: the machine's uv.toml, the user's, the project's (`uv.toml`, else
`[tool.uv]` in pyproject.toml, in the nearest directory upward), variables. Lists of a stronger file
come before those of a weaker one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from trueup.errors import RequestError
from trueup.resolution.location import index_address, links_address
from trueup.resolution.pip_configuration import truth_of
from trueup.resolution.request import IndexSettings

__all__ = ["read_uv_indexes", "uv_configuration_files"]


def uv_configuration_files(environment: Mapping[str, str], base: str) -> tuple[str, ...]:
    """Return the configuration files that uv reads, the strongest first; all of them exist.

    Args:
        environment: UV_CONFIG_FILE, UV_NO_CONFIG, HOME, XDG_* and APPDATA are read from it.
        base: the absolute directory from which a project is looked for upward.
    """
    if environment.get("UV_NO_CONFIG") and truth_of("UV_NO_CONFIG", environment["UV_NO_CONFIG"]):
        return ()
    if environment.get("UV_CONFIG_FILE"):
        return (environment["UV_CONFIG_FILE"],)
    home = environment.get("HOME") or environment.get("USERPROFILE") or os.path.expanduser("~")
    if sys.platform == "win32":
        folders = [
            environment.get("APPDATA") or os.path.join(home, "AppData", "Roaming"),
            environment.get("PROGRAMDATA", "C:\\ProgramData"),
        ]
    else:
        shared = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
        mine = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        folders = [mine, *(folder for folder in shared if folder), "/etc"]
    files = [os.path.join(folder, "uv", "uv.toml") for folder in folders]
    there = [path for path in files if os.path.isfile(path)]
    # The first of the machine's files counts alone.
    return (*_of_project(base), *there[:2])


def _of_project(base: str) -> Iterator[str]:
    folder = base
    while True:
        for name in ("uv.toml", "pyproject.toml"):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and (name == "uv.toml" or _settings(path)):
                yield path
                return
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def _settings(path: str) -> dict[str, Any]:
    """Return uv's settings in a file; `[pip]` outweighs the rest, as it does for `uv pip`."""
    try:
        with open(path, "rb") as file:
            content: Any = _parsed(file.read())
    except (OSError, ValueError) as error:
        raise RequestError(f"uv's configuration file {path} cannot be read: {error}") from error
    if os.path.basename(path) == "pyproject.toml":
        tool = content.get("tool")
        content = tool.get("uv", {}) if isinstance(tool, dict) else {}
    if not isinstance(content, dict):
        return {}
    pip = content.get("pip")
    return content | (pip if isinstance(pip, dict) else {})


@lru_cache(maxsize=8)
def _parsed(content: bytes) -> dict[str, Any]:
    """Return what a TOML file says; nobody may change it.

    A run asks several times, and a process that installs often asks in every run.
    """
    import tomllib

    return tomllib.loads(content.decode())


def read_uv_indexes(environment: Mapping[str, str], base: str) -> tuple[IndexSettings, list[str]]:
    """Return where the user wants uv to look, and the configuration files that were read.

    Args:
        environment: the variables.
        base: the absolute directory that relative paths of variables start from.

    Raises:
        RequestError: a configuration file cannot be read.
    """
    told = [_of_variables(environment, base)]
    files = list(uv_configuration_files(environment, base))
    told += [_of_file(_settings(path), os.path.dirname(path)) for path in files]
    extra = [address for each in told for address in each.extra_index_urls]
    links = [address for each in told for address in each.find_links]
    hosts = [host for each in told for host in each.trusted_hosts]
    return IndexSettings(
        index_url=next((each.index_url for each in told if each.index_url), None),
        extra_index_urls=tuple(dict.fromkeys(extra)),
        find_links=tuple(dict.fromkeys(links)),
        no_index=any(each.no_index for each in told),
        trusted_hosts=tuple(dict.fromkeys(hosts)),
    ), files


def _of_variables(environment: Mapping[str, str], base: str) -> IndexSettings:
    main = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL") or ""
    more = f"{environment.get('UV_INDEX', '')} {environment.get('UV_EXTRA_INDEX_URL', '')}"
    links = environment.get("UV_FIND_LINKS", "").replace(",", " ")
    no_index = environment.get("UV_NO_INDEX", "")
    return IndexSettings(
        index_url=_index(main, base) if main else None,
        extra_index_urls=tuple(_index(word, base) for word in more.split()),
        find_links=tuple(links_address(word, base) for word in links.split()),
        no_index=bool(no_index) and truth_of("UV_NO_INDEX", no_index),
        trusted_hosts=tuple(environment.get("UV_INSECURE_HOST", "").split()),
    )


def _of_file(settings: Mapping[str, Any], folder: str) -> IndexSettings:
    tables = [
        each for each in _many(settings, "index") if isinstance(each, dict) and each.get("url")
    ]
    named = [each for each in tables if not each.get("explicit")]
    default = [each["url"] for each in named if each.get("default")]
    more = [each["url"] for each in named if not each.get("default")]
    main = (default or [settings.get("index-url")])[0]
    return IndexSettings(
        index_url=_index(str(main), folder) if main else None,
        extra_index_urls=tuple(
            _index(str(each), folder) for each in (*more, *_many(settings, "extra-index-url"))
        ),
        find_links=tuple(
            links_address(str(each), folder) for each in _many(settings, "find-links")
        ),
        no_index=settings.get("no-index") is True,
        trusted_hosts=tuple(str(each) for each in _many(settings, "allow-insecure-host")),
    )


def _many(settings: Mapping[str, Any], name: str) -> list[Any]:
    value = settings.get(name)
    return value if isinstance(value, list) else []


def _index(text: str, folder: str) -> str:
    """Return an index's address; uv lets people name it: `name=address`."""
    name, equals, address = text.partition("=")
    named = bool(equals) and name.replace("-", "").replace("_", "").isalnum()
    return index_address(address if named else text, folder)
