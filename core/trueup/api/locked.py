"""The local projects of a lock: judged, and built only when stale, as any that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.resolution.artifact import Directory
from trueup.resolution.request import LocalProject
from trueup.values import replace

if TYPE_CHECKING:
    from trueup.api.order import Order
    from trueup.resolution.artifact import Artifact, Resolution

__all__ = ["answer_of_lock", "with_locked_projects"]


def answer_of_lock(order: Order) -> Resolution | None:
    """Return what the lock of `order` has for its interpreter; None where there is no lock.

    Raises:
        RequestError, ResolutionError: the lock is no good, or not for this interpreter.
    """
    request = order.request
    if not request.lock:
        return None
    from trueup.resolution.lockfile import resolve_lock

    return resolve_lock(
        request.lock,
        order.environment.interpreter,
        extras=request.lock_extras,
        groups=request.lock_groups or None,
        build=request.build,
    )


def with_locked_projects(order: Order, locked: Resolution) -> Order:
    """Return `order` with the directories that its lock names as local projects of the request.

    A lock pins what comes from elsewhere; of a directory it knows no more than the path.
    """
    projects = tuple(filter(None, map(_project, locked.artifacts)))
    return replace(order, request=replace(order.request, projects=projects))


def _project(artifact: Artifact) -> LocalProject | None:
    source = artifact.source
    if not isinstance(source, Directory):
        return None
    return LocalProject(
        source.path, editable=source.editable, origin="the lock", name=artifact.name
    )
