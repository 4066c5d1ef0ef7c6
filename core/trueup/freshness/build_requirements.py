"""What of `[build-system] requires` decides which build environment a build would get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from trueup.acquisition.build_system import read_build_system
from trueup.errors import SourceError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["required_now", "unmet", "without_lower_bounds"]

_LOWER = (">=", ">")


def required_now(tree: str) -> tuple[str, ...]:
    """Return `[build-system] requires` of a tree; () where it cannot be read, or names none."""
    try:
        return read_build_system(tree).requires
    except SourceError:
        return ()


def without_lower_bounds(requirements: Iterable[object]) -> list[str]:
    """Return requirements without the lower bounds that cannot change the choice of a version.

    A build environment gets the highest version that is allowed, so that a lower bound below it
    takes nothing away; `unmet` tells whether it is below. Bounds that let in pre-releases, and
    requirements with a marker or an address, stay as they are.
    """
    return sorted(_upper_part(str(one)) for one in requirements)


def unmet(requirements: Iterable[object], environment: Sequence[str]) -> Iterator[str]:
    """Yield the requirements whose lower bounds the build environment does not keep.

    Args:
        requirements: PEP 508 strings.
        environment: "name version" of what the build environment held.
    """
    from packaging.utils import canonicalize_name

    held = dict(one.split(" ", 1) for one in environment)
    for text in map(str, requirements):
        parsed = _bounded(text)
        if parsed is not None:
            version = held.get(canonicalize_name(parsed.name))
            if version is None or not parsed.specifier.contains(version, prereleases=True):
                yield text


def _upper_part(text: str) -> str:
    parsed = _bounded(text)
    if parsed is None:
        return text
    kept = sorted(str(one) for one in parsed.specifier if one.operator not in _LOWER)
    extras = ",".join(sorted(parsed.extras))
    return f"{parsed.name}{f'[{extras}]' if extras else ''}{','.join(kept)}"


def _bounded(text: str) -> Requirement | None:
    """Return a requirement that has nothing but bounds between releases; None for all others."""
    from packaging.requirements import InvalidRequirement, Requirement

    if ";" in text or "@" in text:
        return None
    try:
        parsed = Requirement(text)
        if any(one.prereleases for one in parsed.specifier):
            return None
    except InvalidRequirement:
        return None
    return parsed
