"""What the user has told pip: PIP_* variables and pip's configuration files.

Order, as pip documents it: machine, user, environment, PIP_CONFIG_FILE, variables; and whatever the
file, section `[install]` before `[global]`. The last word counts, and takes lists as a whole.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from trueup.errors import RequestError
from trueup.values import dataclass, field

__all__ = ["PipConfiguration", "pip_configuration_files", "read_pip_configuration", "truth_of"]

_TRUE = {"y", "yes", "t", "true", "on", "1"}
_FALSE = {"n", "no", "f", "false", "off", "0"}


def truth_of(name: str, value: str) -> bool:
    """Return what a switch's value says.

    Raises:
        RequestError: neither yes nor no, as pip and uv spell these.
    """
    word = value.strip().lower()
    if word not in _TRUE | _FALSE:
        raise RequestError(f"{name} is {value!r}, which is neither true nor false")
    return word in _TRUE


@dataclass(frozen=True, slots=True)
class PipConfiguration:
    """pip's settings for `pip install`.

    Attributes:
        values: name of the long option without its dashes, to the value as it is written.
        files: absolute paths of the configuration files that were read.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def text(self, *names: str) -> str:
        """Return the value of the first of `names` that has one, or ""."""
        return next((self.values[name] for name in names if self.values.get(name)), "")

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list: values are parted by white space and line breaks."""
        return tuple(self.values.get(name, "").split())

    def switch(self, name: str) -> bool | None:
        """Return a switch, or None where it is not set.

        Raises:
            RequestError: the value is neither yes nor no.
        """
        value = self.values.get(name)
        return truth_of(f"pip's setting {name}", value) if value else None


def pip_configuration_files(
    environment: Mapping[str, str], *, prefix: str | None = None
) -> tuple[str, ...]:
    """Return where pip looks for its configuration, the weakest first; not all need exist.

    Args:
        environment: HOME, XDG_*, APPDATA and PIP_CONFIG_FILE are read from it.
        prefix: the environment whose own file counts; None for the running interpreter's.
    """
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return ()
    home = environment.get("HOME") or environment.get("USERPROFILE") or os.path.expanduser("~")
    machine, user = _folders(environment, home)
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    legacy = os.path.join(home, "pip" if os.name == "nt" else ".pip", name)
    # pip's rule: an existing PIP_CONFIG_FILE stands in for the user's own file.
    mine = [] if chosen and os.path.exists(chosen) else [legacy, os.path.join(user, "pip", name)]
    site = os.path.join(sys.prefix if prefix is None else prefix, name)
    shared = [os.path.join(folder, name) for folder in machine]
    return (*shared, *mine, site, *([chosen] if chosen else []))


def _folders(environment: Mapping[str, str], home: str) -> tuple[list[str], str]:
    """Return the machine's directories for pip's file, the weakest first, and the user's."""
    if sys.platform == "win32":
        shared = environment.get("PROGRAMDATA", "C:\\ProgramData")
        roaming = environment.get("APPDATA") or os.path.join(home, "AppData", "Roaming")
        return [os.path.join(shared, "pip")], roaming
    dotted = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    if sys.platform == "darwin":
        library = os.path.join(home, "Library", "Application Support")
        user = library if os.path.isdir(os.path.join(library, "pip")) else dotted
        return ["/Library/Application Support/pip"], user
    folders = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    return [*(os.path.join(folder, "pip") for folder in folders if folder), "/etc"], dotted


def read_pip_configuration(
    environment: Mapping[str, str], *, config_files: Sequence[str] | None = None
) -> PipConfiguration:
    """Read what the user has told pip.

    Args:
        environment: the variables.
        config_files: absolute paths, the weakest first; None for those that pip would read.

    Raises:
        RequestError: a file is there but cannot be read.
    """
    files = pip_configuration_files(environment) if config_files is None else tuple(config_files)
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    there = tuple(path for path in files if os.path.isfile(path))
    for path in there:
        _read_into(sections, path)
    variables = {
        _plain(name[4:]): value for name, value in environment.items() if name.startswith("PIP_")
    }
    # Sections first, then emptiness: an empty value hides a weaker one of its section only.
    values = {
        name: value
        for section in (sections["global"], sections["install"], variables)
        for name, value in section.items()
        if value
    }
    return PipConfiguration(values, there)


def _read_into(sections: dict[str, dict[str, str]], path: str) -> None:
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise RequestError(
            f"pip's configuration file {path} cannot be read: {reason}",
            hint="Mend it, or name another one in PIP_CONFIG_FILE",
        ) from error
    for name, values in sections.items():
        if parser.has_section(name):
            values.update((_plain(key), value) for key, value in parser.items(name))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")
