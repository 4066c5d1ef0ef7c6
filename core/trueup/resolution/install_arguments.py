"""From parsed arguments of `install` to what they say: a raw request, and how to install it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from trueup.resolution.install_options import InstallOptions
from trueup.resolution.install_vocabulary import USAGE
from trueup.resolution.problems import Problems
from trueup.resolution.request_input import RequestInput
from trueup.resolution.settings import (
    KeyringProvider,
    NetworkSettings,
    read_count,
    read_keyring_provider,
    read_seconds,
)
from trueup.resolution.wish import read_name

__all__ = ["understand"]

_PRERELEASES = ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")


def understand(namespace: argparse.Namespace) -> tuple[RequestInput, InstallOptions]:
    """Return what a parser with the options of `add_install_options` has read.

    Raises:
        RequestError: as `parse_install_arguments`.
    """
    said: dict[str, Any] = vars(namespace)
    problems = Problems()
    for flag, why in said.get("_refused") or ():
        problems.add(f"{flag} is not supported", why)
    raw = _request_input(said)
    options = _install_options(said, problems)
    if options.target and options.prefix:
        problems.add("--target and --prefix exclude each other", "leave out one")
    named = (raw.requirements, raw.editables, raw.requirement_files, raw.groups, raw.scripts)
    if not any(named) and not raw.pylock and not options.repair:
        problems.add("nothing to install is named")
    problems.raise_if_any("The arguments cannot be understood", hint=f"usage: {USAGE}")
    return raw, options


def _request_input(said: Mapping[str, Any]) -> RequestInput:
    def many(name: str) -> tuple[str, ...]:
        return tuple(said.get(name) or ())

    return RequestInput(
        requirements=many("requirements"),
        editables=many("editables"),
        requirement_files=many("requirement_files"),
        constraint_files=many("constraint_files"),
        scripts=many("scripts"),
        groups=many("groups"),
        pylock=said["pylock"] or "",
        extras=tuple(_names(many("extras"))),
        all_extras=bool(said["all_extras"]),
        no_editable=bool(said["no_editable"]),
        index_url=said["index_url"],
        extra_index_urls=(
            *(_without_name(each) for each in many("indexes")),
            *many("extra_index_urls"),
        ),
        find_links=many("find_links"),
        no_index=bool(said["no_index"]),
        trusted_hosts=many("trusted_hosts"),
        formats=tuple(said["formats"] or ()),
        build_isolation=said["build_isolation"],
        config_settings=many("config_settings"),
        resolution=said["resolution"] or "",
        prerelease=True if said["prerelease_mode"] == "allow" else said["prerelease"],
        dependencies=False if said["no_deps"] else None,
        upgrade=bool(said["upgrade"]),
        upgrade_packages=tuple(_names(many("upgrade_packages"))),
        upgrade_strategy=said["upgrade_strategy"] or "",
        require_hashes=said["require_hashes"],
        exclude_newer=said["exclude_newer"] or "",
        isolated=bool(said["isolated"]),
        resolver_environment=tuple(_for_uv(said)),
    )


def _for_uv(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the variables for what only uv can do, and a request has no word for."""
    mode = said["prerelease_mode"]
    if mode not in {None, "allow", "if-necessary-or-explicit"}:
        yield "UV_PRERELEASE", mode
    for name, variable in (
        ("index_strategy", "UV_INDEX_STRATEGY"),
        ("fork_strategy", "UV_FORK_STRATEGY"),
        ("config_file", "UV_CONFIG_FILE"),
    ):
        if said[name]:
            yield variable, said[name]
    if said["no_config"]:
        yield "UV_NO_CONFIG", "1"
    for name, variable in (("overrides", "UV_OVERRIDE"), ("excludes", "UV_EXCLUDE")):
        if said[name]:
            yield variable, " ".join(said[name])


def _without_name(index: str) -> str:
    """Return the address of an index that uv lets people name: `name=address`."""
    name, equals, address = index.partition("=")
    return address if equals and name.replace("-", "").replace("_", "").isalnum() else index


def _names(values: Iterable[str]) -> Iterator[str]:
    return (name.strip() for value in values for name in value.split(",") if name.strip())


def _install_options(said: Mapping[str, Any], problems: Problems) -> InstallOptions:
    _check_choices(said, problems)
    seconds: float | None = None
    with problems.collecting():
        seconds = read_seconds("--build-timeout", said["build_timeout"] or "")
    switches: dict[str, Any] = {name: bool(said[name]) for name in _SWITCHES}
    texts: dict[str, Any] = {name: said[name] or "" for name in _TEXTS}
    return InstallOptions(
        **switches,
        **texts,
        upgrade_packages=_read_names(said["upgrade_packages"], "--upgrade-package", problems),
        reinstall_packages=_read_names(said["reinstall_packages"], "--reinstall-package", problems),
        refresh_packages=_read_names(said["refresh_packages"], "--refresh-package", problems),
        refresh=bool(said["refresh"]) or ":all:" in _names(said["refresh_packages"] or ()),
        compile=said["compile"],
        build_timeout=seconds,
        build_environment=tuple(_names(said["build_environment"] or ())),
        network=_network(said, problems),
        quiet=said["quiet"],
        verbose=said["verbose"],
        progress=said["progress"] is not False and said["progress_bar"] != "off",
        color=said["color"] or "auto",
        json=bool(said["json"]) or said["output_format"] == "json",
    )


def _check_choices(said: Mapping[str, Any], problems: Problems) -> None:
    for name, choices in _CHOICES.items():
        if said[name] not in {None, *choices}:
            option = f"--{name.removesuffix('_mode').replace('_', '-')}"
            problems.add(f"{option} {said[name]!r} is none of {', '.join(choices)}")


def _read_names(said: Sequence[str] | None, option: str, problems: Problems) -> frozenset[str]:
    found = set[str]()
    for written in _names(said or ()):
        if written != ":all:":
            with problems.collecting():
                found.add(read_name(written, option))
    return frozenset(found)


_SWITCHES = (
    "break_system_packages",
    "check",
    "dry_run",
    "durable",
    "exact",
    "force_reinstall",
    "isolated",
    "no_cache",
    "no_deps",
    "offline",
    "recreate",
    "repair",
    "require_virtualenv",
    "strict",
    "system",
    "upgrade",
)
_TEXTS = ("cache_dir", "directory", "prefix", "python", "report", "target", "timings")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "prerelease_mode": _PRERELEASES,
    "output_format": ("text", "json"),
    "progress_bar": ("auto", "on", "off", "raw"),
    "color": ("auto", "always", "never"),
    "index_strategy": ("first-index", "unsafe-first-match", "unsafe-best-match"),
    "fork_strategy": ("fewest", "requires-python"),
    "resolution": ("highest", "lowest", "lowest-direct"),
    "upgrade_strategy": ("eager", "only-if-needed"),
}


def _network(said: Mapping[str, Any], problems: Problems) -> NetworkSettings:
    timeout: float | None = None
    retries: int | None = None
    provider: KeyringProvider | None = None
    with problems.collecting():
        timeout = read_seconds("--timeout", said["timeout"] or "")
    with problems.collecting():
        retries = read_count("--retries", said["retries"] or "")
    with problems.collecting():
        provider = read_keyring_provider(said["keyring_provider"] or "")
    return NetworkSettings(
        certificates=said["certificates"] or "",
        client_certificate=said["client_certificate"] or "",
        proxy=said["proxy"] or "",
        system_proxies=said["system_proxies"],
        keyring_provider=provider,
        timeout=timeout,
        retries=retries,
    )
