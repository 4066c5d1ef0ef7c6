"""What of an install can be done again into another empty environment, without asking anybody.

It is the counterpart of `trueup.api.repeating`, and the only one of the two that parses. Whatever
decides an answer is either in the key of what is remembered (arguments, variables, directory), or
among its grounds, or compared when it is repeated; what is none of these is not remembered.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from trueup.api.grounding import holds_variables
from trueup.api.grounds import Grounds
from trueup.api.repeat import Repeat, interpreter_key
from trueup.resolution.address import local_path
from trueup.resolution.artifact import Wheel
from trueup.resolution.install_options import InstallOptions
from trueup.resolution.pip_configuration import pip_configuration_files
from trueup.resolution.promises import demands_hashes
from trueup.resolution.surroundings import configuration_files, local_places
from trueup.resolution.uv import UvResolver
from trueup.resolution.uv_program import packaged_uv
from trueup.values import replace

if TYPE_CHECKING:
    from trueup.acquisition.pack import Pack
    from trueup.acquisition.supply import Acquired
    from trueup.api.answering import Answer
    from trueup.destination.environment import Environment
    from trueup.resolution.artifact import Artifact
    from trueup.resolution.request import Request

__all__ = ["repeat_of"]

_KEYED = ("PIP_", "TRUEUP_", "UV_")  # of the variables that a glance has in its key


def repeat_of(
    order: tuple[Request, Environment, InstallOptions, Mapping[str, str]],
    answered: Answer,
    acquired: Mapping[str, Acquired],
) -> Repeat | None:
    """Return what to do when the same is asked for again; None where more than looks decides.

    Args:
        order: the request, the environment, which was empty, how it was to be done, and the
            environment variables.
        answered: what the request came to.
        acquired: the pack of each distribution, by normalized name.
    """
    request, environment, options, variables = order
    grounds = _grounds(request, answered, variables)
    if grounds is None or not (_is_plain(options) and _is_usual(environment)):
        return None
    artifacts = answered.resolution.artifacts
    packs = [acquired[one.name].pack for one in artifacts]
    if not all(map(_is_pinned_wheel, artifacts, packs)):
        return None
    requested = answered.resolution.requested
    rows = zip(artifacts, packs, strict=True)
    local = [path for one in artifacts for path in _local(one)]
    return Repeat(
        packs=tuple(
            (pack.digest, pack.name, pack.version, one.name in requested) for one, pack in rows
        ),
        interpreter=interpreter_key(environment.interpreter),
        compiled=options.compile,
        recreate=options.recreate,
        told=answered.told,
        lasting=options.offline,
        verbosity=options.verbose - options.quiet,
        progress=options.progress,
        color=options.color,
        warnings=tuple(dict.fromkeys(answered.resolution.warnings)),
        grounds=replace(grounds, places=(*grounds.places, *local)),
    )


def _is_plain(options: InstallOptions) -> bool:
    """Whether the options ask for nothing that is done, looked at or told beside the install."""
    plain = replace(
        InstallOptions(),
        python=options.python,
        exact=options.exact,
        recreate=options.recreate,
        no_deps=options.no_deps,
        compile=options.compile,
        offline=options.offline,
        network=options.network,
        quiet=options.quiet,
        progress=options.progress,
        color=options.color,
    )
    return options == plain and not options.compile


def _is_usual(environment: Environment) -> bool:
    """Whether it is a virtual environment, and not the one of this process."""
    own = environment.scheme == environment.interpreter.scheme
    return own and environment.interpreter.virtual and not environment.running


def _is_pinned_wheel(artifact: Artifact, pack: Pack) -> bool:
    """Whether it is a wheel that was found by name, pinned by the hash that its pack goes by."""
    source = artifact.source
    if not isinstance(source, Wheel) or artifact.direct:
        return False
    return dict(source.hashes).get("sha256") == pack.digest


def _local(artifact: Artifact) -> list[str]:
    """Return the path of a file on this machine."""
    path = local_path(artifact.source.url) if isinstance(artifact.source, Wheel) else None
    return [] if path is None else [path]


def _grounds(request: Request, answered: Answer, variables: Mapping[str, str]) -> Grounds | None:
    """Return what decided the answer; None where that cannot be told by looks."""
    resolver = answered.resolver
    if not isinstance(resolver, UvResolver) or answered.standing:
        return None
    if _decides_more(request) or any(map(holds_variables, request.files)):
        return None
    settings = [*configuration_files(variables, os.getcwd()), *pip_configuration_files(variables)]
    found = {os.path.abspath(path): os.path.lexists(path) for path in settings if path}
    places = [path for path, there in found.items() if there]
    absent = [path for path, there in found.items() if not there]
    if not variables.get("TRUEUP_UV") and resolver.executable != packaged_uv():
        absent += _earlier(resolver.executable, variables)
    return Grounds(
        (*request.files, *places, *local_places(request), resolver.executable),
        tuple(absent),
        unset=("TOX_UV_PATH",),
    )


def _decides_more(request: Request) -> bool:
    """Whether more decides than files, settings and the interpreter."""
    if request.projects or request.lock or request.exclude_newer or demands_hashes(request):
        return True
    if request.upgrade or request.upgrade_packages or not request.build.build_isolation:
        return True
    if not request.items:
        return True
    return any(not name.startswith(_KEYED) for name in request.environment)


def _earlier(executable: str, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield where another uv would be found before `executable`."""
    yield from (os.path.join(place, "uv") for place in sys.path if place)
    for place in variables.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(place, os.path.basename(executable))
        if path == executable:
            return
        yield path
