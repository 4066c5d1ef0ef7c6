"""The verdict on an install that left no record of its build: all that the disk can prove."""

from __future__ import annotations

import os
from collections.abc import Iterable

from trueup.destination.environment import Environment
from trueup.destination.hosted import is_of_hook_runner
from trueup.destination.installed import InstalledDistribution, read_installed
from trueup.errors import TrueupError
from trueup.freshness.editables.declared import read_declared
from trueup.freshness.editables.evidence import Doubt, Evidence, weigh
from trueup.freshness.editables.extensions import weigh_build_code
from trueup.freshness.editables.generator import weigh_generator
from trueup.freshness.editables.layout import weigh_layout
from trueup.freshness.editables.mechanism import Mechanism, locate_mechanism
from trueup.freshness.editables.mending import mending_command
from trueup.freshness.editables.metadata import weigh_metadata
from trueup.freshness.editables.namespaces import weigh_namespaces
from trueup.freshness.editables.origin import Origin, read_origin
from trueup.freshness.editables.project import Project, read_project
from trueup.freshness.editables.recorded import Recorded, read_recorded
from trueup.freshness.outcome import Reason, Unknown, Verdict
from trueup.values import dataclass

__all__ = ["Judgement", "judge_from_outside", "judge_installed", "local_distributions"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found of one install.

    Attributes:
        distribution: which.
        directory: the source tree that it was made from; "" if nobody knows.
        editable: whether its source tree is what is imported.
        mechanism: how the environment leads to it, in words.
        verdict: fresh, stale with reasons, or unknown with the reason.
        command: what mends it.
    """

    distribution: InstalledDistribution
    directory: str
    editable: bool
    mechanism: str
    verdict: Verdict
    command: str


def local_distributions(environment: Environment) -> list[InstalledDistribution]:
    """Return what was installed out of folders of this machine, in order of name.

    A runner's own clone of a hook is no such folder: nobody edits it.

    Raises:
        EnvironmentProblem: a directory is there and cannot be read.
    """
    found = read_installed(environment).values()
    return sorted((one for one in found if _is_local(one)), key=lambda one: one.name)


def _is_local(distribution: InstalledDistribution) -> bool:
    origin = read_origin(distribution)
    return origin is not None and not is_of_hook_runner(origin.directory)


def judge_installed(environment: Environment, names: Iterable[str] = ()) -> list[Judgement]:
    """Judge what was installed out of folders of this machine; nothing of it is run.

    Args:
        environment: may be one of `outside.environment_from_outside`.
        names: normalized names (PEP 503) to restrict it to; none for all.

    Raises:
        EnvironmentProblem: a directory is there and cannot be read.
    """
    wanted = set(names)
    return [
        judge_from_outside(one, environment)
        for one in local_distributions(environment)
        if not wanted or one.name in wanted
    ]


def judge_from_outside(distribution: InstalledDistribution, environment: Environment) -> Judgement:
    """Judge one install by what lies on the disk, with no record of its build.

    The installed code is neither imported nor started; neither is the environment's Python.

    Args:
        distribution: what `local_distributions` returned.
        environment: where it is installed; of its interpreter only the version counts.
    """
    origin = read_origin(distribution) or Origin("", editable=False)
    directory = origin.directory
    project: Project | None = None
    mechanism = Mechanism("none")
    try:
        if directory and os.path.isdir(directory):
            project = read_project(directory)
        mechanism = locate_mechanism(distribution, environment)
        verdict = weigh(_evidence(distribution, environment, origin, project, mechanism))
    except (TrueupError, OSError) as error:
        verdict = Unknown(str(error))
    command = mending_command(distribution, environment, origin, project, mechanism.kind)
    kind = mechanism.kind if origin.editable else "copy"
    return Judgement(distribution, directory, origin.editable, kind, verdict, command)


def _evidence(
    distribution: InstalledDistribution,
    environment: Environment,
    origin: Origin,
    project: Project | None,
    mechanism: Mechanism,
) -> Evidence:
    directory = origin.directory
    if not directory:
        yield Doubt("nothing says where its project lies")
        return
    if project is None:
        message = f"{directory}, the project, was moved or deleted"
        yield Reason("gone", directory, message, "there", "missing")
        return
    if not _is_project(project):
        message = f"{project.directory} holds no project any more"
        yield Reason("gone", project.directory, message, "a project", "none")
        return
    if project.problem:  # a build would fail, and nobody knows what it gave before
        yield Reason("input changed", project.broken, project.problem)
        return
    declared, recorded = read_declared(project), read_recorded(distribution)
    yield from weigh_metadata(project, declared, recorded, distribution)
    yield from _weigh_old_settings(project, recorded)
    yield from weigh_generator(project, recorded)
    yield from weigh_build_code(project)
    if origin.editable:
        yield from weigh_layout(project, mechanism, distribution)
        yield from weigh_namespaces(project, mechanism)
    else:
        from trueup.freshness.editables.copies import weigh_copy

        yield from weigh_copy(project, mechanism, distribution)
    if origin.editable:
        from trueup.freshness.editables.outputs import weigh_outputs

        yield from weigh_outputs(project, mechanism, distribution, environment)
    yield from _weigh_the_rest(distribution, project)


def _weigh_the_rest(distribution: InstalledDistribution, project: Project) -> Evidence:
    from trueup.freshness.editables.dynamic_fields import is_from_repository
    from trueup.freshness.editables.licences import weigh_licences

    yield from weigh_licences(project, read_recorded(distribution), distribution)
    if is_from_repository(project):
        from trueup.freshness.editables.repository_version import weigh_repository_version

        yield from weigh_repository_version(project, distribution.version)


def _weigh_old_settings(project: Project, recorded: Recorded) -> Evidence:
    if project.setup_cfg or project.setup_script:
        from trueup.freshness.editables.old_settings import weigh_old_settings

        yield from weigh_old_settings(project, recorded)


def _is_project(project: Project) -> bool:
    names = ("pyproject.toml", "setup.py", "setup.cfg")
    return any(os.path.isfile(project.path(name)) for name in names)
