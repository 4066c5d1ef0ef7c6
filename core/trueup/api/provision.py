"""Build environments: a build is an install, into an environment that is kept for the next build.

A build environment is named by exactly what it holds, so that it never changes under a build that
uses it: other requirements, or newer versions of them, are another environment.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from trueup.acquisition.supply import Supply
from trueup.api.answering import answer
from trueup.api.workshop import Workshop
from trueup.destination.environment import Environment, Interpreter
from trueup.destination.installed import read_installed
from trueup.destination.locate import open_environment
from trueup.destination.lock import environment_lock, state_lock
from trueup.errors import BuildError, EnvironmentProblem
from trueup.installation.damage import find_damage
from trueup.installation.plan import PlanChoices, decide
from trueup.installation.transaction import recover
from trueup.resolution.artifact import Resolution, Wheel
from trueup.resolution.request import BuildChoices, Request, RequestedItem
from trueup.values import replace

if TYPE_CHECKING:
    from trueup.acquisition.builder import Provision

__all__ = ["supply_for"]

_DEEPEST = 10  # builds that need a build that needs a build


def supply_for(request: Request, interpreter: Interpreter, workshop: Workshop) -> Supply:
    """Return where the packs of `request` come from, build environments included."""
    return _supply(request, interpreter, workshop, ())


def _supply(
    request: Request, interpreter: Interpreter, workshop: Workshop, stack: tuple[str, ...]
) -> Supply:
    return Supply(
        store=workshop.store,
        fetcher=workshop.fetcher,
        interpreter=interpreter,
        provision=_provisioner(request, workshop, stack),
        build=request.build,
        variables=workshop.variables,
        reporter=workshop.reporter,
        timeout=workshop.build_timeout,
        offline=workshop.offline,
        credentials=workshop.credentials,
    )


def _provisioner(request: Request, workshop: Workshop, stack: tuple[str, ...]) -> Provision:
    """Return what makes build environments for builds that `request` leads to."""

    def provision(requirements: Sequence[str], interpreter: Interpreter, /) -> Interpreter:
        wanted = "; ".join(requirements)
        if wanted in stack or len(stack) > _DEEPEST:
            raise BuildError(
                f"building needs itself: {' → '.join((*stack, wanted))}",
                hook="",
                hint="allow a wheel for one of them: drop --no-binary for it",
            )
        needs = _build_request(request, requirements)
        supply = _supply(needs, interpreter, workshop, (*stack, wanted))
        resolution = answer(needs, interpreter, {}, {}, workshop).resolution
        return _environment_of(resolution, interpreter, supply, workshop).interpreter

    return provision


def _build_request(request: Request, requirements: Sequence[str]) -> Request:
    """Return the request for a build environment: the user's indexes, none of its own settings."""
    items = []
    for text in requirements:
        try:
            items.append(RequestedItem(text, Requirement(text), origin="build requirements"))
        except InvalidRequirement as error:
            raise BuildError(
                f"the build requirement {text!r} cannot be read: {error}",
                hook="",
                hint="mend [build-system] requires in its pyproject.toml",
            ) from error
    return Request(
        items=tuple(items),
        index=request.index,
        build=BuildChoices(
            no_binary=request.build.no_binary, only_binary=request.build.only_binary
        ),
        prerelease=request.prerelease,
        exclude_newer=request.exclude_newer,
        environment=request.environment,
    )


def _environment_of(
    resolution: Resolution, interpreter: Interpreter, supply: Supply, workshop: Workshop
) -> Environment:
    """Open the environment that holds exactly `resolution`; make or mend it where needed."""
    folder = workshop.store.folder("build-environments")
    name = _name_of(resolution, interpreter)
    directory = os.path.join(folder, name)
    making = os.path.join(workshop.store.folder("locks"), f"making-{name}")
    with state_lock(making, directory, reporter=workshop.reporter):
        environment = _open_or_create(directory, interpreter, workshop)
        os.utime(directory)  # looking after the store leaves alone what was used lately
    with environment_lock(environment, reporter=workshop.reporter):
        recover(environment, reporter=workshop.reporter)
        installed = read_installed(environment)
        damaged = find_damage(environment, installed, edited_too=True)
        plan = decide(installed, resolution, PlanChoices(exact=True, damaged=damaged))
        if not plan.empty:
            from trueup.api.applying import Work, apply

            apply(Work(plan), environment, replace(supply, interpreter=environment.interpreter))
    return environment


def _open_or_create(directory: str, interpreter: Interpreter, workshop: Workshop) -> Environment:
    try:
        return open_environment(directory, memory=workshop.interpreters)
    except EnvironmentProblem:
        from trueup.destination.creation import create_environment

        return create_environment(directory, interpreter, clear=True, memory=workshop.interpreters)


def _name_of(resolution: Resolution, interpreter: Interpreter) -> str:
    """Name an environment by its content and by the interpreter that it is made from."""
    parts: list[object] = [interpreter.base_executable, *interpreter.version, interpreter.magic]
    for one in resolution.artifacts:
        pinned = one.source.hashes if isinstance(one.source, Wheel) else repr(one.source)
        parts.append([canonicalize_name(one.name), one.version, pinned])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
