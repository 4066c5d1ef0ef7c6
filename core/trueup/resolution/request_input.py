"""What a person or a host program said, as they said it: strings, before any is understood."""

from __future__ import annotations

from trueup.values import dataclass

__all__ = ["RequestInput"]


@dataclass(frozen=True, slots=True)
class RequestInput:
    """The raw material of a `Request`; every field may be left at its default.

    Attributes:
        requirements: names, addresses and paths.
        editables: paths of local projects, as behind `-e`.
        requirement_files: as behind `-r`; also `pylock.toml`, `pyproject.toml`, scripts with
            metadata (PEP 723), `https:` addresses and "-".
        constraint_files: as behind `-c`.
        scripts: files whose metadata (PEP 723) asks for something.
        groups: `[PATH:]NAME` of dependency groups (PEP 735), of a pyproject.toml or a lock.
        pylock: path of a lock file of any name, or "".
        extras: extras to take from pyproject.toml files and the lock.
        all_extras: take all extras of pyproject.toml files.
        no_editable: install what is asked for as editable in the ordinary way.
        index_url: address or path of the main index, or None.
        extra_index_urls: addresses or paths of further indexes.
        find_links: addresses or paths of pages and directories with files.
        no_index: look at no index.
        trusted_hosts: hosts that need no valid certificate.
        formats: (`--no-binary` or `--only-binary`, value) pairs in the order given.
        build_isolation: None for what surroundings say.
        config_settings: `KEY=VALUE` for every backend.
        resolution: "highest", "lowest", "lowest-direct", or "" for what surroundings say.
        prerelease: take pre-releases too; None for what surroundings say.
        dependencies: follow dependencies; None for what surroundings say.
        upgrade: everything may move to a newer version.
        upgrade_packages: these may.
        upgrade_strategy: "eager", or "only-if-needed" to let `upgrade` move only what is named.
        require_hashes: None for what surroundings and requirement files say.
        exclude_newer: a date, a moment (RFC 3339) or a duration such as `P3D`, or "".
        isolated: heed neither variables nor configuration files of pip and uv.
        resolver_environment: (name, value) pairs of variables for the resolver alone.
    """

    requirements: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    requirement_files: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    pylock: str = ""
    extras: tuple[str, ...] = ()
    all_extras: bool = False
    no_editable: bool = False
    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()
    formats: tuple[tuple[str, str], ...] = ()
    build_isolation: bool | None = None
    config_settings: tuple[str, ...] = ()
    resolution: str = ""
    prerelease: bool | None = None
    dependencies: bool | None = None
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    upgrade_strategy: str = ""
    require_hashes: bool | None = None
    exclude_newer: str = ""
    isolated: bool = False
    resolver_environment: tuple[tuple[str, str], ...] = ()
