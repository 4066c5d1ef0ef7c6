"""What uv is told: its arguments, its environment and the files it reads. Pure, nothing is run.

Addresses with credentials go into the environment or into files of ours, because anybody on the
machine may read a command line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from trueup.resolution.address import address_of, file_url, local_path, split_bare, without_hashes
from trueup.resolution.answer import item_line, project_lines, project_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trueup.resolution.request import BuildChoices, IndexSettings, RequestedItem
    from trueup.resolution.resolver import Question

__all__ = [
    "arguments",
    "constraint_file",
    "environment",
    "index_warnings",
    "preference_file",
    "requirement_file",
]

# These would turn the answer into one for another Python or another place.
MISLEADING = ("UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PYTHON_PREFERENCE", "UV_MANAGED_PYTHON")
INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
AUTHORITIES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def requirement_file(question: Question) -> str:
    """Return the requirements, one a line: what was asked for, and the local projects' metadata."""
    return _lines(question.request.items, project_lines(question))


def constraint_file(question: Question) -> str:
    """Return the constraints, one a line."""
    return _lines(question.request.constraints, ())


def _lines(items: Iterable[RequestedItem], more: Iterable[str]) -> str:
    lines = [_line(item) for item in items]
    return "".join(f"{line}\n" for line in (*lines, *more))


def _line(item: RequestedItem) -> str:
    """Return an item without hashes in its address.

    uv takes them for a part of a file's name; whoever gets its answer holds it to them.
    """
    text = item_line(item.text, item.origin)
    url = split_bare(text)[0] if item.requirement is None else item.requirement.url
    return text.replace(url, without_hashes(url)) if url else text


def preference_file(question: Question) -> str:
    """Return what uv takes for an earlier answer of its own: it keeps those versions if it may.

    It is the smallest pylock.toml that uv reads versions from; the names are normalized and the
    versions canonical, so nothing in them needs to be escaped.
    """
    packages = (
        f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        for name, version in sorted(question.preferences.items())
        if not set(f"{name}{version}") & set('"\\\n\r')
    )
    return 'lock-version = "1.0"\ncreated-by = "trueup"\n' + "".join(packages)


def arguments(question: Question, folder: str) -> list[str]:
    """Return what follows `uv` on the command line.

    Args:
        question: what to resolve.
        folder: where the files of this module are, and where uv's answer is to go.
    """
    request = question.request
    told = ["pip", "compile", os.path.join(folder, "requirements.txt")]
    told += ["--constraints", os.path.join(folder, "constraints.txt")] * bool(request.constraints)
    told += ["--format", "pylock.toml", "--output-file", os.path.join(folder, "pylock.toml")]
    told += ["--python", question.interpreter.executable]
    told += ["--no-header", "--no-annotate", "--color", "never", "--no-progress"]
    told += ["--no-deps"] * (not request.dependencies)
    told += ["--prerelease", "allow"] * request.prerelease
    told += ["--resolution", request.strategy] * (request.strategy != "highest")
    told += ["--upgrade"] * request.upgrade
    for name in sorted(request.upgrade_packages):
        told += ["--upgrade-package", name]
    told += ["--exclude-newer", request.exclude_newer] * bool(request.exclude_newer)
    told += ["--no-index"] * request.index.no_index
    told += ["--offline"] * question.offline
    return told + _build_arguments(request.build) + _settings(question)


def _build_arguments(build: BuildChoices) -> list[str]:
    told = [] if build.build_isolation else ["--no-build-isolation"]
    for name in sorted(build.no_binary):
        told += ["--no-binary", name]
    for name in sorted(build.only_binary):
        told += ["--only-binary", name]
    for key, value in build.config_settings:
        told += ["--config-setting", f"{key}={value}"]
    return told


def _settings(question: Question) -> list[str]:
    request = question.request
    told = []
    owners = [(project_name(each, question), each.config_settings) for each in request.projects]
    owners += [
        (canonicalize_name(item.requirement.name), item.config_settings)
        for item in request.items
        if item.requirement is not None
    ]
    for name, settings in owners:
        for key, value in settings:
            told += ["--config-settings-package", f"{name}:{key}={value}"]
    return told


def environment(question: Question, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return uv's environment: the user's own, with what the request says on top."""
    index = question.request.index
    variables = {name: value for name, value in inherited.items() if name not in MISLEADING}
    variables |= {"UV_NO_PROGRESS": "1", "NO_COLOR": "1", "UV_PYTHON_DOWNLOADS": "never"}
    bundles = (inherited[name] for name in AUTHORITIES if inherited.get(name))
    if (
        "SSL_CERT_FILE" not in variables
        and (bundle := next(bundles, ""))
        and os.path.isfile(bundle)
    ):
        variables["SSL_CERT_FILE"] = bundle  # uv reads no other name; pip and requests read these
    if index.no_index:
        for name in INDEXES:
            variables.pop(name, None)
    else:
        variables |= _index_variables(index)
        if index.index_url is not None:
            variables.pop("UV_INDEX_URL", None)
        if index.best_match and index.extra_index_urls:
            variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    if index.find_links:  # separated by commas, so one inside an address must not look like one
        variables["UV_FIND_LINKS"] = ",".join(_flat(link) for link in index.find_links)
    if index.trusted_hosts:
        variables["UV_INSECURE_HOST"] = " ".join(index.trusted_hosts)
    return variables


def _index_variables(index: IndexSettings) -> dict[str, str]:
    variables = {}
    if index.index_url is not None:
        variables["UV_DEFAULT_INDEX"] = address_of(index.index_url)
    if index.extra_index_urls:
        variables["UV_EXTRA_INDEX_URL"] = " ".join(map(address_of, index.extra_index_urls))
    return variables


def _flat(link: str) -> str:
    url = address_of(link)
    path = local_path(url)
    return (file_url(path) if path else url).replace(",", "%2C")


def index_warnings(question: Question, inherited: Mapping[str, str]) -> list[str]:
    """Return a sentence on which index wins, where there is more than one."""
    index = question.request.index
    more = (
        index.extra_index_urls or inherited.get("UV_INDEX") or inherited.get("UV_EXTRA_INDEX_URL")
    )
    if index.no_index or not more:
        return []
    strategy = inherited.get("UV_INDEX_STRATEGY", "")
    if index.best_match and not strategy:
        sentence = (
            "more than one index is in use, by pip's settings and so by pip's rule: the highest "
            "version that any of them has, so whoever may publish a name in one of them decides"
        )
        return [sentence]
    strategy = strategy or "first-index"
    if strategy != "first-index":
        return [f"more than one index is in use, with UV_INDEX_STRATEGY={strategy}"]
    sentence = (
        "more than one index is in use: uv takes all versions of a distribution from the first "
        "index that has it, the extra ones before the main one (first-index); pip would take the "
        "highest version of any (UV_INDEX_STRATEGY=unsafe-best-match)"
    )
    return [sentence]
