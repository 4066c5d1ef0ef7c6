"""The words of `install` that have a meaning here: those of pip and uv, and ours."""

from __future__ import annotations

from typing import Literal

from trueup.values import dataclass

__all__ = ["MEANT", "USAGE", "Option"]

USAGE = (
    "trueup install [options] REQUIREMENT ... (or -r FILE, -e PATH, --group NAME, --pylock FILE)"
)

Kind = Literal["value", "many", "pairs", "on", "off", "count", "constant"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option with a meaning.

    Attributes:
        group: heading in the help.
        flags: spellings, the one for the help first.
        target: name of the field that it sets; several options may share one.
        kind: one value, many, (flag, value) pairs, a switch, a count, or the constant `metavar`.
        metavar: how the help calls the value; for a constant, the value itself.
        help: what the help says.
    """

    group: str
    flags: tuple[str, ...]
    target: str
    kind: Kind
    metavar: str
    help: str


_WHAT, _WHERE, _VERSIONS = "what to install", "where to install", "which versions"
_LOOK, _NETWORK, _BUILD = "where to look", "network", "building"
_HOW, _OUTPUT = "how to install", "output"


# fmt: off
_ROWS: tuple[tuple[str, str, str, Kind, str, str], ...] = (
    (_WHAT, "-r --requirement --requirements", "requirement_files", "many", "FILE",
     "install what a file asks for: requirements, pylock.toml, pyproject.toml, or a script"),
    (_WHAT, "-e --editable", "editables", "many", "PATH",
     "install a local project so that edits show at once: -e . or -e path[extra]"),
    (_WHAT, "-c --constraint --constraints", "constraint_files", "many", "FILE",
     "let this file limit versions; it asks for nothing itself"),
    (_WHAT, "--group", "groups", "many", "[PATH:]NAME",
     "install a dependency group of ./pyproject.toml, or of the pyproject.toml at PATH"),
    (_WHAT, "--pylock", "pylock", "value", "FILE",
     "install what a lock file says (PEP 751), whatever its name; nothing is resolved"),
    (_WHAT, "--requirements-from-script", "scripts", "many", "FILE",
     "install what a script's own metadata asks for (PEP 723)"),
    (_WHAT, "--extra", "extras", "many", "NAME",
     "take this extra of -r pyproject.toml or of the lock, too"),
    (_WHAT, "--all-extras", "all_extras", "on", "",
     "take all extras of -r pyproject.toml"),
    (_WHAT, "--no-editable", "no_editable", "on", "",
     "install what is named by -e in the ordinary way"),
    (_WHAT, "--no-deps --no-dependencies", "no_deps", "on", "",
     "install what is named, and not what that depends on"),

    (_WHERE, "-p --python", "python", "value", "PYTHON",
     "install for this interpreter, environment's directory, or version such as 3.12"),
    (_WHERE, "--system", "system", "on", "",
     "install for the first Python on PATH"),
    (_WHERE, "-t --target", "target", "value", "DIR",
     "install into this directory, outside of any environment"),
    (_WHERE, "--prefix", "prefix", "value", "DIR",
     "install under this directory, as if it were an environment"),
    (_WHERE, "--break-system-packages", "break_system_packages", "on", "",
     "install even where the system's package manager is in charge (PEP 668)"),
    (_WHERE, "--no-break-system-packages", "break_system_packages", "off", "",
     "the opposite; the default"),
    (_WHERE, "--require-virtualenv --require-venv", "require_virtualenv", "on", "",
     "refuse to install outside of a virtual environment"),
    (_WHERE, "--directory", "directory", "value", "DIR",
     "let relative paths start from here"),

    (_VERSIONS, "-U --upgrade", "upgrade", "on", "",
     "let everything move to its newest version"),
    (_VERSIONS, "-P --upgrade-package", "upgrade_packages", "many", "NAME",
     "let only this one move"),
    (_VERSIONS, "--upgrade-strategy", "upgrade_strategy", "value", "WORD",
     "with --upgrade: eager moves everything (the default), only-if-needed what is named"),
    (_VERSIONS, "--resolution", "resolution", "value", "WORD",
     "prefer the highest, lowest or lowest-direct versions"),
    (_VERSIONS, "--pre", "prerelease", "on", "",
     "take pre-releases, too"),
    (_VERSIONS, "--prerelease", "prerelease_mode", "value", "WORD",
     "allow is the same as --pre; disallow, if-necessary and explicit are uv's"),
    (_VERSIONS, "--exclude-newer --uploaded-prior-to", "exclude_newer", "value", "MOMENT",
     "ignore what was published later: 2030-01-31, a time (RFC 3339), or days such as P3D"),
    (_VERSIONS, "--overrides --override", "overrides", "many", "FILE",
     "let this file replace what distributions ask for (uv only)"),
    (_VERSIONS, "--excludes --exclude", "excludes", "many", "FILE",
     "leave out the distributions that this file names (uv only)"),
    (_VERSIONS, "--require-hashes", "require_hashes", "on", "",
     "refuse everything without a --hash"),
    (_VERSIONS, "--no-require-hashes", "require_hashes", "off", "",
     "the opposite"),

    (_LOOK, "-i --index-url --default-index --pypi-url", "index_url", "value", "URL",
     "the main package index"),
    (_LOOK, "--extra-index-url", "extra_index_urls", "many", "URL",
     "a further index"),
    (_LOOK, "--index", "indexes", "many", "[NAME=]URL",
     "a further index, asked before --extra-index-url"),
    (_LOOK, "-f --find-links", "find_links", "many", "URL",
     "a directory with files, or a page that links to them"),
    (_LOOK, "--no-index", "no_index", "on", "",
     "look at no index, only at --find-links"),
    (_LOOK, "--index-strategy", "index_strategy", "value", "WORD",
     "first-index, unsafe-first-match or unsafe-best-match (uv only)"),
    (_LOOK, "--fork-strategy", "fork_strategy", "value", "WORD",
     "fewest or requires-python (uv only)"),
    (_LOOK, "--isolated", "isolated", "on", "",
     "heed no variables and configuration files of pip and uv"),
    (_LOOK, "--config-file", "config_file", "value", "FILE",
     "uv's configuration file (uv only)"),
    (_LOOK, "--no-config", "no_config", "on", "",
     "no configuration file of uv (uv only)"),

    (_NETWORK, "--offline", "offline", "on", "",
     "touch no network"),
    (_NETWORK, "--trusted-host --allow-insecure-host", "trusted_hosts", "many", "HOST",
     "believe this host without a valid certificate"),
    (_NETWORK, "--cert", "certificates", "value", "FILE",
     "the authorities to trust (PEM)"),
    (_NETWORK, "--client-cert", "client_certificate", "value", "FILE",
     "this client's certificate and key (PEM)"),
    (_NETWORK, "--proxy", "proxy", "value", "URL",
     "the proxy to go through"),
    (_NETWORK, "--no-proxy-env", "system_proxies", "off", "",
     "ignore HTTPS_PROXY and the like"),
    (_NETWORK, "--keyring-provider", "keyring_provider", "value", "WORD",
     "auto, disabled, import or subprocess"),
    (_NETWORK, "--timeout --default-timeout", "timeout", "value", "SECONDS",
     "how long to wait for an answer"),
    (_NETWORK, "--retries", "retries", "value", "COUNT",
     "how many times to try again"),

    (_BUILD, "--no-binary", "formats", "pairs", "NAMES",
     "build these from source: names with commas, or :all:"),
    (_BUILD, "--only-binary", "formats", "pairs", "NAMES",
     "never build these: names with commas, or :all:"),
    (_BUILD, "--no-build", "formats", "constant", "--only-binary=:all:",
     "build nothing"),
    (_BUILD, "--no-build-isolation", "build_isolation", "off", "",
     "build with what the environment has, and not in one of its own"),
    (_BUILD, "-C --config-settings --config-setting", "config_settings", "many", "KEY=VALUE",
     "give this to every build backend"),
    (_BUILD, "--build-timeout", "build_timeout", "value", "SECONDS",
     "end a build that takes longer"),
    (_BUILD, "--build-env", "build_environment", "many", "NAME",
     "let builds see this variable, too; PREFIX_* for several"),

    (_HOW, "--dry-run", "dry_run", "on", "",
     "only tell what would change"),
    (_HOW, "--check", "check", "on", "",
     "only tell whether anything would change: exit 1 if so"),
    (_HOW, "--force-reinstall --reinstall", "force_reinstall", "on", "",
     "install everything anew"),
    (_HOW, "-I --ignore-installed", "force_reinstall", "on", "",
     "the same; what is there is still removed first"),
    (_HOW, "--reinstall-package", "reinstall_packages", "many", "NAME",
     "install this one anew"),
    (_HOW, "--recreate", "recreate", "on", "",
     "leave the environment as if built from nothing"),
    (_HOW, "--repair", "repair", "on", "",
     "put back every file of the environment that is missing or altered, by its hash"),
    (_HOW, "--durable", "durable", "on", "",
     "wait until everything is on the device, so that a power cut loses nothing"),
    (_HOW, "--exact", "exact", "on", "",
     "remove what was not asked for"),
    (_HOW, "--strict", "strict", "on", "",
     "look for conflicts in the whole environment afterwards"),
    (_HOW, "--compile --compile-bytecode", "compile", "on", "",
     "have bytecode ready before the first import"),
    (_HOW, "--no-compile --no-compile-bytecode", "compile", "off", "",
     "make no bytecode"),
    (_HOW, "--refresh", "refresh", "on", "",
     "ask the indexes again"),
    (_HOW, "--refresh-package", "refresh_packages", "many", "NAME",
     "ask the indexes again for this one"),
    (_HOW, "--cache-dir", "cache_dir", "value", "DIR",
     "where the store is"),
    (_HOW, "-n --no-cache --no-cache-dir", "no_cache", "on", "",
     "leave nothing behind in the store"),

    (_OUTPUT, "-q --quiet", "quiet", "count", "",
     "say less; may be repeated"),
    (_OUTPUT, "-v --verbose", "verbose", "count", "",
     "say more; may be repeated"),
    (_OUTPUT, "--json", "json", "on", "",
     "print a report for machines"),
    (_OUTPUT, "--output-format", "output_format", "value", "WORD",
     "text, or json for --json"),
    (_OUTPUT, "--report", "report", "value", "FILE",
     "write a report for machines to a file; - prints it"),
    (_OUTPUT, "--timings", "timings", "value", "FILE.html",
     "write a page that shows where the time went"),
    (_OUTPUT, "--no-progress", "progress", "off", "",
     "show no progress"),
    (_OUTPUT, "--progress-bar", "progress_bar", "value", "WORD",
     "on, off, auto or raw"),
    (_OUTPUT, "--color", "color", "value", "WORD",
     "auto, always or never"),
    (_OUTPUT, "--no-color", "color", "constant", "never",
     "the same as --color never"),
)
# fmt: on

MEANT: tuple[Option, ...] = tuple(
    Option(group, tuple(flags.split()), target, kind, metavar, text)
    for group, flags, target, kind, metavar, text in _ROWS
)
