"""Options that `pip install` and `uv pip install` have, and that have no meaning here.

Whoever comes from either finds each of their options in `install_vocabulary` or in one of these two
lists: what is taken and left alone because it changes nothing, and what is refused because leaving
it alone would install something else than was asked for.
"""

from __future__ import annotations

from trueup.values import dataclass

__all__ = ["IGNORED", "REFUSED", "Foreign"]


@dataclass(frozen=True, slots=True)
class Foreign:
    """An option of pip or uv that is not ours.

    Attributes:
        flags: spellings.
        takes_value: a value follows.
        why: why it may be left alone, or what to do instead.
    """

    flags: tuple[str, ...]
    takes_value: bool
    why: str


IGNORED: tuple[Foreign, ...] = tuple(
    Foreign(tuple(flags.split()), takes_value, why)
    for flags, takes_value, why in (
        ("--prefer-binary", False, "of equal versions wheels come first anyway"),
        ("--link-mode", True, "files are written out of packs, and never linked"),
        ("--no-sources", False, "builds see the published metadata only (PEP 517)"),
        ("--no-sources-package", True, "as --no-sources"),
        ("--managed-python", False, "no Python is ever downloaded"),
        ("--no-managed-python", False, "as --managed-python"),
        ("--no-python-downloads", False, "as --managed-python"),
        ("--system-certs --native-tls", False, "the system's authorities are trusted anyway"),
        ("--project", True, "what to install is named, and not discovered"),
        ("--src --source --source-dir --source-directory", True, "repositories are not kept"),
        ("--check-build-dependencies", False, "a build that lacks something says what"),
        ("--no-clean", False, "a failed build's output is kept in its error"),
        ("--exists-action", True, "there is nothing to ask about"),
        ("--no-input", False, "nothing is ever asked"),
        ("--debug", False, "errors of our own are shown in full with -vv"),
        ("--disable-pip-version-check", False, "no such check is made"),
        ("--no-python-version-warning", False, "no such warning is given"),
        ("--no-warn-script-location", False, "no such warning is given"),
        ("--no-warn-conflicts", False, "conflicts with what stays are told, not fought"),
        ("--root-user-action", True, "no such warning is given"),
        ("--use-feature", True, "features of another program"),
        ("--use-deprecated", True, "features of another program"),
        ("--use-pep517", False, "there is no other way"),
        ("--resume-retries", True, "cut downloads are always resumed"),
        ("--no-user", False, "it is never installed there"),
        ("--no-verify-build-hashes", False, "no hashes are demanded of builds"),
    )
)

REFUSED: tuple[Foreign, ...] = tuple(
    Foreign(tuple(flags.split()), takes_value, why)
    for flags, takes_value, why in (
        ("--user", False, "install into an environment, or use --target"),
        ("--root", True, "use --prefix"),
        ("--platform", True, "use --python with an interpreter of that platform"),
        ("--python-platform", True, "use --python with an interpreter of that platform"),
        ("--python-version", True, "use --python with an interpreter of that version"),
        ("--implementation", True, "use --python with an interpreter of that kind"),
        ("--abi", True, "use --python with an interpreter of that kind"),
        ("--ignore-requires-python", False, "use --python with an interpreter that fits"),
        (
            "--only-deps --only-dependencies",
            False,
            "use -r pyproject.toml for the dependencies of a project",
        ),
        ("-b --build-constraint --build-constraints", True, "pin build-system.requires instead"),
        ("--no-verify-hashes", False, "a wrong hash is always refused: take it out of the file"),
        ("--require-build-hashes", False, "pin build-system.requires instead"),
        ("--no-editable-package", True, "name that project without -e"),
        ("--upgrade-group", True, "use --upgrade-package for each of its members"),
        ("--all-releases", True, "use --pre, or ask for name>=1.0a0"),
        ("--only-final", True, "it is the default; or ask for name!=VERSION"),
        ("--prerelease-package", True, "ask for name>=1.0a0 instead"),
        ("--exclude-newer-package", True, "use -c with a limit for that distribution"),
        (
            "--config-settings-package",
            True,
            "use --config-settings behind it in a requirement file",
        ),
        ("--no-build-isolation-package", True, "install it alone with --no-build-isolation"),
        ("--torch-backend", True, "use --index-url with the index of that backend"),
        ("--global-option", True, "use --config-settings"),
        ("--install-option", True, "use --config-settings"),
        ("--build-option", True, "use --config-settings"),
        ("--log --log-file --local-log", True, "send the output of -vv to a file"),
        ("--egg", False, "eggs are gone"),
    )
)
