"""What surroundings say on how to install, as the arguments that would say the same.

In arguments, because a later one has the last word: pip's settings, uv's, then the command line.
What changes a resolver's answer is not here but in `request_defaults`; caches of other programs are
none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trueup.resolution.pip_configuration import read_pip_configuration, truth_of
from trueup.resolution.settings import uses_uv_settings

__all__ = ["surrounding_arguments"]

_PIP_SWITCHES = (
    *("break-system-packages", "compile", "dry-run", "force-reinstall", "ignore-installed"),
    *("no-color", "require-virtualenv", "upgrade"),
)
_PIP_VALUES = ("prefix", "progress-bar", "python", "target", "upgrade-strategy")
_UV_SWITCHES = {
    "UV_BREAK_SYSTEM_PACKAGES": "--break-system-packages",
    "UV_COMPILE_BYTECODE": "--compile-bytecode",
    "UV_NO_CACHE": "--no-cache",
    "UV_NO_EDITABLE": "--no-editable",
    "UV_NO_PROGRESS": "--no-progress",
    "UV_OFFLINE": "--offline",
    "UV_SYSTEM_PYTHON": "--system",
}


def surrounding_arguments(
    environment: Mapping[str, str], config_files: Sequence[str] | None = None
) -> list[str]:
    """Return the arguments of `install` that variables and configuration files stand for.

    Args:
        environment: the variables.
        config_files: pip's configuration files, the weakest first; None for those that pip reads.

    Raises:
        RequestError: a file cannot be read, or a switch is neither on nor off.
    """
    told = list(_of_pip(environment, config_files))
    if uses_uv_settings(environment):
        told += _of_uv(environment)
    return told


def _of_pip(environment: Mapping[str, str], config_files: Sequence[str] | None) -> Iterator[str]:
    pip = read_pip_configuration(environment, config_files=config_files)
    for name in _PIP_SWITCHES:
        if pip.switch(name):
            yield f"--{name}"
    for name in _PIP_VALUES:
        if pip.text(name):
            yield f"--{name}={pip.text(name)}"
    # As pip documents: these two say the opposite of their names, and any word does for the cache.
    compiles = pip.switch("no-compile")
    if compiles is not None:
        yield "--compile" if compiles else "--no-compile"
    if pip.switch("no-cache-dir") is not None:
        yield "--no-cache-dir"
    for name in ("quiet", "verbose"):
        times = pip.text(name)
        count = int(times) if times in set("0123456789") else int(pip.switch(name) is True)
        yield from [f"--{name}"] * count


def _of_uv(environment: Mapping[str, str]) -> Iterator[str]:
    for name, flag in _UV_SWITCHES.items():
        if environment.get(name) and truth_of(name, environment[name]):
            yield flag
    if environment.get("UV_PYTHON"):
        yield f"--python={environment['UV_PYTHON']}"
