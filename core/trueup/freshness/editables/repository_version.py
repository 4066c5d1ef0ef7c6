"""A version that is made from tags: what it would be now, asked of git alone."""

from __future__ import annotations

import os
import re

from trueup.freshness.editables.evidence import Doubt, Evidence
from trueup.freshness.editables.metadata import same_version
from trueup.freshness.editables.project import Project
from trueup.freshness.outcome import Reason
from trueup.values import dataclass

__all__ = ["weigh_repository_version"]

_SCHEMES = frozenset(
    (
        *("version_scheme", "local_scheme", "tag_regex", "parse", "git_describe_command"),
        *("search_parent_directories", "root", "fallback_version", "normalize", "version_cls"),
        *("scm", "tag_filter", "version_format", "tag-pattern"),
    )
)
_HARMLESS = frozenset(("version_file", "write_to", "version-file", "version_file_template"))
_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<distance>\d+)-g(?P<node>[0-9a-f]+)")
_NUMBER = re.compile(r"(?:.*?[-_/])?v?(?P<version>\d+(?:\.\d+)*[^-+]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _State:
    """What git says: the last tag, the commits since, the commit, and whether files differ."""

    tag: str
    distance: int
    node: str
    dirty: bool


def weigh_repository_version(project: Project, installed: str) -> Evidence:
    """Tell whether a version that is made from tags would now be another one."""
    unusual = _schemes(project)
    if unusual:
        yield Doubt(f"the version is made from the repository by a scheme of its own ({unusual})")
        return
    for name in ("SETUPTOOLS_SCM_PRETEND_VERSION", "PDM_BUILD_SCM_VERSION"):
        if os.environ.get(name):
            yield Doubt(f"the variable {name} decides the version")
            return
    state = _ask(project.directory)
    if state is None:
        yield Doubt("the version is made from the repository, and git tells of no commit here")
        return
    if not state.tag:
        yield Doubt("the version is made from the repository's tags, and there is none")
        return
    number = _NUMBER.fullmatch(state.tag)
    if number is None:
        yield Doubt(f"the version in the tag {state.tag!r} is not understood here")
        return
    expected = _expected(project, number["version"], state)
    if not _agrees(installed, expected, state):
        now = expected + (f"+g{state.node}" if state.distance or state.dirty else "")
        message = f"the repository says version {now}, and {installed} is installed"
        if state.dirty:
            message += "; there are changes that are not committed"
        yield Reason("repository", os.path.join(project.directory, ".git"), message, installed, now)


def _schemes(project: Project) -> str:
    tables = (
        project.tool("setuptools_scm"),
        project.tool("hatch", "version", "raw-options"),
        {key: 1 for key in project.tool("hatch", "version") if key in _SCHEMES},
        {key: 1 for key in project.tool("pdm", "version") if key in _SCHEMES},
    )
    found = sorted({key for each in tables for key in each} - _HARMLESS)
    script = project.setup_script
    if script and "use_scm_version" in script.keywords:
        value = script.keywords["use_scm_version"]
        found += [] if value is True else ["use_scm_version"]
    return ", ".join(found)


def _ask(directory: str) -> _State | None:
    described = _git(directory, "describe", "--tags", "--long", "--match", "*[0-9]*")
    if described is None:
        node = _git(directory, "rev-parse", "--short", "HEAD")
        return None if node is None else _State("", 0, node, dirty=False)
    match = _DESCRIBED.fullmatch(described)
    if match is None:
        return None
    changed = _git(directory, "status", "--porcelain", "--untracked-files=no")
    return _State(match["tag"], int(match["distance"]), match["node"], dirty=bool(changed))


def _git(directory: str, *arguments: str) -> str | None:
    """Return what a git command that only reads answers; None if it fails."""
    import subprocess

    # A hook runs inside of a commit, whose GIT_* variables speak of another tree and index.
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    # `status` would write the index anew, and a check writes nothing.
    variables |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", directory, *arguments],
            capture_output=True, text=True, check=False, env=variables, timeout=20,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):  # no git, or none that answers
        return None
    return None if done.returncode else done.stdout.strip()


def _expected(project: Project, version: str, state: _State) -> str:
    """Return the public part of the version, by the default schemes of the known plugins."""
    scm = project.backend != "pdm"
    if state.distance == 0 and not (state.dirty and scm):
        return version
    match = re.fullmatch(r"(?P<head>.*?)(?P<last>\d+)(?P<tail>(?:\.dev\d+)?)", version)
    if match is None:
        return version
    following = f"{match['head']}{int(match['last']) + 1}"
    return f"{following}.dev{state.distance}"


def _agrees(installed: str, expected: str, state: _State) -> bool:
    """Whether a version is the expected one; the day in its local part may be any."""
    public, _, local = installed.partition("+")
    if not same_version(public, expected):
        return False
    parts = local.split(".") if local else []
    node = next((part[1:] for part in parts if re.fullmatch(r"g[0-9a-f]{4,}", part)), "")
    dirty = any(re.fullmatch(r"d\d{8}", part) for part in parts)
    length = min(len(node), len(state.node))
    if (state.distance or state.dirty) and node:
        return node[:length] == state.node[:length] and dirty == state.dirty
    return dirty == state.dirty and (not node or not state.distance)
