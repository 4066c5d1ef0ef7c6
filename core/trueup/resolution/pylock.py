"""Reading pylock data (PEP 751): one artifact for each package that an interpreter needs.

Both a lock that the user wrote and the output of a resolver come through here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, unquote, urljoin, urlsplit

from packaging.pylock import (
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    PylockSelectError,
)
from packaging.tags import Tag

from trueup.errors import RequestError, ResolutionError
from trueup.resolution.address import file_url, recorded, without_credentials
from trueup.resolution.artifact import Archive, Artifact, Directory, Repository, Sdist, Wheel
from trueup.resolution.request import BuildChoices
from trueup.resolution.wheel_ranking import WheelRanking
from trueup.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.markers import Environment as MarkerEnvironment
    from packaging.pylock import Package, Pylock

    from trueup.destination.environment import Interpreter
    from trueup.resolution.artifact import Source
    from trueup.resolution.promises import Hashes

    Chosen = PackageVcs | PackageDirectory | PackageArchive | PackageWheel | PackageSdist
    File = PackageArchive | PackageWheel | PackageSdist

__all__ = ["Terms", "is_remote", "must_build", "must_not_build", "select"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides which files of a lock are taken.

    Attributes:
        interpreter: whose markers and tags count.
        origin: where the lock lies, a path or a URL: relative paths in it count from there.
        build: what may be built.
        extras: extras that are wanted.
        groups: dependency groups that are wanted; None for the lock's own default.
        promises: normalized name to hashes that a file must have one of.
    """

    interpreter: Interpreter
    origin: str
    build: BuildChoices = field(default_factory=BuildChoices)
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None
    promises: Mapping[str, Hashes] = field(default_factory=dict)


def must_build(name: str, build: BuildChoices) -> bool:
    """Say whether no wheel of an index may be used for `name`; a name outweighs ":all:"."""
    every = ":all:" in build.no_binary and name not in build.only_binary
    return name in build.no_binary or every


def must_not_build(name: str, build: BuildChoices) -> bool:
    """Say whether only a wheel may be used for `name`; a name outweighs ":all:"."""
    every = ":all:" in build.only_binary and name not in build.no_binary
    return name in build.only_binary or every


def is_remote(origin: str) -> bool:
    """Say whether `origin` is an address on the network and not a path or `file:` URL."""
    return "://" in origin and not origin.lower().startswith("file:")


def select(lock: Pylock, terms: Terms) -> tuple[tuple[Package, Artifact], ...]:
    """Return the packages that are to be installed, in order of name, each with its artifact.

    Raises:
        ResolutionError: the lock is not for this interpreter, or a package has no file for it.
        RequestError: a path of the lock leads where it must not.
    """
    ranking = WheelRanking(terms.interpreter.tags)
    narrowed = replace(lock, packages=[_narrow(each, ranking, terms) for each in lock.packages])
    try:
        chosen = list(
            narrowed.select(
                environment=cast("MarkerEnvironment", dict(terms.interpreter.markers)),
                tags=[Tag(*tag.split("-")) for tag in terms.interpreter.tags],
                extras=terms.extras,
                dependency_groups=terms.groups,
            )
        )
    except PylockSelectError as error:
        version = ".".join(map(str, terms.interpreter.version))
        raise ResolutionError(
            f"{_name_of(terms.origin)} does not fit {terms.interpreter.executable} "
            f"(Python {version}): {error}.",
            hint="Lock again for this Python and platform, or choose another interpreter.",
        ) from error
    found = [(package, _artifact(package, source, terms)) for package, source in chosen]
    return tuple(sorted(found, key=lambda pair: pair[1].name))


def _name_of(origin: str) -> str:
    return without_credentials(origin).replace("\\", "/").rpartition("/")[2]


def _narrow(package: Package, ranking: WheelRanking, terms: Terms) -> Package:
    """Leave of a package's files only the one that is to be taken.

    `Pylock.select` knows neither build tags nor what may be built. Where nothing is left to take,
    the package stays as it is: its marker may yet rule it out, and if not, `_artifact` refuses.
    """
    promised = terms.promises.get(package.name)
    wheels = [wheel for wheel in package.wheels or () if _is_promised(wheel, promised)]
    sdist = package.sdist
    if must_build(package.name, terms.build):
        return replace(package, wheels=None) if sdist else package
    best = ranking.best(wheels, lambda wheel: wheel.filename)
    if best is not None:
        return replace(package, wheels=[best], sdist=None)
    return replace(package, wheels=None) if sdist else package


def _is_promised(file: File, promised: Hashes | None) -> bool:
    """Say whether `file` may be meant; one whose hash is of another algorithm may."""
    algorithms = {name for name, _ in promised or ()}
    shared = {(name, digest) for name, digest in file.hashes.items() if name in algorithms}
    return not shared or bool(shared & (promised or frozenset()))


def _artifact(package: Package, chosen: Chosen, terms: Terms) -> Artifact:
    _refuse_unwanted(package, chosen, terms.build)
    version = "" if package.version is None else str(package.version)
    direct = not isinstance(chosen, PackageWheel | PackageSdist)
    return Artifact(package.name, version, _source(chosen, terms.origin), direct)


def _refuse_unwanted(package: Package, chosen: Chosen, build: BuildChoices) -> None:
    title = package.name if package.version is None else f"{package.name} {package.version}"
    if isinstance(chosen, PackageWheel) and must_build(package.name, build):
        raise ResolutionError(
            f"{title} has no source distribution, and wheels of it are not to be used.",
            hint=f"Leave {package.name} out of --no-binary.",
        )
    if isinstance(chosen, PackageSdist) and must_not_build(package.name, build):
        raise ResolutionError(
            f"{title} has no wheel that fits, and it is not to be built.",
            hint=f"Allow a build of it (--no-binary {package.name}), or choose another version.",
        )


def _source(chosen: Chosen, origin: str) -> Source:
    if isinstance(chosen, PackageDirectory):
        if is_remote(origin):
            _refuse_path(chosen.path, origin, "names a directory of this machine")
        path = os.path.join(os.path.dirname(os.path.abspath(origin)), chosen.path)
        path = os.path.realpath(os.path.join(path, chosen.subdirectory or ""))
        return Directory(path, editable=bool(chosen.editable))
    url = recorded(_locate(chosen.url, chosen.path, origin))
    if isinstance(chosen, PackageVcs):
        return Repository(
            vcs=chosen.type,
            url=url,
            requested_revision=chosen.requested_revision or "",
            commit=chosen.commit_id,
            subdirectory=chosen.subdirectory or "",
        )
    hashes = tuple(sorted(chosen.hashes.items(), key=lambda pair: len(pair[1]), reverse=True))
    if isinstance(chosen, PackageArchive):
        filename = unquote(urlsplit(url).path).rpartition("/")[2]
        if not filename.endswith(".whl"):
            return Archive(url, hashes, chosen.subdirectory or "")
        return Wheel(url, filename, hashes, chosen.size)
    kind = Wheel if isinstance(chosen, PackageWheel) else Sdist
    return kind(url, chosen.filename, hashes, chosen.size)


def _locate(url: str | None, path: str | None, origin: str) -> str:
    """Return the address of a file, in whichever of PEP 751's two ways it is given."""
    if url and is_remote(origin):
        if not is_remote(url):
            _refuse_path(url, origin, "names a file of this machine")
        return url
    if path is None:
        return url or ""
    if not is_remote(origin):
        return file_url(os.path.join(os.path.dirname(os.path.abspath(origin)), path))
    return _locate_remote(path, origin)


def _locate_remote(path: str, origin: str) -> str:
    """Return a path of a lock from the network as an address below that lock's own folder.

    Whoever serves a lock must not choose files of this machine or elsewhere (pip issue 14159).
    """
    forward = path.replace("\\", "/")
    if forward.startswith("/") or ":" in forward.split("/")[0] or ".." in forward.split("/"):
        _refuse_path(path, origin, "has a path that leaves its own folder")
    return urljoin(origin.partition("?")[0], quote(forward))


def _refuse_path(path: str, origin: str, fault: str) -> None:
    raise RequestError(
        f"The lock {without_credentials(origin)} {fault}: {path!r}.",
        hint="Get the lock and its files onto this machine, and name it by path.",
    )
