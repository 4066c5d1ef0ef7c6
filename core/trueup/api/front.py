"""The one front door: what pip and uv users write goes in, a report comes out.

The command line, tox and nox all come with a list of arguments in pip's grammar; programs come with
the values. Both end here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trueup.acquisition.build_variables import with_let_in
from trueup.api.gathering import Gathering
from trueup.api.grounding import grounds_of
from trueup.api.grounds import Grounds
from trueup.api.installing import install_order
from trueup.api.opening import need_virtual, opened
from trueup.api.order import Order, Repeatable
from trueup.api.report import InstallReport
from trueup.api.workshop import Workshop, WorkshopOptions, open_workshop
from trueup.destination.environment import Environment
from trueup.reporting import SILENT, Reporter
from trueup.resolution.assembly import parse_request
from trueup.resolution.deciding import resolver_environment
from trueup.resolution.install_grammar import parse_install_arguments
from trueup.resolution.install_options import InstallOptions
from trueup.resolution.request import Request
from trueup.resolution.request_input import RequestInput
from trueup.resolution.requirement_lines import decode
from trueup.resolution.settings import network_settings_from_surroundings
from trueup.values import dataclass, replace

if TYPE_CHECKING:
    from trueup.acquisition.supply import Acquired
    from trueup.api.answering import Answer
    from trueup.api.repeat import Repeat

__all__ = ["Surroundings", "install_arguments", "install_input", "prepared"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where somebody asks from.

    Attributes:
        environment: what is installed into; None for what the options or the surroundings say.
        base: the directory that relative paths start from; None for the current one.
        variables: environment variables; None for the process's own.
        reporter: told of progress.
        reload: import modules of replaced distributions anew in this process.
        more_to_come: the caller has made the environment anew (`create_environment` with
            `salvage`), and another install will complete what this one begins.
        remembering: the caller remembers what the report stands on; for an environment that is made
            anew, that takes a look at all of it.
    """

    environment: Environment | None = None
    base: str | None = None
    variables: Mapping[str, str] | None = None
    reporter: Reporter = SILENT
    reload: bool = False
    more_to_come: bool = False
    remembering: bool = False


def install_arguments(
    arguments: Sequence[str],
    around: Surroundings | None = None,
    *,
    exact: bool = False,
    spared: frozenset[str] = frozenset(),
) -> InstallReport:
    """Do what `pip install <arguments>` or `uv pip install <arguments>` asks for.

    Args:
        arguments: what would follow `install`.
        around: where the question comes from.
        exact: and remove what was not asked for, as `sync` does.
        spared: normalized names that stay even so: the seeds of a virtual environment, say.

    Raises:
        TrueupError: any of its kinds; nothing was changed.
    """
    around = around or Surroundings()
    variables = os.environ if around.variables is None else around.variables
    raw, options = parse_install_arguments(arguments, environment=variables)
    options = replace(options, exact=exact or options.exact, spared=spared)
    return install_input(raw, options, around)


def install_input(
    raw: RequestInput, options: InstallOptions, around: Surroundings | None = None
) -> InstallReport:
    """Do what `raw` asks for; see `install_arguments`."""
    around = around or Surroundings()
    gathering = Gathering(around.reporter)
    around = replace(around, reporter=gathering)
    with prepared(raw, options, around) as (request, workshop):
        environment, mended = opened(options, around.environment, workshop)
        need_virtual(options, environment)
        order = _order(request, options, environment, around)
        if options.recreate and not order.dry_run:
            from trueup.api.remaking import remaking

            order = replace(order, remake=remaking(environment, workshop.interpreters))
            if around.remembering:
                order = replace(order, remade=_remade(request, options, environment, workshop))
        report = _carried_out(order, options, workshop)
        if options.durable and not order.dry_run:
            from trueup.installation.durability import make_durable

            make_durable(order.environment)
            # A glance would not wait for the device.
            report = replace(report, decided_by=(), grounds=Grounds())
    return replace(report, warnings=gathering.warnings, mended=(*mended, *report.mended))


def _carried_out(order: Order, options: InstallOptions, workshop: Workshop) -> InstallReport:
    """Install; with `--repair`, put back first what is not as it was installed."""
    if not options.repair:
        return install_order(order, workshop)
    from trueup.api.repairing import repair

    repaired = repair(order, workshop)
    asked = order.request
    if not (asked.items or asked.projects or asked.lock):
        return repaired
    report = install_order(order, workshop)
    changed = {one.name for one in report.added}
    added = (*(one for one in repaired.added if one.name not in changed), *report.added)
    names = {one.name for one in added}
    return replace(
        report,
        added=tuple(sorted(added, key=lambda one: one.name)),
        kept=tuple(one for one in report.kept if one.name not in names),
        recovered=(*repaired.recovered, *report.recovered),
        decided_by=(),  # no glance sees what a repair has to look at
        grounds=Grounds(),
    )


@contextmanager
def prepared(
    raw: RequestInput, options: InstallOptions, around: Surroundings
) -> Iterator[tuple[Request, Workshop]]:
    """Yield the request that `raw` comes to, and the workshop that its options ask for.

    Raises:
        TrueupError: something in it cannot be understood or reached.
    """
    around_us = os.environ if around.variables is None else around.variables
    variables = with_let_in(around_us, options.build_environment)
    base = os.path.abspath(os.path.join(around.base or os.getcwd(), options.directory))
    told = resolver_environment(raw, variables, base)
    with (
        _cache(options) as cache,
        open_workshop(
            variables=variables,
            base=base,
            reporter=around.reporter,
            network=_network(options, told, base),
            options=WorkshopOptions(
                offline=options.offline,
                refresh=options.refresh or bool(options.refresh_packages) or options.upgrade,
                build_timeout=options.build_timeout,
                cache=cache,
                keyring=options.network.keyring_provider or "",
                resolver_variables=told,
            ),
        ) as workshop,
    ):
        request = parse_request(
            raw, base=base, environment=variables, read_text=lambda url: _read(workshop, url)
        )
        _introduce(request, workshop)
        yield request, workshop


def _order(
    request: Request, options: InstallOptions, environment: Environment, around: Surroundings
) -> Order:
    variables = os.environ if around.variables is None else around.variables
    return Order(
        request=request,
        environment=environment,
        reload=around.reload,
        more_to_come=around.more_to_come,
        strict=options.strict,
        grounds=lambda: grounds_of(request, environment, options, variables),
        repeatable=_repeatable(request, environment, options, variables),
        exact=options.exact,
        spared=options.spared,
        reinstall_all=options.force_reinstall,
        reinstall=options.reinstall_packages,
        rebuild=options.no_cache,
        dry_run=options.dry_run or options.check,
        break_system_packages=options.break_system_packages,
        compile_bytecode=options.compile,
    )


def _repeatable(
    request: Request,
    environment: Environment,
    options: InstallOptions,
    variables: Mapping[str, str],
) -> Repeatable:
    def repeatable(answered: Answer, acquired: Mapping[str, Acquired]) -> Repeat | None:
        from trueup.api.repeatable import repeat_of

        return repeat_of((request, environment, options, variables), answered, acquired)

    return repeatable


def _remade(
    request: Request, options: InstallOptions, environment: Environment, workshop: Workshop
) -> Callable[[Repeat], Grounds]:
    def remade(repeat: Repeat) -> Grounds:
        from trueup.api.remade import remade_grounds

        named = grounds_of(request, environment, options, workshop.variables, remade=True)
        return remade_grounds(repeat, named, environment, workshop.store)

    return remade


@contextmanager
def _cache(options: InstallOptions) -> Iterator[str]:
    """Yield the store's directory; for `--no-cache` one that is gone afterwards."""
    if not options.no_cache:
        yield options.cache_dir
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        yield folder


def _network(options: InstallOptions, variables: Mapping[str, str], base: str) -> dict[str, object]:
    """Return how the network is reached: what was said, over what pip's and uv's settings say."""
    said = options.network.over(network_settings_from_surroundings(variables, base=base))
    settings = {
        "ca_file": said.certificates or None,
        "client_certificate": said.client_certificate or None,
        "proxy": said.proxy or None,
        "timeout": said.timeout,
        "retries": said.retries,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _read(workshop: Workshop, url: str) -> str:
    body, _ = workshop.fetcher.read(workshop.credentials.remember(url), "text/plain, */*")
    return decode(body, url)


def _introduce(request: Request, workshop: Workshop) -> None:
    """Let the fetcher know the credentials in addresses of the request: artifacts hold none."""
    index = request.index
    indexes = (index.index_url or "", *index.extra_index_urls, *index.find_links)
    asked = (item.requirement for item in (*request.items, *request.constraints))
    named = (one.url for one in asked if one is not None and one.url)
    for address in (*indexes, *named):
        if address:
            workshop.credentials.remember(address)
