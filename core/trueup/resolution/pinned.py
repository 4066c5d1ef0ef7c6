"""Resolving without a resolver: requirements that are all pinned and hashed need only be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from trueup.errors import ResolutionError
from trueup.resolution.address import local_path, recorded
from trueup.resolution.answer import holds
from trueup.resolution.artifact import Archive, Artifact, Resolution, Sdist, Wheel
from trueup.resolution.index_pages import files_of
from trueup.resolution.promises import demands_hashes, hold_to_promises, named_promises
from trueup.resolution.pylock import must_build, must_not_build
from trueup.resolution.simple_api import IndexFile
from trueup.resolution.wheel_ranking import WheelRanking
from trueup.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trueup.destination.environment import Interpreter
    from trueup.resolution.promises import Hashes
    from trueup.resolution.request import BuildChoices, Request, RequestedItem

__all__ = ["Read", "resolve_pinned"]

Read = Callable[[str, str], tuple[bytes, str]]


@dataclass(frozen=True, slots=True)
class _Pin:
    """One distribution, one version, and the hashes of the files that may be taken for it."""

    name: str
    version: Version
    hashes: Hashes


def resolve_pinned(
    request: Request,
    interpreter: Interpreter,
    read: Read,
    *,
    default_index: str = "",
    held: Callable[[str], str] = lambda _digest: "",
) -> Resolution | None:
    """Return the resolution of a request in which everything is pinned and hashed.

    Such a request names its dependencies itself (`--require-hashes`), so all that is left is to
    find each file. Every file is held to the hashes, so it does not matter which index has it.

    Args:
        request: what was asked for.
        interpreter: for whom.
        read: gets a page: (URL, Accept header) to (body, content type); called from several
            threads, raises `FetchError`. Pages and folders of this machine are read without it.
        default_index: the Simple API to use where the request names none, or "".
        held: a sha256 to the file name of the wheel that is here already, or "": where all are
            here, nobody is asked for a page.

    Returns:
        None where a resolver is needed: something is not pinned or not hashed, or was not found.
    """
    items = [item for item in request.items if _applies(item, interpreter.markers)]
    pins = _pins(items, request)
    if pins is None:
        return None
    artifacts = _addressed(items)
    if artifacts is None:
        return None
    files = _held_files(pins, held, interpreter, request.build) or files_of(
        [pin.name for pin in pins], request.index, read, default_index
    )
    ranking = WheelRanking(interpreter.tags)
    warnings = []
    for pin in pins:
        fitting = [each for each in files[pin.name] if _fits(each, pin, interpreter)]
        chosen = _choose(fitting, pin.name, request.build, ranking)
        if chosen is None:
            return None
        artifacts.append(_artifact(pin, chosen))
        if chosen.yanked is not None:
            reason = f": {chosen.yanked}" if chosen.yanked else ""
            warnings.append(f"{pin.name} {pin.version} was withdrawn by its authors{reason}")
    try:
        kept = hold_to_promises(artifacts, request)
    except ResolutionError:  # a resolver will say so too, with the whole story
        return None
    ordered = tuple(sorted(kept, key=lambda each: each.name))
    return Resolution(ordered, frozenset(each.name for each in kept), tuple(warnings))


def _held_files(
    pins: Iterable[_Pin],
    held: Callable[[str], str],
    interpreter: Interpreter,
    build: BuildChoices,
) -> dict[str, tuple[IndexFile, ...]]:
    """Return the wheels that are here for `pins`; {} where one of them has none that fits."""
    ranking = WheelRanking(interpreter.tags)
    found: dict[str, tuple[IndexFile, ...]] = {}
    for pin in pins:
        digests = [digest for algorithm, digest in pin.hashes if algorithm == "sha256"]
        named = ((digest, held(digest)) for digest in digests)
        files = [IndexFile(name, "", (("sha256", digest),)) for digest, name in named if name]
        fitting = [file for file in files if _fits(file, pin, interpreter)]
        if _choose(fitting, pin.name, build, ranking) is None:
            return {}
        found[pin.name] = tuple(fitting)
    return found


def _applies(item: RequestedItem, markers: Mapping[str, str]) -> bool:
    return item.requirement is None or holds(item.requirement.marker, markers)


def _pins(items: Iterable[RequestedItem], request: Request) -> list[_Pin] | None:
    """Return what is asked for by name, or None where that leaves a choice."""
    unfit = request.projects or request.lock or request.exclude_newer
    if unfit or not demands_hashes(request):
        return None
    promises = named_promises(request)
    pins: dict[str, _Pin] = {}
    for item in items:
        if item.requirement is None:
            return None
        if item.requirement.url:
            continue
        name = canonicalize_name(item.requirement.name)
        version = _exact(item)
        if version is None or not promises.get(name):
            return None
        if pins.setdefault(name, _Pin(name, version, promises[name])).version != version:
            return None
    return list(pins.values()) if _within(request.constraints, pins) else None


def _exact(item: RequestedItem) -> Version | None:
    specifiers = list(item.requirement.specifier) if item.requirement else []
    if len(specifiers) != 1 or specifiers[0].operator not in {"==", "==="}:
        return None
    try:
        return Version(specifiers[0].version)
    except InvalidVersion:  # `== 1.*`, or an arbitrary string after `===`
        return None


def _within(constraints: Iterable[RequestedItem], pins: Mapping[str, _Pin]) -> bool:
    for item in constraints:
        requirement = item.requirement
        if requirement is None or requirement.url:
            return False
        pin = pins.get(canonicalize_name(requirement.name))
        if pin and not requirement.specifier.contains(pin.version, prereleases=True):
            return False
    return True


def _addressed(items: Iterable[RequestedItem]) -> list[Artifact] | None:
    """Return what is asked for by address, or None where one of them has no hash to be held to."""
    artifacts: dict[str, Artifact] = {}
    for item in items:
        requirement = item.requirement
        if requirement is None or not requirement.url:
            continue
        name = canonicalize_name(requirement.name)
        parts = urlsplit(requirement.url)
        if name in artifacts or "+" in parts.scheme or "subdirectory" in parts.fragment:
            return None
        url = recorded(requirement.url)
        filename = unquote(urlsplit(url).path).rpartition("/")[2]
        if filename.endswith(".whl"):
            known = _parse(filename)
            if known is None or known[0] != name:
                return None
            artifacts[name] = Artifact(name, str(known[1]), Wheel(url, filename), direct=True)
        else:
            artifacts[name] = Artifact(name, "", Archive(url), direct=True)
    return list(artifacts.values())


def _parse(filename: str) -> tuple[str, Version] | None:
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[:2]
        return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _fits(file: IndexFile, pin: _Pin, interpreter: Interpreter) -> bool:
    known = _parse(file.filename)
    if known is None or known[0] != pin.name or known[1] != pin.version:
        return False
    try:
        if not SpecifierSet(file.requires_python).contains(
            ".".join(map(str, interpreter.version)), prereleases=True
        ):
            return False
    except InvalidSpecifier:  # old uploads have such: pip and uv take them as having none
        pass
    algorithms = {algorithm for algorithm, _ in pin.hashes}
    told = {pair for pair in _with_hash(file).hashes if pair[0] in algorithms}
    return bool(told & pin.hashes) or (not told and len(pin.hashes) == 1)


def _with_hash(file: IndexFile) -> IndexFile:
    """Return a file of this machine with the hash that its folder does not tell."""
    path = local_path(file.url)
    if file.hashes or path is None:
        return file
    import hashlib

    try:
        with open(path, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:  # gone since it was listed
        return file
    return replace(file, hashes=(("sha256", digest),))


def _choose(
    files: Iterable[IndexFile], name: str, build: BuildChoices, ranking: WheelRanking
) -> IndexFile | None:
    candidates = list(files)
    if not must_build(name, build):
        best = ranking.best(candidates, lambda each: each.filename)
        if best is not None:
            return best
    sdists = [each for each in candidates if not each.filename.endswith(".whl")]
    return sdists[0] if sdists and not must_not_build(name, build) else None


def _artifact(pin: _Pin, file: IndexFile) -> Artifact:
    kind = Wheel if file.filename.endswith(".whl") else Sdist
    source = kind(file.url, file.filename, _with_hash(file).hashes, file.size)
    return Artifact(pin.name, str(pin.version), source)
