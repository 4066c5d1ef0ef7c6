"""How to install, as opposed to what: the options that do not change the answer of a resolver."""

from __future__ import annotations

from trueup.resolution.settings import NetworkSettings
from trueup.values import dataclass, field

__all__ = ["InstallOptions"]


@dataclass(frozen=True, slots=True)
class InstallOptions:
    """The options of `install` that are not a part of the request.

    Attributes:
        python: interpreter or environment to install into, or "" for the usual one.
        system: the first Python on PATH, and not a virtual environment.
        target: directory to install into, or "".
        prefix: prefix to install under, or "".
        break_system_packages: change an externally managed Python, too (PEP 668).
        require_virtualenv: refuse to install anywhere else.
        directory: directory that relative paths start from, or "" for the current one.
        upgrade: everything may move to a newer version.
        upgrade_packages: normalized names that may.
        force_reinstall: install everything anew.
        reinstall_packages: normalized names to install anew.
        no_deps: dependencies are not followed.
        exact: remove what was not asked for.
        spared: normalized names that stay in an exact environment, asked for or not.
        recreate: make the environment as if built from nothing.
        repair: put back every file of the environment that is not as it was installed.
        durable: wait until everything is on the device.
        dry_run: only tell what would change.
        check: only tell whether anything would change, by the exit code.
        strict: check the whole environment for conflicts afterwards.
        compile: make bytecode; None for trueup's own judgement.
        offline: touch no network.
        no_cache: keep nothing in the store behind this run.
        cache_dir: directory of the store, or "" for the usual one.
        refresh: believe nothing that was remembered of indexes and resolutions.
        refresh_packages: normalized names of which nothing is believed.
        build_timeout: seconds that one build may take, or None.
        build_environment: names of variables that build backends are given besides.
        isolated: heed neither variables nor configuration files of pip and uv.
        network: what was said on reaching other machines; it goes over what surroundings say.
        quiet: how many times `-q` was said.
        verbose: how many times `-v` was said.
        progress: show progress.
        color: "auto", "always" or "never".
        json: print a report for machines.
        report: file to write such a report to, or "".
        timings: file to write a page to that shows where the time went, or "".
    """

    python: str = ""
    system: bool = False
    target: str = ""
    prefix: str = ""
    break_system_packages: bool = False
    require_virtualenv: bool = False
    directory: str = ""
    upgrade: bool = False
    upgrade_packages: frozenset[str] = frozenset()
    force_reinstall: bool = False
    reinstall_packages: frozenset[str] = frozenset()
    no_deps: bool = False
    exact: bool = False
    spared: frozenset[str] = frozenset()
    recreate: bool = False
    repair: bool = False
    durable: bool = False
    dry_run: bool = False
    check: bool = False
    strict: bool = False
    compile: bool | None = None
    offline: bool = False
    no_cache: bool = False
    cache_dir: str = ""
    refresh: bool = False
    refresh_packages: frozenset[str] = frozenset()
    build_timeout: float | None = None
    build_environment: tuple[str, ...] = ()
    isolated: bool = False
    network: NetworkSettings = field(default_factory=NetworkSettings)
    quiet: int = 0
    verbose: int = 0
    progress: bool = True
    color: str = "auto"
    json: bool = False
    report: str = ""
    timings: str = ""
