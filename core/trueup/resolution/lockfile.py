"""Installing from a lock: `pylock.toml` (PEP 751) holds the answer, and no resolver is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from trueup.errors import RequestError
from trueup.resolution.address import without_credentials
from trueup.resolution.artifact import Resolution
from trueup.resolution.promises import WEAK
from trueup.resolution.request import BuildChoices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.pylock import Package, Pylock

    from trueup.destination.environment import Interpreter
    from trueup.resolution.artifact import Artifact

__all__ = ["resolve_lock"]


def resolve_lock(
    path: str,
    interpreter: Interpreter,
    *,
    extras: frozenset[str] = frozenset(),
    groups: frozenset[str] | None = None,
    build: BuildChoices | None = None,
    content: bytes | None = None,
) -> Resolution:
    """Return what a lock has for an interpreter.

    Args:
        path: where the lock lies; relative paths in it count from there.
        interpreter: for whom: its markers and tags decide.
        extras: extras of the lock that are wanted.
        groups: dependency groups of the lock that are wanted; None for the lock's own default.
        build: what may be built; None for no restriction.
        content: the lock itself, where the caller has read it; `path` may be a URL then, and no
            path in the lock may leave that URL's folder.

    Returns:
        The resolution; asked for by name is what no other package of it depends on, or all where
        the lock does not record dependencies.

    Raises:
        RequestError: it cannot be read, breaks PEP 751, or has no such extra or group.
        ResolutionError: it is not for this interpreter, or a package has no file for it.
    """
    from trueup.resolution.pylock import Terms, select

    lock = _read(path, content)
    wanted = frozenset(canonicalize_name(extra) for extra in extras)
    _refuse_unknown(path, "extra", wanted, lock.extras or ())
    _refuse_unknown(path, "dependency group", groups or (), lock.dependency_groups or ())
    terms = Terms(interpreter, path, build or BuildChoices(), wanted, groups)
    selected = select(lock, terms)
    artifacts = tuple(artifact for _, artifact in selected)
    for artifact in artifacts:
        _refuse_weak(path, artifact)
    return Resolution(artifacts, _roots([package for package, _ in selected]))


def _read(path: str, content: bytes | None) -> Pylock:
    import tomllib

    from packaging.pylock import Pylock, PylockValidationError

    shown = without_credentials(path)
    if content is None:
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            problem = f"The lock {shown} cannot be read: {error.strerror or error}."
            raise RequestError(problem, hint="Name a pylock.toml that exists.") from error
    try:
        return Pylock.from_dict(tomllib.loads(content.decode()))
    except (ValueError, PylockValidationError, RecursionError) as error:
        raise RequestError(
            f"{shown} is no valid lock: {error}.", hint="Make it again with the tool that wrote it."
        ) from error


def _refuse_unknown(path: str, kind: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    missing = sorted(set(wanted) - set(known))
    if missing:
        raise RequestError(
            f"{without_credentials(path)} has no {kind} {', '.join(missing)}.",
            hint=f"It has: {', '.join(known) or 'none'}.",
        )


def _refuse_weak(path: str, artifact: Artifact) -> None:
    hashes = getattr(artifact.source, "hashes", None)
    if hashes is not None and all(algorithm in WEAK for algorithm, _ in hashes):
        names = ", ".join(algorithm for algorithm, _ in hashes)
        raise RequestError(
            f"{without_credentials(path)} promises {artifact.name} only by {names}, which "
            "anybody can forge.",
            hint="Lock again with a tool that writes sha256.",
        )


def _roots(packages: list[Package]) -> frozenset[str]:
    names = {str(package.name) for package in packages}
    depended = {
        canonicalize_name(str(dependency.get("name", "")))
        for package in packages
        for dependency in package.dependencies or ()
        if dependency.get("name") != package.name
    }
    return frozenset(names - depended)
