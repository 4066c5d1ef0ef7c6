"""What of `[build-system] requires` decides which build environment a build would get.

A build environment gets the highest versions that are allowed. So another declaration gives the
same one as long as it takes away nothing but what was not chosen: a bound, an exclusion or a pin
that what was chosen keeps. To let in more, or to ask for what was not there, may give another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from trueup.acquisition.build_system import read_build_system
from trueup.errors import SourceError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["asked_anew", "required_now", "unmet", "without_lower_bounds"]

_LOWER = (">=", ">")
# None of these looks at which build requirements there are. Others do: setuptools-scm is at work
# where it is named among them, and not where it only comes along.
_INDIFFERENT_WORDS = """
    editables flit-core hatchling packaging pathspec pdm-backend pluggy poetry-core setuptools tomli
    tomlkit trove-classifiers wheel
    """
_INDIFFERENT = frozenset(_INDIFFERENT_WORDS.split())


def required_now(tree: str) -> tuple[str, ...]:
    """Return `[build-system] requires` of a tree; () where it cannot be read, or names none."""
    try:
        return read_build_system(tree).requires
    except SourceError:
        return ()


def without_lower_bounds(requirements: Iterable[object]) -> list[str]:
    """Return requirements without the lower bounds that cannot change the choice of a version.

    A lower bound below the highest version takes nothing away; `unmet` tells whether it is below.
    Bounds that let in pre-releases, and requirements with a marker or an address, stay as they are.
    """
    return sorted(_upper_part(str(one)) for one in requirements)


def unmet(requirements: Iterable[object], environment: Sequence[str]) -> Iterator[str]:
    """Yield the requirements whose bounds the build environment does not keep.

    Args:
        requirements: PEP 508 strings.
        environment: "name version" of what the build environment held.
    """
    from packaging.utils import canonicalize_name

    held = _versions(environment)
    for text in map(str, requirements):
        parsed = _bounded(text)
        if parsed is not None:
            version = held.get(canonicalize_name(parsed.name))
            if version is None or not parsed.specifier.contains(version, prereleases=True):
                yield text


def asked_anew(
    before: Iterable[str], now: Iterable[str], environment: Sequence[str]
) -> Iterator[str]:
    """Yield what was added to build requirements, or taken from them, and may give others.

    What only has to be kept by what is there is for `unmet` to tell.

    Args:
        before: PEP 508 strings, for which the build environment was made.
        now: those that it would be made for.
        environment: "name version" of what it held.
    """
    old, others = _by_name(before)
    new, added = _by_name(now)
    yield from sorted(others ^ added)
    held = _versions(environment)
    for key in sorted(old.keys() | new.keys()):
        name, extras = key
        if key not in new:
            yield f"{name}{extras}"
        elif key not in old:
            # What was there anyway, and is all the same to who was there with it.
            if extras or name not in held or not _INDIFFERENT.issuperset(held):
                yield f"{name}{extras}"
        else:
            yield from (f"{name}{extras}{bound}" for bound in sorted(old[key] - new[key]))


def _upper_part(text: str) -> str:
    parsed = _bounded(text)
    if parsed is None:
        return text
    kept = sorted(_upper_bounds(parsed))
    extras = ",".join(sorted(parsed.extras))
    return f"{parsed.name}{f'[{extras}]' if extras else ''}{','.join(kept)}"


def _by_name(
    requirements: Iterable[str],
) -> tuple[Mapping[tuple[str, str], set[str]], set[str]]:
    """Return the upper bounds of each name and its extras, and the requirements that say more."""
    from packaging.utils import canonicalize_name

    found: dict[tuple[str, str], set[str]] = {}
    others: set[str] = set()
    for text in requirements:
        parsed = _bounded(text)
        if parsed is None:
            others.add(text)
            continue
        extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
        bounds = found.setdefault((canonicalize_name(parsed.name), extras), set())
        bounds.update(_upper_bounds(parsed))
    return found, others


def _upper_bounds(requirement: Requirement) -> Iterator[str]:
    return (str(one) for one in requirement.specifier if one.operator not in _LOWER)


def _versions(environment: Sequence[str]) -> dict[str, str]:
    """Return name to version."""
    return {name: version for name, _, version in (one.partition(" ") for one in environment)}


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
