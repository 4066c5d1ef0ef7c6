"""What pip is told: its arguments, its environment and the files it reads. Pure, nothing is run.

Addresses with credentials go into the environment or into files of ours, because anybody on the
machine may read a command line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from trueup.errors import ResolutionError
from trueup.resolution.address import address_of, local_path
from trueup.resolution.answer import item_line, project_lines
from trueup.resolution.program import version_number
from trueup.resolution.promises import demands_hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trueup.resolution.request import Request, RequestedItem
    from trueup.resolution.resolver import Question

__all__ = [
    "arguments",
    "constraint_file",
    "environment",
    "index_warnings",
    "pins",
    "refuse_impossible",
    "requirement_file",
]

UPLOADED_PRIOR_TO = (26, 0)
# These would let pip look or write elsewhere, ask questions, or say less than is needed.
MISLEADING = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_QUIET", "PIP_PYTHON")
INDEXES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


def refuse_impossible(request: Request, version: str) -> None:
    """Refuse what this pip has no option for, instead of giving another answer than asked for.

    Raises:
        ResolutionError: naming the option.
    """
    if request.strategy != "highest":
        raise ResolutionError(
            f"pip cannot resolve to the {request.strategy} versions.",
            hint="Install uv, or set TRUEUP_RESOLVER=uv.",
        )
    if request.exclude_newer and version_number(version) < UPLOADED_PRIOR_TO:
        raise ResolutionError(
            f"pip {version} cannot leave out what is newer than {request.exclude_newer}.",
            hint="Get pip 26.0 or newer, or set TRUEUP_RESOLVER=uv.",
        )


def requirement_file(question: Question) -> str:
    """Return the requirements, one a line, with hashes and settings as pip writes them."""
    hashed = demands_hashes(question.request)  # one --hash makes pip demand them for everything
    lines = [_line(item, hashed=hashed) for item in question.request.items]
    return "".join(f"{line}\n" for line in (*lines, *project_lines(question)))


def constraint_file(question: Question, more: Iterable[str]) -> str:
    """Return the constraints, one a line, and `more` of them."""
    hashed = demands_hashes(question.request)
    lines = [_line(item, hashed=hashed) for item in question.request.constraints]
    return "".join(f"{line}\n" for line in (*lines, *more))


def _line(item: RequestedItem, *, hashed: bool) -> str:
    options = [f' --config-settings "{key}={value}"' for key, value in item.config_settings]
    if hashed:
        options += [f" --hash={algorithm}:{digest}" for algorithm, digest in item.hashes]
    return item_line(item.text, item.origin) + "".join(options)


def pins(question: Question) -> tuple[str, ...]:
    """Return the installed versions that may stay, as constraints.

    Left out is what may be upgraded, and what a requirement or constraint rules out by itself.
    """
    request = question.request
    if request.upgrade:
        return ()
    moving = {canonicalize_name(name) for name in request.upgrade_packages}
    kept = {name: each for name, each in question.preferences.items() if name not in moving}
    for item in (*request.items, *request.constraints):
        if item.requirement is None:
            continue
        name = canonicalize_name(item.requirement.name)
        if item.requirement.url or not _admits(item, kept.get(name, "")):
            kept.pop(name, None)
    return tuple(f"{name}=={version}" for name, version in sorted(kept.items()))


def _admits(item: RequestedItem, version: str) -> bool:
    try:
        known = Version(version)
    except InvalidVersion:
        return False
    assert item.requirement is not None  # noqa: S101 - the caller has looked
    return item.requirement.specifier.contains(known, prereleases=True)


def arguments(question: Question, folder: str) -> list[str]:
    """Return pip's command line, from "install" on."""
    request, build = question.request, question.request.build
    told = ["install", "--dry-run", "--report", os.path.join(folder, "report.json")]
    told += ["--no-input", "--no-color", "--progress-bar", "off", "--disable-pip-version-check"]
    told += ["--requirement", os.path.join(folder, "requirements.txt")]
    told += ["--constraint", os.path.join(folder, "constraints.txt")]
    told += ["--no-deps"] * (not request.dependencies)
    told += ["--pre"] * request.prerelease
    told += ["--uploaded-prior-to", request.exclude_newer] * bool(request.exclude_newer)
    told += ["--no-build-isolation"] * (not build.build_isolation)
    told += ["--no-index"] * (request.index.no_index or question.offline)
    told += ["--require-hashes"] * demands_hashes(request)
    formats = [("--no-binary", name) for name in sorted(build.no_binary)]
    formats += [("--only-binary", name) for name in sorted(build.only_binary)]
    # ":all:" makes pip forget every name it was given before, so it goes first.
    formats.sort(key=lambda pair: pair[1] != ":all:")
    told += [f"{option}={name}" for option, name in formats]
    told += [f"--config-settings={key}={value}" for key, value in build.config_settings]
    return told


def environment(question: Question, inherited: Mapping[str, str], path: str) -> dict[str, str]:
    """Return pip's environment: the user's own, with what the request says on top.

    Args:
        question: what to resolve.
        inherited: the user's own variables.
        path: an entry for PYTHONPATH, or "".
    """
    index = question.request.index
    variables = {name: value for name, value in inherited.items() if name not in MISLEADING}
    # pip asks nobody to break a system: this run writes to none.
    variables |= {"PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    variables |= {"PYTHONIOENCODING": "utf-8", "PIP_REQUIRE_VIRTUALENV": "0"}
    if path:
        variables["PYTHONPATH"] = path
    if index.index_url is not None:
        variables["PIP_INDEX_URL"] = address_of(index.index_url)
    if index.extra_index_urls:
        variables["PIP_EXTRA_INDEX_URL"] = " ".join(map(address_of, index.extra_index_urls))
    links = [address_of(link) for link in index.find_links]
    if question.offline:
        links = [link for link in links if local_path(link) is not None]
    if links:
        variables["PIP_FIND_LINKS"] = " ".join(links)
    if index.trusted_hosts:
        variables["PIP_TRUSTED_HOST"] = " ".join(index.trusted_hosts)
    return variables


def index_warnings(question: Question, inherited: Mapping[str, str]) -> list[str]:
    """Return a sentence on which index wins, where there is more than one."""
    index = question.request.index
    if index.no_index or not (index.extra_index_urls or inherited.get("PIP_EXTRA_INDEX_URL")):
        return []
    sentence = (
        "more than one index is in use: pip takes the highest version that any of them has, so "
        "whoever may publish a name in one of them decides"
    )
    return [sentence]
