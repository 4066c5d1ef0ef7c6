"""What can be said behind `args:` in a .pre-commit-config.yaml."""

from __future__ import annotations

from collections.abc import Sequence

from trueup.values import dataclass

__all__ = ["Options", "parse_options"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a hook is to look.

    Attributes:
        environments: paths of environments or of their Pythons; () to find them.
        every: look into those of tox, of nox, and of hooks made from local paths, too.
        require_environment: that there is none is an error.
        allow_unknown: what cannot be told counts as fresh.
        verbose: tell of what is fresh, too.
        names: distributions to restrict it to; () for all.
    """

    environments: tuple[str, ...] = ()
    every: bool = False
    require_environment: bool = False
    allow_unknown: bool = False
    verbose: bool = False
    names: tuple[str, ...] = ()


def parse_options(program: str, arguments: Sequence[str]) -> Options:
    """Understand the arguments of a hook; leaves the process with 2 where they make no sense."""
    if not arguments:  # as it mostly is; argparse takes as long as the look at an environment
        return Options()
    import argparse

    parser = argparse.ArgumentParser(prog=program, allow_abbrev=False)
    parser.add_argument(
        "--python", "--env", dest="environments", action="append", default=[], metavar="PATH",
        help="the folder of an environment, or its Python; may be given more than once",
    )  # fmt: skip
    parser.add_argument(
        "--all", dest="every", action="store_true", help="those of tox, nox and hooks, too"
    )
    parser.add_argument(
        "--require-environment", action="store_true", help="fail where no environment is found"
    )
    parser.add_argument(
        "--allow-unknown", action="store_true", help="let pass what cannot be told from outside"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tell of what is fresh, too")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these distributions")
    said = parser.parse_args(arguments)
    return Options(
        environments=tuple(said.environments),
        every=said.every,
        require_environment=said.require_environment,
        allow_unknown=said.allow_unknown,
        verbose=said.verbose,
        names=tuple(said.names),
    )
