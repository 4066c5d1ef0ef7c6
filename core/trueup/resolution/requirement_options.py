"""Options that a requirement file sets for the whole request, and those of one requirement."""

from __future__ import annotations

import re
from collections.abc import Callable

from trueup.errors import RequestError
from trueup.resolution.location import index_address, links_address
from trueup.resolution.request import IndexSettings
from trueup.values import dataclass, field, replace

__all__ = ["FileOptions", "read_hash", "read_setting", "refuse_setup_option", "with_option"]

# FIPS 180-4 digests, by the number of their hexadecimal digits; pip takes no weaker ones.
_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
_SETUP_OPTIONS = {"--global-option", "--install-option", "--build-option"}


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What requirement files set for everything that is asked for.

    Attributes:
        index: where to look; `index_url` is the last one that was named.
        formats: (option, value) pairs of `--no-binary` and `--only-binary`, in order.
        prerelease: what `--pre` and the like said last; None for nothing.
        require_hashes: what `--require-hashes` and its opposite said last; None for nothing.
    """

    index: IndexSettings = field(default_factory=IndexSettings)
    formats: tuple[tuple[str, str], ...] = ()
    prerelease: bool | None = None
    require_hashes: bool | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """One option with its value, and the directories that a relative path may start from."""

    name: str
    value: str
    folders: tuple[str, ...]


def with_option(
    options: FileOptions, name: str, value: str, folders: tuple[str, ...]
) -> FileOptions:
    """Return `options` with one more option of a requirement file.

    Args:
        options: what was said before.
        name: the option's long spelling.
        value: its value, or "".
        folders: where relative paths may start from, the likelier first.

    Raises:
        RequestError: the option has no meaning in a line of its own, or its value has none.
    """
    refuse_setup_option(name)
    change = _CHANGES.get(name)
    if change is None:
        raise RequestError(f"{name} belongs behind a requirement", hint="Write both in one line")
    return change(options, _Said(name, value, folders))


def refuse_setup_option(name: str) -> None:
    """Refuse an option that only a direct call of setup.py could honour.

    Raises:
        RequestError: `name` is one.
    """
    if name in _SETUP_OPTIONS:
        raise RequestError(
            f"{name} has no meaning for standard builds (PEP 517)",
            hint="Give the backend what it needs with --config-settings",
        )


def read_hash(value: str) -> tuple[str, str]:
    """Return the (algorithm, digest) pair of a `--hash`.

    Raises:
        RequestError: the algorithm is unknown or too weak, or the digest is none of it.
    """
    algorithm, _, digest = value.partition(":")
    digits = _DIGITS.get(algorithm.lower())
    if digits is None:
        raise RequestError(
            f"--hash={value} is not accepted",
            hint=f"Write --hash=sha256:… (or {', '.join(list(_DIGITS)[1:])})",
        )
    if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", digest):
        raise RequestError(
            f"--hash={value} is no {algorithm} digest",
            hint=f"It has {digits} hexadecimal digits",
        )
    return algorithm.lower(), digest.lower()


def read_setting(value: str) -> tuple[str, str]:
    """Return the (key, value) pair of a `--config-settings`.

    Raises:
        RequestError: there is no `=`, or nothing before it.
    """
    key, equals, setting = value.partition("=")
    if not equals or not key:
        raise RequestError(f"--config-settings={value} is not KEY=VALUE")
    return key, setting


def _index_url(options: FileOptions, said: _Said) -> FileOptions:
    address = index_address(said.value, *said.folders)
    return replace(options, index=replace(options.index, index_url=address))


def _extra_index_url(options: FileOptions, said: _Said) -> FileOptions:
    addresses = (*options.index.extra_index_urls, index_address(said.value, *said.folders))
    return replace(options, index=replace(options.index, extra_index_urls=addresses))


def _find_links(options: FileOptions, said: _Said) -> FileOptions:
    addresses = (*options.index.find_links, links_address(said.value, *said.folders))
    return replace(options, index=replace(options.index, find_links=addresses))


def _no_index(options: FileOptions, _said: _Said) -> FileOptions:
    index = replace(options.index, no_index=True, index_url=None, extra_index_urls=())
    return replace(options, index=index)


def _trusted_host(options: FileOptions, said: _Said) -> FileOptions:
    hosts = (*options.index.trusted_hosts, said.value)
    return replace(options, index=replace(options.index, trusted_hosts=hosts))


def _format(options: FileOptions, said: _Said) -> FileOptions:
    if said.value.startswith("-"):
        raise RequestError(f"{said.name} {said.value} names no distribution")
    return replace(options, formats=(*options.formats, (said.name, said.value)))


def _require_hashes(options: FileOptions, said: _Said) -> FileOptions:
    return replace(options, require_hashes=said.name == "--require-hashes")


def _release(options: FileOptions, said: _Said) -> FileOptions:
    if said.name == "--pre":
        return replace(options, prerelease=True)
    if said.value == ":none:":
        return replace(options, prerelease=None)
    if said.value == ":all:":
        return replace(options, prerelease=said.name == "--all-releases")
    raise RequestError(
        f"{said.name} {said.value} cannot be held for single distributions",
        hint="Ask for name>=1.0a0 to take its pre-releases, or use --pre",
    )


def _unchanged(options: FileOptions, _said: _Said) -> FileOptions:
    return options


_CHANGES: dict[str, Callable[[FileOptions, _Said], FileOptions]] = {
    "--index-url": _index_url,
    "--extra-index-url": _extra_index_url,
    "--find-links": _find_links,
    "--no-index": _no_index,
    "--trusted-host": _trusted_host,
    "--no-binary": _format,
    "--only-binary": _format,
    "--require-hashes": _require_hashes,
    "--no-require-hashes": _require_hashes,
    "--pre": _release,
    "--all-releases": _release,
    "--only-final": _release,
    # Resolvers prefer wheels of equal versions by themselves, and have features of their own.
    "--prefer-binary": _unchanged,
    "--use-feature": _unchanged,
}
