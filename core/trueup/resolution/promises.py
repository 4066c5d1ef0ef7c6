"""Hashes that the user wrote down, and holding every artifact to them (`--require-hashes`)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from trueup.errors import ResolutionError
from trueup.resolution.address import (
    fragment_hashes,
    key_of_address,
    key_of_source,
    split_bare,
)
from trueup.resolution.artifact import Directory, Repository
from trueup.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trueup.resolution.artifact import Artifact
    from trueup.resolution.request import Request, RequestedItem

__all__ = ["Hashes", "demands_hashes", "hold_to_promises", "named_promises"]

Hashes = frozenset[tuple[str, str]]
# Collisions of these can be made on purpose, so they promise nothing.
WEAK = frozenset({"md5", "sha1"})


def demands_hashes(request: Request) -> bool:
    """Say whether everything must be pinned by a hash: asked for, or implied by one `--hash`.

    A hash in an address binds that address alone, as it does for pip.
    """
    return request.require_hashes or any(
        _lowered(item.hashes) - _lowered(fragment_hashes(_address(item))) for item in request.items
    )


def _address(item: RequestedItem) -> str:
    if item.requirement is None:
        return split_bare(item.text)[0]
    return item.requirement.url or ""


def named_promises(request: Request) -> Mapping[str, Hashes]:
    """Return normalized name to every hash that requirements and constraints allow for it."""
    promised: defaultdict[str, Hashes] = defaultdict(frozenset)
    for item in (*request.items, *request.constraints):
        if item.requirement is not None and item.hashes:
            promised[canonicalize_name(item.requirement.name)] |= _lowered(item.hashes)
    return dict(promised)


def _lowered(hashes: Iterable[tuple[str, str]]) -> Hashes:
    return frozenset((algorithm, digest.lower()) for algorithm, digest in hashes)


def _addressed(items: Iterable[RequestedItem]) -> Mapping[tuple[str, ...], Hashes]:
    """Return address to hashes, for what was asked for by address."""
    promised: defaultdict[tuple[str, ...], Hashes] = defaultdict(frozenset)
    for item in items:
        url = _address(item)
        if url:
            written = (*item.hashes, *fragment_hashes(url))
            promised[key_of_address(url)] |= _lowered(written)
    return promised


def hold_to_promises(artifacts: Iterable[Artifact], request: Request) -> tuple[Artifact, ...]:
    """Return the artifacts, each with the hash it was promised to have.

    Raises:
        ResolutionError: an artifact is not one of those promised, or has no promise where every
            artifact must have one.
    """
    strict = demands_hashes(request)
    named = named_promises(request)
    addressed = _addressed((*request.items, *request.constraints))
    held = []
    for artifact in artifacts:
        promised = named.get(artifact.name, frozenset())
        if artifact.direct:
            promised |= addressed.get(key_of_source(artifact.source), frozenset())
        if strict or promised:
            _refuse_unhashable(artifact)
        if strict and not promised:
            problem = f"{_title(artifact)} has no hash, and every distribution must have one."
            raise ResolutionError(
                problem, hint=f"Pin {artifact.name} with == and --hash, its dependencies too."
            )
        held.append(_hold(artifact, promised) if promised else artifact)
    return tuple(held)


def _title(artifact: Artifact) -> str:
    return f"{artifact.name} {artifact.version}".strip()


def _refuse_unhashable(artifact: Artifact) -> None:
    if isinstance(artifact.source, Directory | Repository):
        kind = "directory" if isinstance(artifact.source, Directory) else "repository"
        raise ResolutionError(
            f"{_title(artifact)} comes from a {kind}, which no hash can be checked for.",
            hint="Install it apart from what is pinned by hashes, with --no-deps.",
        )


def _hold(artifact: Artifact, promised: Hashes) -> Artifact:
    source = artifact.source
    assert not isinstance(source, Directory | Repository)  # noqa: S101 - refused just before
    usable = {pair for pair in promised if pair[0] not in WEAK}
    shared = {name for name, _ in source.hashes} & {name for name, _ in usable}
    if shared:
        if all((name, digest) in usable for name, digest in source.hashes if name in shared):
            return artifact
        raise ResolutionError(
            f"{_title(artifact)} is not what was promised: no --hash matches "
            f"{source.url.rpartition('/')[2]}.",
            hint=f"Write the wanted file's hash, or pin {artifact.name} to its version.",
            detail="\n".join(f"the file has {name}:{digest}" for name, digest in source.hashes),
        )
    if len(usable) == 1:  # nobody can tell yet: whoever gets the file checks it
        return replace(artifact, source=replace(source, hashes=(*usable, *source.hashes)))
    raise ResolutionError(
        f"{_title(artifact)} cannot be checked: its hashes are of no algorithm known for it.",
        hint="Use sha256.",
    )
