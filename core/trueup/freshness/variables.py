"""Environment variables that a build can depend on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping

__all__ = ["FAMILIES", "digest_variables", "holds_families", "names_spoken_of", "names_that_matter"]

# Every program that is started, or that wants a temporary file, asks for these: they tell where
# things are on this machine, and what they lead to is looked at by itself.
_EVERYBODYS = re.compile(
    r"\*|PATH|HOME|USERPROFILE|TMPDIR|TEMP|TMP|PWD|USER|USERNAME|LOGNAME|SHELL|TERM|COLUMNS|LINES"
    r"|COLORTERM|NO_COLOR|FORCE_COLOR|CLICOLOR.*|LANG|LANGUAGE|LC_.*|TZ|EDITOR|PAGER|VIRTUAL_ENV.*"
    r"|PYTHON[A-Z]*|_PYTHON_.*|__PYVENV_LAUNCHER__|ENSUREPIP_OPTIONS|PIP_BUILD_TRACKER"
    r"|SYSTEMROOT|WINDIR|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*"
    r"|CI|GITHUB_ACTIONS|PROCESSOR_.*|NUMBER_OF_PROCESSORS|XDG_.*"
)
# Of these, what tells where a build runs and for whom, and not how this one is run: it counts where
# a project's own code asks for it by name.
_ASKED_FOR = re.compile(
    r"HOME|USERPROFILE|USER|USERNAME|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|CI|GITHUB_ACTIONS"
    r"|PROCESSOR_.*|NUMBER_OF_PROCESSORS|XDG_.*|PYTHONOPTIMIZE|PYTHONHASHSEED"
)
# What tells of the terminal, the desktop or the run that a build is started from. It is another one
# tomorrow, so it counts where it is asked for by name, and not where all are gone through: most who
# do so want a copy for a program that they start.
_SESSION = re.compile(
    r"_|SHLVL|OLDPWD|HOSTNAME|MAIL|LS_COLORS|LESS.*|STY|DISPLAY|WINDOWID|WT_.*|TMUX.*|TERM_.*"
    r"|SSH_.*|GPG_.*|DBUS_.*|VSCODE_.*|WAYLAND_.*|DESKTOP_.*|GNOME_.*|KDE_.*|KONSOLE.*|ITERM_.*"
    r"|SESSION.*|SECURITYSESSIONID|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_.*|COLORFGBG"
    r"|PYTEST_.*|TOX_.*|NOX_.*|PRE_COMMIT.*"
)
# What compilers and their drivers read themselves, unseen.
_COMPILERS = (
    "AR", "ARCHFLAGS", "ARFLAGS", "AS", "CC", "CFLAGS", "CL", "CPATH", "CPP", "CPPFLAGS", "CXX",
    "CXXFLAGS", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "FC", "FFLAGS", "INCLUDE", "LD",
    "LDFLAGS", "LDSHARED", "LIB", "LIBRARY_PATH", "MACOSX_DEPLOYMENT_TARGET", "PKG_CONFIG_PATH",
    "RUSTC", "RUSTC_WRAPPER", "RUSTFLAGS", "SDKROOT", "SKBUILD_CMAKE_ARGS",
)  # fmt: skip
FAMILIES = ("CARGO_*", "CMAKE_*", "MATURIN_*", "SKBUILD_*", "MESON*")
"""The same for whole families, whose names begin so."""
_COMPILER_FAMILIES = re.compile("|".join(one.replace("*", ".*") for one in FAMILIES))
# A child of cargo sets these for its own children.
_NOT_SETTINGS = re.compile(r"CARGO_(?:MANIFEST_.*|PKG_.*|HOME|BIN_.*|CRATE_.*)")

# How build programs ask for a variable: cargo, C, CMake, Python; then make and shells.
_SPOKEN = re.compile(
    rb"""(?:env!\s*\(|env::var(?:_os)?\s*\(|getenv\s*\(|environ(?:\.get\s*\(|\s*\[))\s*["'](\w+)["']"""
    rb"|\$ENV\{(\w+)\}|\$[{(]?([A-Z_][A-Z0-9_]+)"
)


def names_spoken_of(text: bytes) -> set[str]:
    """Return the names of variables for which sources, build definitions or scripts ask."""
    return {name.decode() for found in _SPOKEN.findall(text) for name in found if name}


def names_that_matter(
    asked: Iterable[str], own: Iterable[str] = (), *, compiled: bool
) -> tuple[str, ...]:
    """Return the names of the variables that count, sorted.

    Args:
        asked: names that the backend asked for; "*" for a look at all of them, which every start
            of a program is.
        own: of these, what the project's own code asked for; "*" if it went through all of them.
        compiled: programs were started whose reading nobody saw.
    """
    names = {name for name in asked if not _EVERYBODYS.fullmatch(name)}
    own = frozenset(own)
    names.update(name for name in own if name == "*" or _ASKED_FOR.fullmatch(name))
    names.discard("DIST_EXTRA_CONFIG")  # ours; what the user's own leads to is read, and seen
    return tuple(sorted(names | set(_COMPILERS if compiled else ())))


def holds_families(names: Collection[str]) -> bool:
    """Whether these are the names of a build that compiled: then families of others count, too."""
    return "CFLAGS" in names and "RUSTFLAGS" in names


def digest_variables(
    names: Iterable[str], variables: Mapping[str, str], salt: str
) -> dict[str, str]:
    """Return variable to a digest of its value, "" where it is not set.

    Args:
        names: which to look at; families that compilers read are added by `names` alone.
        variables: their values.
        salt: makes short values hard to guess.
    """
    found: dict[str, str] = {}
    chosen = set(names)
    if "*" in chosen:  # a project's own code went through all that it was given
        passing = (_EVERYBODYS, _SESSION)
        chosen |= {name for name in variables if not any(one.fullmatch(name) for one in passing)}
    if holds_families(chosen):
        chosen |= {
            name
            for name in variables
            if _COMPILER_FAMILIES.fullmatch(name) and not _NOT_SETTINGS.fullmatch(name)
        }
    for name in sorted(chosen):
        value = variables.get(name)
        found[name] = "" if value is None else _digest(salt, value)
    return found


def _digest(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt}\0{value}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
