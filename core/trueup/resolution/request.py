"""The request: what the user asked for, parsed, and nothing decided yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from trueup.values import dataclass, field, replace

TYPE_CHECKING = False  # it takes as long to import as all that a call with nothing to do needs
if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = [
    "BuildChoices",
    "IndexSettings",
    "LocalProject",
    "Request",
    "RequestedItem",
    "Strategy",
]

Strategy = Literal["highest", "lowest", "lowest-direct"]


@dataclass(frozen=True, slots=True)
class RequestedItem:
    """One requirement or constraint as somebody wrote it.

    Attributes:
        text: what a resolver is to be given: a PEP 508 string, or a bare address without a name.
        requirement: the parsed form; None for a bare address, whose name only its content tells.
        hashes: (algorithm, hexadecimal digest) pairs from `--hash`.
        config_settings: settings for this distribution's backend, from the requirement file.
        origin: where it was written: "requirements.txt, line 3" or "the command line".
    """

    text: str
    requirement: Requirement | None = None
    hashes: tuple[tuple[str, str], ...] = ()
    config_settings: tuple[tuple[str, str], ...] = ()
    origin: str = "the command line"


@dataclass(frozen=True, slots=True)
class LocalProject:
    """A local project that was asked for: a directory that holds a source tree.

    Attributes:
        path: absolute, links resolved; the project itself, subdirectory applied.
        editable: asked for with `-e`.
        extras: normalized names.
        marker: a PEP 508 marker that must hold, or "".
        config_settings: settings for its backend, from the requirement file.
        origin: where it was written.
        name: the normalized name it was asked for by (`name @ file:///directory`), or ""; what is
            built there has to have it.
        straight: the path was written as it is, without links in it.
    """

    path: str
    editable: bool = False
    extras: frozenset[str] = frozenset()
    marker: str = ""
    config_settings: tuple[tuple[str, str], ...] = ()
    origin: str = "the command line"
    name: str = ""
    straight: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where distributions are looked for; None and () mean: as the resolver is configured.

    Addresses may hold credentials here, and only here: they never reach a report or a record.

    Attributes:
        index_url: the main index.
        extra_index_urls: further indexes.
        find_links: pages and directories with files.
        no_index: look at no index.
        trusted_hosts: hosts that need no valid certificate.
        best_match: take the best version of any index, and not the versions of the first that has
            any. True where pip's own settings name the indexes: they were written for that rule.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()
    best_match: bool = False


@dataclass(frozen=True, slots=True)
class BuildChoices:
    """What may be built, and how.

    Attributes:
        no_binary: names that must be built from source, or ":all:".
        only_binary: names that must not be built, or ":all:".
        build_isolation: build in an environment of its own (PEP 517) and not in the target.
        config_settings: (key, value) pairs for every backend, in the order given.
        own_settings: the same for one distribution each, which a requirement file names together
            with them: by normalized name, or by the key of its address.
    """

    no_binary: frozenset[str] = frozenset()
    only_binary: frozenset[str] = frozenset()
    build_isolation: bool = True
    config_settings: tuple[tuple[str, str], ...] = ()
    own_settings: tuple[tuple[str | tuple[str, ...], tuple[tuple[str, str], ...]], ...] = ()

    def settled(self, *owners: str | tuple[str, ...]) -> BuildChoices:
        """Return the choices for one distribution, which goes by `owners`."""
        own = (pair for owner, pairs in self.own_settings if owner in owners for pair in pairs)
        settings = (*self.config_settings, *own)
        return replace(self, config_settings=settings, own_settings=())


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that was asked for, and the options that change the answer.

    Attributes:
        items: requirements, each once per place it was written.
        constraints: limits on versions that ask for nothing themselves (`-c`).
        projects: local projects, editable or not.
        lock: absolute path of a pylock.toml (PEP 751), or "".
        lock_extras: extras to take from the lock.
        lock_groups: dependency groups to take from the lock.
        index: where to look.
        build: what may be built, and how.
        strategy: which versions to prefer.
        prerelease: take pre-releases too (`--pre`).
        dependencies: follow dependencies; False for `--no-deps`.
        upgrade: everything may move to a newer version (`--upgrade`).
        upgrade_packages: these may (`--upgrade-package`).
        require_hashes: every artifact must be pinned by a hash.
        exclude_newer: ignore what was published after this moment (RFC 3339), or "".
        files: every file that was read to get here, absolute, in order of reading.
        environment: environment variables that decide, by name; for the memo's key.
    """

    items: tuple[RequestedItem, ...] = ()
    constraints: tuple[RequestedItem, ...] = ()
    projects: tuple[LocalProject, ...] = ()
    lock: str = ""
    lock_extras: frozenset[str] = frozenset()
    lock_groups: frozenset[str] = frozenset()
    index: IndexSettings = field(default_factory=IndexSettings)
    build: BuildChoices = field(default_factory=BuildChoices)
    strategy: Strategy = "highest"
    prerelease: bool = False
    dependencies: bool = True
    upgrade: bool = False
    upgrade_packages: frozenset[str] = frozenset()
    require_hashes: bool = False
    exclude_newer: str = ""
    files: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
