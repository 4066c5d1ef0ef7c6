"""Judging what is installed from local projects: would a build now give it?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from trueup.acquisition.build_environment import backend_environment
from trueup.acquisition.build_system import read_build_system
from trueup.api.settling import settle
from trueup.destination.environment import Environment, Interpreter
from trueup.destination.hosted import is_of_hook_runner
from trueup.destination.installed import InstalledDistribution, path_in_url, read_installed
from trueup.errors import SourceError
from trueup.freshness.editables.judging import judge_from_outside
from trueup.freshness.fingerprint import FILE_NAME, Circumstances, Fingerprint
from trueup.freshness.sight import Sight
from trueup.freshness.storage import decode
from trueup.freshness.verdict import Fresh, Stale, Unknown, Verdict, judge
from trueup.resolution.request import LocalProject
from trueup.values import dataclass, replace

__all__ = [
    "Judgement",
    "circumstances_of",
    "fingerprint_of",
    "from_project",
    "judge_distribution",
    "judge_installed",
    "judge_now",
    "project_path",
    "sight_now",
]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found out about one local install.

    Attributes:
        distribution: what is installed.
        path: the project that it was installed from.
        editable: installed so that edits show at once.
        verdict: fresh, stale with reasons, or unknown.
        fingerprint: what the verdict rests on; None where there is none.
        command: what mends it, in the words of who installed it; "" means `trueup refresh`.
        environment: the root of the environment that it is installed in.
        mechanism: how the environment leads to the project, in words; "" with a fingerprint.
    """

    distribution: InstalledDistribution
    path: str
    editable: bool
    verdict: Verdict
    fingerprint: Fingerprint | None = None
    command: str = ""
    environment: str = ""
    mechanism: str = ""

    @property
    def fresh(self) -> bool:
        """Whether a build now would give what is installed."""
        return isinstance(self.verdict, Fresh)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not fresh, in sentences without a full stop, the weightiest first."""
        if isinstance(self.verdict, Stale):
            return tuple(one.message for one in self.verdict.reasons)
        return (self.verdict.reason,) if isinstance(self.verdict, Unknown) else ()


def judge_installed(
    environment: Environment,
    variables: Mapping[str, str] | None = None,
    names: Collection[str] = (),
) -> list[Judgement]:
    """Judge everything in `environment` that was installed from a local project, by name.

    Args:
        environment: what to look at.
        variables: environment variables that a build would start from; None for the process's own.
        names: only these; () for all.
    """
    settle(environment)
    wanted = {canonicalize_name(name) for name in names}
    around = dict(os.environ) if variables is None else variables
    found: list[Judgement] = []
    for name, distribution in sorted(read_installed(environment).items()):
        if wanted and name not in wanted:
            continue
        judgement = judge_distribution(distribution, environment, around)
        if judgement is not None:
            found.append(judgement)
    return found


def judge_distribution(
    distribution: InstalledDistribution, environment: Environment, variables: Mapping[str, str]
) -> Judgement | None:
    """Judge one distribution; None where it was not installed from a local project.

    What another installer brought has no record of its build, and is judged by what the disk shows.
    """
    path = project_path(distribution)
    if path is None or is_of_hook_runner(path):
        return None
    direct = distribution.direct_url or {}
    editable = distribution.kind == "egg-link" or bool(
        (direct.get("dir_info") or {}).get("editable")
    )
    fingerprint = fingerprint_of(distribution)
    if fingerprint is None:
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
    now = _circumstances_now(fingerprint, path, environment.interpreter)
    verdict = judge_now(fingerprint, now, environment.interpreter, variables)
    return Judgement(
        distribution, path, editable, verdict, fingerprint, environment=environment.root
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
    try:
        asked = read_build_system(tree).requires
    except SourceError:
        asked = ()
    scheme = interpreter.scheme
    installed = read_installed(Environment(interpreter, scheme, interpreter.prefix))
    versions: list[str] = []
    for text in asked:
        try:
            name = canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            continue
        present = installed.get(name)
        versions.append(f"{name} {present.version if present else 'missing'}")
    return ", ".join([interpreter.executable, *sorted(versions)])


def fingerprint_of(distribution: InstalledDistribution) -> Fingerprint | None:
    """Return the fingerprint that lies beside the metadata; None where there is no good one."""
    if distribution.kind != "dist-info":
        return None
    try:
        with open(os.path.join(distribution.path, FILE_NAME), "rb") as file:
            return decode(file.read())
    except OSError:
        return None


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
