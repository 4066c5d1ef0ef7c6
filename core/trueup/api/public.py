"""What programs call: `trueup.install(...)` and its kin."""

from __future__ import annotations

import os
from collections.abc import Iterable
from time import time_ns

from trueup.api.recollection import recalled_install, remember_install, words_of_install
from trueup.api.report import InstallReport
from trueup.api.whereabouts import Where
from trueup.destination.environment import Environment
from trueup.errors import RequestError
from trueup.reporting import SILENT, Reporter
from trueup.resolution.install_options import InstallOptions
from trueup.resolution.request_input import RequestInput
from trueup.values import replace

__all__ = ["install", "open_target", "sync", "uninstall"]


def install(  # noqa: PLR0913 - what pip's command line has, as keywords
    *requirements: str | os.PathLike[str],
    editable: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    requirement_files: Iterable[str | os.PathLike[str]] = (),
    constraints: Iterable[str | os.PathLike[str]] = (),
    groups: Iterable[str] = (),
    environment: Where = None,
    upgrade: bool = False,
    reinstall: bool = False,
    dependencies: bool = True,
    exact: bool = False,
    dry_run: bool = False,
    offline: bool = False,
    reload: bool = False,
    build_env: Iterable[str] = (),
    reporter: Reporter = SILENT,
    request: RequestInput | None = None,
    options: InstallOptions | None = None,
) -> InstallReport:
    """Install into an environment, by default that of the running process, and make it importable.

    When this returns, `import` finds what was installed, in this process as in every other.

    Args:
        requirements: what pip takes: names with versions and extras, addresses, paths; a
            `pathlib.Path` is always a path.
        editable: paths of local projects whose edits are to show at once.
        requirement_files: as behind `-r`.
        constraints: files as behind `-c`.
        groups: dependency groups as behind `--group` (PEP 735).
        environment: where; None for the running process's own environment.
        upgrade: everything may move to its newest version.
        reinstall: put everything in place again.
        dependencies: follow dependencies.
        exact: remove what was not asked for.
        dry_run: tell what would change, and change nothing.
        offline: touch no network.
        reload: drop modules of replaced distributions, so that the next import gets the new ones.
        build_env: names of variables that build backends are given besides.
        reporter: told of progress.
        request: more that is asked for, for what has no keyword here.
        options: more options, for what has no keyword here.

    Raises:
        TrueupError: any of its kinds, with `problem` and `hint`; nothing was changed.
    """
    raw = request or RequestInput()
    raw = replace(
        raw,
        requirements=(*raw.requirements, *map(_written, requirements)),
        editables=(*raw.editables, *_paths(editable)),
        requirement_files=(*raw.requirement_files, *_paths(requirement_files)),
        constraint_files=(*raw.constraint_files, *_paths(constraints)),
        groups=(*raw.groups, *groups),
        upgrade=raw.upgrade or upgrade,
        dependencies=raw.dependencies if dependencies else False,
    )
    chosen = options or InstallOptions()
    chosen = replace(
        chosen,
        upgrade=chosen.upgrade or upgrade,
        force_reinstall=chosen.force_reinstall or reinstall,
        exact=chosen.exact or exact,
        dry_run=chosen.dry_run or dry_run,
        offline=chosen.offline or offline,
        build_environment=(*chosen.build_environment, *build_env),
    )
    elsewhere = chosen.python or chosen.system or chosen.target or chosen.prefix
    if elsewhere and environment is not None:
        raise RequestError(
            "an environment was named in more than one way",
            hint="name it by `environment`, or in the options",
        )
    return _installed(raw, chosen, environment, reporter, reload=reload)


def _installed(
    raw: RequestInput,
    chosen: InstallOptions,
    environment: Where,
    reporter: Reporter,
    *,
    reload: bool,
) -> InstallReport:
    """Install, where it is not known that there is nothing to do."""
    words = words_of_install(raw, chosen, environment, reload=reload)
    report = recalled_install(words)
    if report is not None:
        return report
    # A script that installs what it needs at its top is run again and again with nothing to do.
    from trueup.api.front import Surroundings, install_input

    since = time_ns()
    elsewhere = chosen.python or chosen.system or chosen.target or chosen.prefix
    where = None if elsewhere else open_target(environment)
    around = Surroundings(environment=where, reporter=reporter, reload=reload)
    report = install_input(raw, chosen, around)
    if not _is_read_elsewhere(raw):
        remember_install(words, environment, report, since)
    return report


def _is_read_elsewhere(raw: RequestInput) -> bool:
    """Whether something was read that no look at files can judge."""
    named = (*raw.requirement_files, *raw.constraint_files, *raw.scripts, raw.pylock)
    return any("://" in each or each == "-" for each in named)


def sync(
    *requirements: str | os.PathLike[str],
    environment: Where = None,
    requirement_files: Iterable[str | os.PathLike[str]] = (),
    dry_run: bool = False,
    reporter: Reporter = SILENT,
) -> InstallReport:
    """Make an environment hold exactly what is asked for; as `install(..., exact=True)`."""
    return install(
        *requirements,
        environment=environment,
        requirement_files=requirement_files,
        exact=True,
        dry_run=dry_run,
        reporter=reporter,
    )


def uninstall(
    *names: str, environment: Where = None, dry_run: bool = False, reporter: Reporter = SILENT
) -> InstallReport:
    """Remove distributions from an environment, by default that of the running process.

    Raises:
        TrueupError: one cannot be removed; none was.
    """
    from trueup.api.uninstalling import uninstall_names
    from trueup.api.workshop import open_workshop

    with open_workshop(reporter=reporter) as workshop:
        return uninstall_names(names, open_target(environment), workshop, dry_run=dry_run)


def open_target(where: Where) -> Environment:
    """Return the environment that `where` means.

    Raises:
        EnvironmentProblem: there is none, or it is broken.
        InterpreterNotFound: no interpreter has that version or name.
    """
    if isinstance(where, Environment):
        return where
    from trueup.api.memory import interpreter_memory
    from trueup.destination.locate import open_environment

    if where is None:
        return open_environment(running=True)
    return open_environment(where, memory=interpreter_memory())


def _paths(given: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    if isinstance(given, str | os.PathLike):
        return (os.fspath(given),)
    return tuple(os.fspath(each) for each in given)


def _written(requirement: str | os.PathLike[str]) -> str:
    """Return a requirement as it is written; a path is never a name."""
    if isinstance(requirement, str):
        return requirement
    path = os.fspath(requirement)
    return path if os.path.isabs(path) else os.path.join(os.curdir, path)
