"""What can be said on the command line, and what it means."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from trueup.errors import RequestError
from trueup.values import dataclass
from trueup.version import __version__

__all__ = ["Command", "parse"]

_ABOUT = """\
Keep a Python environment true to what it was installed from.

  trueup venv .venv                     make an environment
  trueup install requests 'rich>=13'    install into it
  trueup install -e . -r dev.txt        a local project, and what a file asks for
  trueup sync -r requirements.txt       exactly that, and nothing else
"""

_WHERE = """\
Without --python, the environment is the one that VIRTUAL_ENV names, or .venv here or above, or
else that of the Python that runs trueup. Exit codes: 0 done, 1 failed, 2 not understood.
"""

_INSTALLING = {
    "install": (
        "Install distributions and local projects, with what they depend on.",
        """\
  trueup install requests 'rich>=13'        by name and version
  trueup install -e '.[test]'               a local project; edits show at once
  trueup install -r requirements.txt        what a file asks for
  trueup install --pylock pylock.toml       what a lock says
  trueup install -U django                  everything may move to its newest version
  trueup install --dry-run flask            only tell what would change
""",
    ),
    "sync": (
        "Make an environment hold exactly what is asked for, and remove the rest.",
        """\
  trueup sync -r requirements.txt           exactly what a file asks for
  trueup sync --check -r requirements.txt   exit 1 if that would change anything
""",
    ),
}

_UNINSTALLING = """\
Remove distributions. What they brought along stays; `trueup sync` removes what is not asked for.

  trueup uninstall requests                 from the environment in use
  trueup uninstall -p .venv -r old.txt      everything that a file names, from that one
"""

_LISTING = """\
Tell what is installed, in order of name.

  trueup list                               as columns
  trueup list --format freeze               as requirement lines
  trueup list -p .venv --json               another environment, for machines
"""

_MAKING = """\
Make a virtual environment, without pip in it. trueup installs into it from outside.

  trueup venv                               .venv, of the Python that runs trueup
  trueup venv -p 3.12 env                   of another version
  trueup venv --clear                       anew, in the place of the old one
"""

_KEEPING = """\
Look after the store: whatever trueup has downloaded and built once, for all environments. No
environment needs it any more once it is installed into; what is missing is got again.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line that was understood: what to call, and with what.

    Attributes:
        action: "module:function" below this package; imported only when it is called, because the
            stages behind it cost more than all of the parsing.
        options: what was said.
    """

    action: str
    options: argparse.Namespace

    def run(self) -> int:
        """Do it, and return the exit code.

        Raises:
            TrueupError: any of its kinds.
        """
        module, _, name = self.action.partition(":")
        return int(getattr(import_module(f"trueup.cli.{module}"), name)(self.options))


class _Parser(argparse.ArgumentParser):
    """A parser that raises our error where argparse would leave the process."""

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split())
        raise RequestError(f"{message}", hint=f"{usage}; `{self.prog} --help` tells more")


def parse(arguments: Sequence[str]) -> Command:
    """Understand `arguments`.

    Raises:
        RequestError: they make no sense.
        SystemExit: for `--help` and `--version`, after the answer was printed.
    """
    if arguments and arguments[0] in {"install", "sync"}:
        return _install(arguments[0], arguments[1:])
    parser = _Parser(
        prog="trueup",
        description=_ABOUT,
        epilog=_WHERE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"trueup {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    # These two have some hundred options, which are only read when they are wanted.
    commands.add_parser("install", help="install distributions and local projects", add_help=False)
    commands.add_parser("sync", help="install, and remove what was not asked for", add_help=False)
    for add in (_add_uninstall, _add_list, _add_freshness, _add_venv, _add_cache):
        add(commands)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        name = arguments[0]
        raise RequestError(
            f"{', '.join(unknown)}: not understood by {name}",
            hint=f"`trueup {name} --help` tells what is",
        )
    options.line = tuple(arguments)
    return Command(options.action, options)


def _install(name: str, arguments: Sequence[str]) -> Command:
    from trueup.resolution.install_grammar import add_install_options
    from trueup.resolution.install_vocabulary import USAGE

    if {"-h", "--help"} & set(arguments):
        about, examples = _INSTALLING[name]
        parser = _Parser(
            prog=f"trueup {name}",
            usage=USAGE.replace("install", name, 1),
            description=f"{about}\n\n{examples}",
            epilog=_WHERE,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add_install_options(parser)
        parser.print_help()
        sys.exit(0)
    options = argparse.Namespace(arguments=list(arguments))
    return Command(f"commands:{name}", options)


_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _taught(description: str) -> dict[str, Any]:
    """Return what makes a parser's help show `description` as it is written."""
    return {
        "description": description,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }


def _add_uninstall(commands: _Subparsers[_Parser]) -> None:
    parser = commands.add_parser("uninstall", help="remove distributions", **_taught(_UNINSTALLING))
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to remove")
    parser.add_argument(
        "-r", "--requirement", action="append", default=[], metavar="FILE",
        help="remove everything that a requirement file names",
    )  # fmt: skip
    parser.add_argument("-y", "--yes", action="store_true", help="accepted; nothing is ever asked")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would go")
    _add_where(parser)
    _add_output(parser)
    parser.set_defaults(action="inventory_commands:uninstall")


def _add_list(commands: _Subparsers[_Parser]) -> None:
    parser = commands.add_parser("list", help="tell what is installed", **_taught(_LISTING))
    parser.add_argument("-e", "--editable", action="store_true", help="only editable projects")
    parser.add_argument(
        "--format",
        choices=("columns", "freeze", "json"),
        default="columns",
        help="columns, requirement lines, or JSON",
    )
    _add_where(parser)
    _add_output(parser)
    parser.set_defaults(action="inventory_commands:list_installed")


def _add_freshness(commands: _Subparsers[_Parser]) -> None:
    codes = "Exit codes: 0 all fresh, 1 something is stale or altered, 2 something is unknown."
    for name, about in (
        ("check", "tell whether a build now would give what is installed from local projects"),
        ("explain", "tell what the verdict on a local project rests on"),
        ("refresh", "build and install again what is stale"),
    ):
        parser = commands.add_parser(
            name, help=about, description=None if name == "refresh" else codes, allow_abbrev=False
        )
        parser.add_argument(
            "names", nargs=1 if name == "explain" else "*", metavar="NAME", help="only these"
        )
        if name == "refresh":
            _add_where(parser)
            parser.add_argument("--env", dest="python", metavar="PATH", help="the same as --python")
        else:
            _add_places(parser)
        if name == "check":
            parser.add_argument(
                "--deep", action="store_true",
                help="hash every file of the environment, and name those that are not as installed",
            )  # fmt: skip
        _add_output(parser)
        parser.set_defaults(action=f"freshness_commands:{name}")


def _add_venv(commands: _Subparsers[_Parser]) -> None:
    parser = commands.add_parser(
        "venv", help="make a virtual environment, without pip in it", **_taught(_MAKING)
    )
    parser.add_argument("directory", nargs="?", default=".venv", metavar="DIR", help="where; .venv")
    parser.add_argument(
        "-p", "--python", metavar="PYTHON", help="a version such as 3.12, or a path; this Python"
    )
    parser.add_argument("--clear", action="store_true", help="take away what is there first")
    parser.add_argument("--allow-existing", action="store_true", help="make it among other files")
    parser.add_argument("--system-site-packages", action="store_true", help="see the base's, too")
    parser.add_argument("--prompt", metavar="NAME", help="what the shell shows while it is active")
    _add_output(parser)
    parser.set_defaults(action="environment_commands:venv")


def _add_cache(commands: _Subparsers[_Parser]) -> None:
    parser = commands.add_parser("cache", help="look after the store", **_taught(_KEEPING))
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True)
    for name, about in (
        ("dir", "tell where it is"),
        ("info", "tell what is in it"),
        ("verify", "hash everything; what is damaged is set aside"),
        ("clear", "remove everything"),
    ):
        verb = verbs.add_parser(name, help=about, allow_abbrev=False)
        verb.add_argument("--json", action="store_true", help="for machines")
        verb.set_defaults(action=f"store_commands:{name}")
    prune = verbs.add_parser("prune", help="remove what was not used lately", allow_abbrev=False)
    prune.add_argument("--days", type=float, default=30.0, help="how long is lately; 30")
    prune.add_argument("--json", action="store_true", help="for machines")
    prune.set_defaults(action="store_commands:prune")


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        "--python",
        metavar="PYTHON",
        help="the environment: a directory, a Python, or a version",
    )
    parser.add_argument("-t", "--target", metavar="DIR", help="a directory outside of any")
    parser.add_argument("--prefix", metavar="DIR", help="below this directory")
    parser.add_argument(
        "--break-system-packages", action="store_true", help="even where PEP 668 says not to"
    )


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p", "--python", "--env", dest="places", action="append", default=[], metavar="PATH",
        help="the environment: a directory, a Python, or a version; may be given more than once",
    )  # fmt: skip
    parser.add_argument(
        "--all", dest="every", action="store_true",
        help=".venv, and what tox, nox and the runners of hooks keep for the project here",
    )  # fmt: skip
    parser.add_argument("-t", "--target", metavar="DIR", help="a directory outside of any")
    parser.add_argument("--prefix", metavar="DIR", help="below this directory")


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="count", default=0, help="say less")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more")
    parser.add_argument("--json", action="store_true", help="a report for machines")
