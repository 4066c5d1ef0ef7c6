"""Judging what is installed from local projects: would a build now give it?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping

from trueup.acquisition.build_environment import backend_environment
from trueup.api.basis import Basis
from trueup.api.footholds import footholds, held
from trueup.api.judgement import Judgement, decoded
from trueup.api.settling import settle
from trueup.destination.environment import Environment, Interpreter
from trueup.destination.hosted import is_of_hook_runner
from trueup.destination.installed import (
    InstalledDistribution,
    normalized_name,
    path_in_url,
    read_installed,
)
from trueup.errors import SourceError
from trueup.freshness.fingerprint import FILE_NAME, Circumstances, Fingerprint
from trueup.freshness.sight import Sight
from trueup.freshness.verdict import Fresh, Stale, Unknown, Verdict, judge
from trueup.resolution.request import LocalProject
from trueup.values import replace

__all__ = [
    "circumstances_of",
    "fingerprint_of",
    "from_project",
    "judge_distribution",
    "judge_installed",
    "judge_now",
    "project_path",
    "sight_now",
]


def judge_installed(
    environment: Environment,
    variables: Mapping[str, str] | None = None,
    names: Collection[str] = (),
    basis: Basis | None = None,
) -> list[Judgement]:
    """Judge everything in `environment` that was installed from a local project, by name.

    Args:
        environment: what to look at.
        variables: environment variables that a build would start from; None for the process's own.
        names: only these; () for all.
        basis: collects what the verdicts stand on.
    """
    settle(environment)
    wanted = {normalized_name(name) for name in names}
    around = dict(os.environ) if variables is None else variables
    if basis is not None:
        basis.is_opened(environment)
    found: list[Judgement] = []
    for name, distribution in sorted(read_installed(environment).items()):
        if wanted and name not in wanted:
            continue
        judgement = judge_distribution(distribution, environment, around, basis)
        if judgement is not None:
            found.append(judgement)
    return found


def judge_distribution(
    distribution: InstalledDistribution,
    environment: Environment,
    variables: Mapping[str, str],
    basis: Basis | None = None,
) -> Judgement | None:
    """Judge one distribution; None where it was not installed from a local project.

    What another installer brought has no record of its build, and is judged by what the disk shows.

    Args:
        distribution: which.
        environment: where it is installed.
        variables: environment variables that a build would start from.
        basis: collects what the verdict stands on.
    """
    if basis is not None:
        basis.is_read(distribution, "direct_url.json")
    path = project_path(distribution)
    if path is None or is_of_hook_runner(path):
        return None
    direct = distribution.direct_url or {}
    editable = distribution.kind == "egg-link" or bool(
        (direct.get("dir_info") or {}).get("editable")
    )
    if basis is not None:
        basis.is_read(distribution, "METADATA", FILE_NAME)
    record = _record_of(distribution)
    fingerprint = decoded(record) if record else None
    if fingerprint is None:
        if basis is not None:
            basis.is_judged(None, None)
        return _judge_from_outside(distribution, environment, path, editable=editable)
    now = _circumstances_now(fingerprint, path, environment.interpreter)
    sight = sight_now(fingerprint, now, environment.interpreter, variables)
    files = footholds(distribution) if editable else ()
    if basis is not None:
        basis.is_laid_down(files)
        basis.is_judged(fingerprint, sight)
    verdict = judge(fingerprint, now, sight)
    if editable and isinstance(verdict, Fresh):
        verdict = held(files)
    return Judgement(distribution, path, editable, verdict, record, environment=environment.root)


def _judge_from_outside(
    distribution: InstalledDistribution, environment: Environment, path: str, *, editable: bool
) -> Judgement:
    # A third of all that a check imports, and most have nothing that is judged so.
    from trueup.freshness.editables.judging import judge_from_outside

    outside = judge_from_outside(distribution, environment)
    verdict = outside.verdict
    if distribution.installer == "trueup" and not isinstance(verdict, Stale):
        verdict = Unknown("its fingerprint is missing or damaged")
    return Judgement(
        distribution,
        path,
        editable,
        verdict,
        command=outside.command,
        environment=environment.root,
        mechanism=outside.mechanism,
    )


def judge_now(
    fingerprint: Fingerprint,
    now: Circumstances,
    interpreter: Interpreter,
    variables: Mapping[str, str],
) -> Verdict:
    """Compare a fingerprint with what a build under the circumstances `now` would find.

    A variable that the build before was given is one that somebody let in by name: that word still
    counts for who only asks.
    """
    return judge(fingerprint, now, sight_now(fingerprint, now, interpreter, variables))


def sight_now(
    fingerprint: Fingerprint,
    now: Circumstances,
    interpreter: Interpreter,
    variables: Mapping[str, str],
) -> Sight:
    """Return what a build under the circumstances `now` would find, to be compared."""
    given = {name for name, digest in fingerprint.variables.items() if digest}
    found = backend_environment(variables, interpreter, "", isolation=not now.site, more=given)
    return Sight(now.tree, found)


def circumstances_of(
    project: LocalProject,
    interpreter: Interpreter,
    config_settings: tuple[tuple[str, str], ...],
    *,
    isolation: bool,
) -> Circumstances:
    """Return the circumstances of a build of `project` that would be made now.

    Args:
        project: what is to be built.
        interpreter: for whom.
        config_settings: what every backend is told.
        isolation: in an environment of its own.
    """
    plain = Circumstances(
        tree=project.path,
        editable=project.editable,
        config_settings=(*config_settings, *project.config_settings),
    )
    return _with_interpreter(plain, interpreter, isolation=isolation)


def _with_interpreter(
    plain: Circumstances, interpreter: Interpreter, *, isolation: bool
) -> Circumstances:
    tags = hashlib.sha256("\0".join(interpreter.tags).encode()).hexdigest()[:16]
    version = ".".join(map(str, interpreter.version))
    short = ".".join(map(str, interpreter.version[:2]))
    return replace(
        plain,
        interpreter=f"{interpreter.implementation} {short} {tags}",
        python=f"{interpreter.implementation} {version} {interpreter.base_executable}",
        site="" if isolation else _site(interpreter, plain.tree),
    )


def _circumstances_now(
    fingerprint: Fingerprint, path: str, interpreter: Interpreter
) -> Circumstances:
    was = fingerprint.circumstances
    return _with_interpreter(replace(was, tree=path), interpreter, isolation=not was.site)


def _site(interpreter: Interpreter, tree: str) -> str:
    """Return what a build that is not isolated works with: the build requirements as they are."""
    from packaging.requirements import InvalidRequirement, Requirement

    from trueup.acquisition.build_system import read_build_system

    try:
        asked = read_build_system(tree).requires
    except SourceError:
        asked = ()
    scheme = interpreter.scheme
    installed = read_installed(Environment(interpreter, scheme, interpreter.prefix))
    versions: list[str] = []
    for text in asked:
        try:
            name = normalized_name(Requirement(text).name)
        except InvalidRequirement:
            continue
        present = installed.get(name)
        versions.append(f"{name} {present.version if present else 'missing'}")
    return ", ".join([interpreter.executable, *sorted(versions)])


def fingerprint_of(distribution: InstalledDistribution) -> Fingerprint | None:
    """Return the fingerprint that lies beside the metadata; None where there is no good one."""
    record = _record_of(distribution)
    return decoded(record) if record else None


def _record_of(distribution: InstalledDistribution) -> bytes:
    """Return the bytes of what should be a fingerprint; b"" where there is none."""
    if distribution.kind != "dist-info":
        return b""
    try:
        with open(os.path.join(distribution.path, FILE_NAME), "rb") as file:
            return file.read()
    except OSError:
        return b""


def project_path(distribution: InstalledDistribution) -> str | None:
    """Return the folder of the local project that something was installed from, or None."""
    if distribution.kind == "egg-link":
        return distribution.editable_location
    direct = distribution.direct_url
    if direct is None or not isinstance(direct.get("dir_info"), dict):
        return None
    from urllib.parse import urlsplit

    address = urlsplit(str(direct["url"]))
    if address.scheme != "file":
        return None
    path = path_in_url(address.path)
    inside = direct.get("subdirectory")
    return os.path.join(path, inside) if isinstance(inside, str) and inside else path


def from_project(
    installed: Mapping[str, InstalledDistribution], path: str
) -> Iterator[InstalledDistribution]:
    """Yield what is installed from the project at `path`."""
    for distribution in installed.values():
        if distribution.kind == "dist-info" and os.path.isfile(
            os.path.join(distribution.path, FILE_NAME)
        ):
            found = project_path(distribution)
            if found is not None and os.path.realpath(found) == path:
                yield distribution
