"""`--require-hashes`: everything that is asked for has to be pinned to a file that is promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name

from trueup.resolution.credentials import presentable
from trueup.resolution.location import is_repository
from trueup.resolution.problems import Problems
from trueup.resolution.request import LocalProject, RequestedItem

__all__ = ["check_hashes"]


def check_hashes(
    items: Sequence[RequestedItem],
    constraints: Iterable[RequestedItem],
    projects: Iterable[LocalProject],
    problems: Problems,
) -> None:
    """Take down every requirement that no hash can be demanded of.

    A requirement may have its pin and its hashes in a constraint, as with pip. One with a marker is
    left to whoever knows the interpreter: it may not be for it at all.
    """
    limits = [limit for limit in constraints if limit.requirement is not None]
    hashed = {_name(limit) for limit in limits if limit.hashes}
    pinned = {_name(limit) for limit in limits if _is_pinned(limit)}
    for project in projects:
        if not project.marker:
            problems.add(f"{project.origin}: {project.path} is a directory, which has no hash")
    for item in items:
        if item.requirement is not None and item.requirement.marker is not None:
            continue
        shown = f"{item.origin}: {presentable(item.text)}"
        address = item.text if item.requirement is None else item.requirement.url or ""
        if is_repository(address):
            problems.add(f"{shown} is a repository, which has no hash")
        elif not item.hashes and _name(item) not in hashed:
            problems.add(f"{shown} has no hash", "write --hash=sha256:… behind it")
        elif not address and not _is_pinned(item) and _name(item) not in pinned:
            problems.add(f"{shown} is not pinned", "write name==version")


def _name(item: RequestedItem) -> str:
    return canonicalize_name(item.requirement.name) if item.requirement is not None else ""


def _is_pinned(item: RequestedItem) -> bool:
    specifiers = list(item.requirement.specifier) if item.requirement is not None else []
    return any(
        each.operator in {"==", "==="} and not each.version.endswith(".*") for each in specifiers
    )
