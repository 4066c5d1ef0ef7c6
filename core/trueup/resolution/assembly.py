"""From what was said to a request: every source read, every problem told, nothing decided."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import cast, get_args

from packaging.utils import canonicalize_name

from trueup.resolution.address import key_of_address, split_bare
from trueup.resolution.deciding import FILE_VARIABLES, deciding_variables, resolver_environment
from trueup.resolution.format_control import fold_formats
from trueup.resolution.hash_demand import check_hashes
from trueup.resolution.location import index_address, links_address
from trueup.resolution.moment import read_moment
from trueup.resolution.problems import Problems
from trueup.resolution.reading import ReadText, Surroundings
from trueup.resolution.request import (
    BuildChoices,
    IndexSettings,
    Request,
    RequestedItem,
    Strategy,
)
from trueup.resolution.request_defaults import with_defaults
from trueup.resolution.request_input import RequestInput
from trueup.resolution.requirement_options import FileOptions, read_setting
from trueup.resolution.settings import Settings, read_settings, uses_uv_settings
from trueup.resolution.sources import Sources
from trueup.resolution.wish import read_name
from trueup.values import dataclass, replace

__all__ = ["parse_request"]


def parse_request(
    raw: RequestInput,
    *,
    base: str,
    environment: Mapping[str, str],
    read_text: ReadText | None = None,
    config_files: Sequence[str] | None = None,
) -> Request:
    """Understand everything that was asked for, and read every file that it names.

    Args:
        raw: what was said.
        base: the directory that relative paths start from.
        environment: the variables: settings of pip and uv, and `${NAME}` in requirement files.
        read_text: reads requirement files at `http:` and `https:` addresses; None where only files
            of this machine may be read.
        config_files: pip's configuration files, the weakest first; None for those that pip reads.

    Raises:
        RequestError: with every line that cannot be understood, of all sources, at once.
    """
    problems = Problems()
    folder = os.path.abspath(base)
    variables = resolver_environment(raw, environment, folder)
    settings = Settings()
    uv = uses_uv_settings(variables)
    with problems.collecting():
        settings = read_settings(variables, base=folder, config_files=config_files)
        raw = with_defaults(raw, settings.pip, variables if uv else {})
    if raw.resolver_environment and not uv:
        names = ", ".join(name for name, _ in raw.resolver_environment)
        problems.add(f"only uv heeds {names}, and uv does not resolve here", "install trueup[uv]")
    sources = Sources(raw, Surroundings(folder, environment, read_text), problems)
    sources.read()
    request = _Assembly(raw, folder, settings, sources, problems).request()
    problems.raise_if_any("The request cannot be understood")
    named = [path for name in FILE_VARIABLES for path in variables.get(name, "").split()]
    more = [os.path.join(folder, path) for path in named] if uv else []
    return replace(
        request,
        files=tuple(
            dict.fromkeys((*settings.files, *sources.files, *filter(os.path.isfile, more)))
        ),
        environment=deciding_variables(variables),
    )


@dataclass(frozen=True, slots=True)
class _Assembly:
    """Puts together what was read."""

    raw: RequestInput
    folder: str
    settings: Settings
    sources: Sources
    problems: Problems

    def request(self) -> Request:
        raw, sources = self.raw, self.sources
        require_hashes = self._require_hashes()
        if require_hashes:
            check_hashes(sources.items, sources.constraints, sources.projects, self.problems)
        prerelease = any(each.prerelease for each in sources.options) or raw.prerelease is True
        everything, some = self._upgrades()
        return Request(
            items=tuple(sources.items),
            constraints=tuple(sources.constraints),
            projects=tuple(sources.projects),
            lock=sources.lock,
            lock_extras=frozenset(sources.lock_extras),
            lock_groups=frozenset(sources.lock_groups),
            index=self._index(),
            build=self._build(),
            strategy=self._strategy(),
            prerelease=prerelease,
            dependencies=raw.dependencies is not False,
            upgrade=everything,
            upgrade_packages=some,
            require_hashes=require_hashes,
            exclude_newer=self._exclude_newer(),
        )

    def _index(self) -> IndexSettings:
        """Return surroundings, command line and files on top of each other; files speak last."""
        raw, folder, index = self.raw, self.folder, self.settings.index
        said = FileOptions(
            index=IndexSettings(
                index_url=index_address(raw.index_url, folder) if raw.index_url else None,
                extra_index_urls=tuple(
                    index_address(each, folder) for each in raw.extra_index_urls
                ),
                find_links=tuple(links_address(each, folder) for each in raw.find_links),
                no_index=raw.no_index,
                trusted_hosts=raw.trusted_hosts,
            )
        )
        for options in (said, *self.sources.options):
            more = options.index
            index = IndexSettings(
                index_url=more.index_url or index.index_url,
                extra_index_urls=_joined(index.extra_index_urls, more.extra_index_urls),
                find_links=_joined(index.find_links, more.find_links),
                no_index=index.no_index or more.no_index,
                trusted_hosts=_joined(index.trusted_hosts, more.trusted_hosts),
                best_match=index.best_match,
            )
        return replace(index, index_url=None, extra_index_urls=()) if index.no_index else index

    def _build(self) -> BuildChoices:
        formats = [
            *self.raw.formats,
            *(each for file in self.sources.options for each in file.formats),
        ]
        no_binary, only_binary = fold_formats(formats)
        pairs = []
        for written in self.raw.config_settings:
            with self.problems.collecting():
                pairs.append(read_setting(written))
        return BuildChoices(
            no_binary=no_binary,
            only_binary=only_binary,
            build_isolation=self.raw.build_isolation is not False,
            config_settings=tuple(pairs),
            own_settings=tuple(
                (_owner(item), item.config_settings)
                for item in self.sources.items
                if item.config_settings
            ),
        )

    def _strategy(self) -> Strategy:
        choices = get_args(Strategy)
        chosen = self.raw.resolution or "highest"
        if chosen not in choices:
            self.problems.add(f"--resolution {chosen!r} is none of {', '.join(choices)}")
        return cast("Strategy", chosen)

    def _exclude_newer(self) -> str:
        moments = [""]
        with self.problems.collecting():
            moments.append(read_moment(self.raw.exclude_newer))
        return moments[-1]

    def _upgrades(self) -> tuple[bool, frozenset[str]]:
        raw = self.raw
        if raw.upgrade_strategy not in {"", "eager", "only-if-needed"}:
            self.problems.add(
                f"--upgrade-strategy {raw.upgrade_strategy!r} is neither eager nor only-if-needed"
            )
        some = set[str]()
        for written in raw.upgrade_packages:
            with self.problems.collecting():
                some.add(read_name(written, "--upgrade-package"))
        if not raw.upgrade or raw.upgrade_strategy != "only-if-needed":
            return raw.upgrade, frozenset(some)
        requirements = [item.requirement for item in self.sources.items]
        some |= {canonicalize_name(each.name) for each in requirements if each is not None}
        return False, frozenset(some)

    def _require_hashes(self) -> bool:
        said = [each.require_hashes for each in self.sources.options]
        last = next((each for each in reversed(said) if each is not None), self.raw.require_hashes)
        if last is False and self.sources.hashed:
            self.problems.add(
                "--no-require-hashes cannot be held where a --hash is written",
                "take out either",
            )
        return self.sources.hashed if last is None else last


def _owner(item: RequestedItem) -> str | tuple[str, ...]:
    """Return what the artifact of an item is known by: its name, or else its address."""
    if item.requirement is None:
        return key_of_address(split_bare(item.text)[0])
    return canonicalize_name(item.requirement.name)


def _joined(first: tuple[str, ...], then: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *then)))
