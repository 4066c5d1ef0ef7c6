"""The grounds of an answer of "nothing to do": what decided it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from trueup import glance
from trueup.api.grounds import Grounds
from trueup.resolution.address import local_path
from trueup.resolution.pip_configuration import pip_configuration_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from trueup.destination.environment import Environment
    from trueup.freshness.footing import Look
    from trueup.resolution.install_options import InstallOptions
    from trueup.resolution.request import Request

__all__ = ["grounds_of", "grounds_of_name", "holds_variables"]

_CONFIG = "pyvenv.cfg"


def grounds_of(
    request: Request,
    environment: Environment,
    options: InstallOptions,
    variables: Mapping[str, str],
    *,
    remade: bool = False,
) -> Grounds:
    """Return what decided that nothing has to be done; without places where more decides than that.

    Args:
        request: what was asked for.
        environment: where.
        options: how the environment was named, among others.
        variables: the environment variables.
        remade: of an environment that was made anew.
    """
    named = None if options.system else grounds_of_name(options.python, variables)
    elsewhere = options.no_cache or options.cache_dir or options.directory
    if named is None or elsewhere or options.recreate != remade:
        return Grounds()
    if any(map(holds_variables, request.files)):
        return Grounds()
    interpreter = environment.interpreter
    config = os.path.join(interpreter.prefix, _CONFIG)
    places = [interpreter.executable, *environment.library_directories, *request.files]
    places += [config] if interpreter.virtual else []
    places += _archives(request)
    settings = pip_configuration_files(variables)
    # A link to nothing, say: what it leads to may come, and nobody looks there.
    if any(os.path.lexists(path) and not os.path.isfile(path) for path in settings):
        return Grounds()
    places += [path for path in settings if os.path.isfile(path)]
    absent = [os.path.join(environment.state, "journal")]
    absent += [path for path in settings if not os.path.lexists(path)]
    return Grounds(
        tuple(dict.fromkeys((*places, *named.places))),
        tuple(dict.fromkeys((*absent, *named.absent))),
        marks=() if remade else _programs(environment),
    )


def _programs(environment: Environment) -> tuple[Look, ...]:
    """Return how the folder of programs looks: one that is missing is put back.

    The folder alone: what is in an edited one is left as it is, and elsewhere there are thousands.
    """
    found = glance.looks([environment.scheme.scripts], entries=False)
    return tuple((folder, signature) for folder, signature in found if signature is not None)


def _archives(request: Request) -> list[str]:
    """Return the files that were asked for by address: their content decided."""
    asked = (item.requirement for item in request.items)
    paths = (local_path(one.url) for one in asked if one is not None and one.url)
    return [path for path in paths if path is not None]


def holds_variables(path: str) -> bool:
    """Whether a requirement file has `${NAME}` in it, which no look at files can judge."""
    try:
        with open(path, "rb") as file:
            return b"${" in file.read()
    except OSError:
        return True


def grounds_of_name(name: str, variables: Mapping[str, str]) -> Grounds | None:
    """Return what decided which environment is meant; None where a search of programs did.

    Args:
        name: what was said of it; "" for nothing.
        variables: the environment variables.
    """
    if name:
        path = os.path.abspath(os.path.expanduser(name))
        if os.path.isdir(path):
            return Grounds((os.path.join(path, _CONFIG),))
        return Grounds((path,)) if os.path.isfile(path) else None
    active = variables.get("VIRTUAL_ENV")
    if active:
        return Grounds((os.path.join(os.path.abspath(active), _CONFIG),))
    return _in_project(os.getcwd())


def _in_project(start: str) -> Grounds:
    """Return what the search for `.venv` saw on its way up."""
    absent: list[str] = []
    directory = start
    while True:
        path = os.path.join(directory, ".venv")
        config = os.path.join(path, _CONFIG)
        if os.path.isfile(path) or os.path.isfile(config):
            return Grounds((path if os.path.isfile(path) else config,), tuple(absent))
        absent.append(config if os.path.lexists(path) else path)
        parent = os.path.dirname(directory)
        if parent == directory:
            return Grounds((), tuple(absent))
        directory = parent
