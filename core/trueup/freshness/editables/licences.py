"""Licence files: most backends copy them into the dist-info directory."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from trueup.destination.installed import InstalledDistribution
from trueup.freshness.editables.evidence import Evidence
from trueup.freshness.editables.project import Project
from trueup.freshness.editables.recorded import Recorded
from trueup.freshness.outcome import Reason

__all__ = ["weigh_licences"]

_BEGINNINGS = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")  # PEP 639
# who takes files with such names where the project names none; uv_build and meson-python do not
_TAKING = frozenset(
    ("hatchling", "setuptools", "scikit-build-core", "maturin", "pdm", "flit", "poetry-core")
)


def weigh_licences(
    project: Project, recorded: Recorded, distribution: InstalledDistribution
) -> Evidence:
    """Tell which licence files are not those that were installed."""
    if distribution.kind != "dist-info":
        yield from _without_copies(project, recorded)
        return
    # older metadata has no License-File, and the copies lie there all the same
    known = {*recorded.every("license-file"), *_copies(os.path.join(distribution.path, "licenses"))}
    for name in sorted(known):
        source = project.path(name)
        copy = next(
            (
                path
                for path in (
                    os.path.join(distribution.path, "licenses", *name.split("/")),
                    os.path.join(distribution.path, *name.split("/")),
                    os.path.join(distribution.path, "license_files", *name.split("/")),
                )
                if os.path.isfile(path)
            ),
            "",
        )
        before, now = _content(copy), _content(source)
        if now is None and before is not None:
            message = f"the licence file {name} is gone"
            yield Reason("input missing", source, message, "there", "missing")
        elif before is not None and before != now:
            yield Reason("input changed", source, f"the licence file {name} changed")
    yield from _new(project, known)


def _without_copies(project: Project, recorded: Recorded) -> Evidence:
    """Judge metadata that lies in the tree: it names licence files, and holds no copies."""
    known = set(recorded.every("license-file"))
    if not known:  # setuptools before 57 names none
        return
    for name in sorted(known):
        if not os.path.exists(project.path(name)):
            message = f"the licence file {name} is gone"
            yield Reason("input missing", project.path(name), message, "there", "missing")
    yield from _new(project, known)


def _copies(folder: str) -> list[str]:
    return [
        os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")
        for place, _, names in os.walk(folder)
        for name in names
    ]


def _new(project: Project, known: set[str]) -> Evidence:
    patterns = _named(project)
    taken = patterns is None and project.backend in _TAKING
    beginnings = _BEGINNINGS if taken else ()
    for name in sorted(os.listdir(project.directory)):
        wanted = name.startswith(beginnings) or any(
            fnmatchcase(name, one) for one in patterns or ()
        )
        if wanted and name not in known and os.path.isfile(project.path(name)):
            message = f"the licence file {name} is new, and a copy of it would be installed"
            yield Reason("appeared", project.path(name), message, "not there", "there")


def _named(project: Project) -> list[str] | None:
    """Return the patterns of licence files that a project names; None where it names none."""
    script = project.setup_script.keywords if project.setup_script else {}
    old = project.setup_cfg.get("metadata", {})
    for value in (
        project.declared.get("license-files"),
        project.tool("setuptools").get("license-files"),
        script.get("license_files"),
        old.get("license_files", old.get("license_file")),
    ):
        if isinstance(value, str):
            return [one.strip() for one in value.replace(",", "\n").splitlines() if one.strip()]
        if isinstance(value, list | tuple):
            return [str(one) for one in value]
    return None


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read().replace(b"\r\n", b"\n").strip()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
