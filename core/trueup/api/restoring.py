"""Restoring: a distribution as it was installed, from the store or from where it came from.

What was installed is known by its receipt, which names the pack; where the store has that still,
no network and no resolver is asked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from packaging.requirements import InvalidRequirement, Requirement

from trueup.acquisition.acquire import acquire
from trueup.acquisition.pack import Pack
from trueup.acquisition.supply import Supply
from trueup.api.answering import answer
from trueup.api.judging import fingerprint_of, project_path
from trueup.api.order import Order
from trueup.api.projects import build_projects
from trueup.api.workshop import Workshop
from trueup.destination.installed import InstalledDistribution
from trueup.errors import EnvironmentProblem, ResolutionError
from trueup.freshness.fingerprint import FILE_NAME
from trueup.installation.record import Delivery
from trueup.installation.verification import AlteredFile
from trueup.resolution.request import LocalProject, RequestedItem
from trueup.values import dataclass, replace

__all__ = ["Broken", "Restored", "restore"]


@dataclass(frozen=True, slots=True)
class Broken:
    """A distribution that is not as it was installed.

    Attributes:
        distribution: what is, or was, there.
        files: what is wrong with it.
        pack: the digest of the wheel that it came from; "" where another installer brought it.
    """

    distribution: InstalledDistribution
    files: tuple[AlteredFile, ...]
    pack: str = ""

    @property
    def reason(self) -> str:
        """What is wrong, in words."""
        first, *others = self.files
        word = "is missing" if first.kind == "missing" else "is not as it was installed"
        more = f", and {len(others)} more" if others else ""
        return f"{first.path} {word}{more}"

    def content(self, name: str) -> bytes | None:
        """Return a file of dist-info as it was installed; None where there was none.

        Raises:
            EnvironmentProblem: there was one, and it is altered or missing.
        """
        path = os.path.join(self.distribution.path, name)
        if any(one.path == path for one in self.files):
            raise EnvironmentProblem(
                f"{self.distribution.name} cannot be put back: {path} is not as it was installed",
                hint="it told where the distribution came from; install it from there again",
            )
        try:
            with open(path, "rb") as source:
                return source.read()
        except FileNotFoundError:
            return None


@dataclass(frozen=True, slots=True)
class Restored:
    """What will be put in place, and how it was got."""

    delivery: Delivery
    how: str = "store"


def restore(one: Broken, order: Order, supply: Supply, workshop: Workshop) -> Restored:
    """Return what puts one distribution back as it was.

    Raises:
        TrueupError: it cannot be got.
    """
    extra: dict[str, bytes] = {}
    origin = one.content("direct_url.json")
    pack = supply.store.find_pack(one.pack) if one.pack else None
    how = "store"
    project = _project(one) if origin is not None else None
    if project is not None and (pack is None or not _is_known(one)):
        return _rebuilt(one, project, order, supply)
    fingerprint = one.content(FILE_NAME) if project is not None else None
    if fingerprint:
        extra[FILE_NAME] = fingerprint
    if pack is None:
        pack, how = _got(one, order, supply, workshop), "download"
    return Restored(_delivery(one, pack, extra), how)


def _delivery(one: Broken, pack: Pack, extra: Mapping[str, bytes]) -> Delivery:
    return Delivery(pack, _was_requested(one), one.distribution.direct_url, dict(extra))


def _was_requested(one: Broken) -> bool:
    path = os.path.join(one.distribution.path, "REQUESTED")
    return one.distribution.requested or any(each.path == path for each in one.files)


def _is_known(one: Broken) -> bool:
    """Whether the record of the build is whole."""
    path = os.path.join(one.distribution.path, FILE_NAME)
    return os.path.isfile(path) and all(each.path != path for each in one.files)


def _project(one: Broken) -> LocalProject | None:
    """Return the local project that it was installed from, if it was."""
    path = project_path(one.distribution)
    if path is None:
        return None
    known = fingerprint_of(one.distribution) if _is_known(one) else None
    details = (one.distribution.direct_url or {}).get("dir_info") or {}
    return LocalProject(
        os.path.realpath(path),
        editable=bool(details.get("editable")),
        config_settings=known.circumstances.config_settings if known else (),
        origin="what is installed",
        name=one.distribution.name,
    )


def _rebuilt(one: Broken, project: LocalProject, order: Order, supply: Supply) -> Restored:
    request = replace(order.request, items=(), projects=(project,), lock="")
    again = replace(order, request=request, reinstall=frozenset({one.distribution.name}))
    built = build_projects(again, supply, {}, {})[project.path]
    assert built.pack is not None  # noqa: S101 - nothing is installed, as far as this build knows
    extra = {FILE_NAME: built.fingerprint} if built.fingerprint else {}
    return Restored(_delivery(one, built.pack, extra), "build")


def _got(one: Broken, order: Order, supply: Supply, workshop: Workshop) -> Pack:
    """Get the wheel that a distribution came from; where no index has it, one of its version."""
    asked = _requirement(one)
    request = replace(
        order.request, projects=(), constraints=(), lock="", dependencies=False, upgrade=False
    )
    # An address tells its own hash, and a wheel that was built here has no place to be got from.
    by_index = bool(one.pack) and one.distribution.direct_url is None
    promised = [(("sha256", one.pack),)] if by_index else []
    failure = ""
    for hashes in (*promised, *([()] if not (request.require_hashes and by_index) else [])):
        item = RequestedItem(str(asked), asked, hashes, origin="what is installed")
        try:
            found = answer(
                replace(request, items=(item,)), supply.interpreter, {}, {}, workshop
            ).resolution
        except ResolutionError as error:
            failure = error.problem
        else:
            return acquire(found.artifacts, supply)[one.distribution.name].pack
    raise EnvironmentProblem(
        f"{one.distribution.name} {one.distribution.version} cannot be put back: {one.reason}",
        hint="neither the store nor an index has the wheel that it came from",
        detail=failure,
    )


def _requirement(one: Broken) -> Requirement:
    """Return what asks for a distribution from where it came from."""
    distribution = one.distribution
    origin = distribution.direct_url
    if origin is None:
        return _parsed(one, f"{distribution.name}=={distribution.version}")
    url = str(origin["url"])
    vcs, archive = origin.get("vcs_info"), origin.get("archive_info")
    fragments = []
    if isinstance(vcs, dict):
        url = f"{vcs.get('vcs')}+{url}@{vcs.get('commit_id')}"
    if isinstance(archive, dict) and "sha256" in (hashes := archive.get("hashes") or {}):
        fragments.append(f"sha256={hashes['sha256']}")
    if origin.get("subdirectory"):
        fragments.append(f"subdirectory={origin['subdirectory']}")
    fragment = f"#{'&'.join(fragments)}" if fragments else ""
    return _parsed(one, f"{distribution.name} @ {url}{fragment}")


def _parsed(one: Broken, text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise EnvironmentProblem(
            f"{one.distribution.name} cannot be put back: {text!r} cannot be asked for",
            hint="remove it, and install it from where it came from",
        ) from error
