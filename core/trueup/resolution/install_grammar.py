"""The grammar of `install`: pip's and uv's command line as one, without ever ending the process.

The command line, tox and nox all come in by this door.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from trueup.errors import RequestError
from trueup.resolution.credentials import presentable
from trueup.resolution.foreign_options import IGNORED, REFUSED
from trueup.resolution.install_arguments import understand
from trueup.resolution.install_defaults import surrounding_arguments
from trueup.resolution.install_options import InstallOptions
from trueup.resolution.install_vocabulary import MEANT, USAGE, Option
from trueup.resolution.problems import Problems
from trueup.resolution.request_input import RequestInput

__all__ = ["add_install_options", "parse_install_arguments", "understand"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        problem = presentable(message.removeprefix("argument "))
        raise RequestError(problem, hint=f"usage: {USAGE}")


class _Pair(argparse.Action):
    """Appends (flag, value), or the pair that a constant spells."""

    def __call__(
        self, _parser: object, namespace: object, values: object, flag: object = None
    ) -> None:
        pair = tuple(self.const.split("=")) if self.const else (str(flag), str(values))
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), pair])


class _Refusal(argparse.Action):
    """Takes down the flag and goes on, so that all refusals are told at once."""

    def __call__(
        self, _parser: object, namespace: object, _values: object, flag: object = None
    ) -> None:
        refused = getattr(namespace, self.dest, None) or []
        setattr(namespace, self.dest, [*refused, (str(flag), str(self.const))])


def add_install_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the requirements and all options of `install`, with their help.

    Options of pip and uv that have no meaning here are known to the parser, but not to its help.
    Options and requirements may stand in any order only for `parse_known_intermixed_args`.

    Args:
        parser: it gets groups and arguments; make it with `allow_abbrev=False`.
    """
    parser.add_argument(
        "requirements",
        nargs="*",
        metavar="REQUIREMENT",
        help="a name with a version if need be ('django>=5'), an address, or a path",
    )
    groups: dict[str, Any] = {}
    for option in MEANT:
        if option.group not in groups:
            groups[option.group] = parser.add_argument_group(option.group)
        groups[option.group].add_argument(*option.flags, **_keywords(option))
    for foreign in IGNORED:
        action: Any = "store" if foreign.takes_value else "store_true"
        parser.add_argument(*foreign.flags, action=action, dest="_ignored", help=argparse.SUPPRESS)
    for foreign in REFUSED:
        parser.add_argument(
            *foreign.flags,
            action=_Refusal,
            dest="_refused",
            nargs=None if foreign.takes_value else 0,
            const=foreign.why,
            help=argparse.SUPPRESS,
        )


def _keywords(option: Option) -> dict[str, Any]:
    keywords: dict[str, Any] = {"dest": option.target, "help": option.help.replace("%", "%%")}
    match option.kind:
        case "value" | "many" | "pairs":
            action: Any = {"value": "store", "many": "append", "pairs": _Pair}[option.kind]
            keywords |= {"metavar": option.metavar, "action": action}
        case "count":
            keywords |= {"action": "count", "default": 0}
        case "constant" if option.target == "formats":
            keywords |= {"action": _Pair, "nargs": 0, "const": option.metavar}
        case "constant":
            keywords |= {"action": "store_const", "const": option.metavar}
        case "on" | "off":
            keywords |= {"action": "store_const", "const": option.kind == "on"}
    return keywords


def parse_install_arguments(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    config_files: Sequence[str] | None = None,
) -> tuple[RequestInput, InstallOptions]:
    """Understand the arguments of `pip install` or `uv pip install`.

    Args:
        argv: what follows `install`.
        environment: the variables; what `PIP_*`, `UV_*` and pip's configuration files say on how to
            install counts where `argv` says nothing. None to heed none of them.
        config_files: pip's configuration files, the weakest first; None for those that pip reads.

    Returns:
        What to install, for `parse_request`, and how.

    Raises:
        RequestError: options are unknown, refused, lack their value or contradict each other, or
            nothing is asked for; with the usage.
    """
    parser = _Parser(prog="trueup install", usage=USAGE, add_help=False, allow_abbrev=False)
    add_install_options(parser)
    told = list(argv)
    if environment is not None and "--isolated" not in told:
        told = [*surrounding_arguments(environment, config_files), *told]
    words, behind = _with_values_attached(told)
    namespace, unknown = parser.parse_known_intermixed_args(words)
    namespace.requirements += behind
    problems = Problems()
    for word in unknown:
        problems.add(f"{word.partition('=')[0]} is not an option of install")
    problems.raise_if_any("Some options are unknown", hint=f"usage: {USAGE}")
    return understand(namespace)


def _with_values_attached(told: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the arguments before and behind `--`, with `--option=value` for values with a dash.

    pip takes whatever follows an option for its value, such as `--config-settings --plain-name=x`;
    argparse would take that for an option. What stands behind `--` are requirements; not every
    version of argparse keeps that when options and requirements are mixed.
    """
    words: list[str] = []
    waiting = iter(told)
    for word in waiting:
        if word == "--":
            break
        words.append(word)
        value = next(waiting, None) if word in _TAKES_VALUE else None
        if value is None:
            continue
        if value.startswith("-") and value != "-" and value not in _KNOWN:
            words[-1] = f"{word}={value}" if word.startswith("--") else word + value
        else:
            words.append(value)
    return words, list(waiting)


_TAKES_VALUE = {
    *(flag for each in MEANT if each.kind in {"value", "many", "pairs"} for flag in each.flags),
    *(flag for each in (*IGNORED, *REFUSED) if each.takes_value for flag in each.flags),
}
_KNOWN = {
    "--",  # no value: argparse would drop it, and hand on a list of nothing
    *(flag for each in MEANT for flag in each.flags),
    *(flag for each in (*IGNORED, *REFUSED) for flag in each.flags),
}
