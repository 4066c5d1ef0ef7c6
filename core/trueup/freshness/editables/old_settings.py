"""Metadata that setuptools takes from setup.cfg and setup.py, alone or beside `[project]`.

Beside `[project]` only what that table has no field for counts, and people where it names none;
setuptools leaves out the rest with a warning (setuptools.config, `_MissingDynamic`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trueup.freshness.editables.evidence import Doubt, Evidence
from trueup.freshness.editables.project import Project
from trueup.freshness.editables.recorded import Recorded
from trueup.freshness.outcome import Reason

__all__ = ["weigh_old_settings"]

# key in both files, header of the core metadata, field of `[project]` that goes before it
_BESIDE = (
    ("author", "author", "authors"),
    ("author_email", "author-email", "authors"),
    ("maintainer", "maintainer", "maintainers"),
    ("maintainer_email", "maintainer-email", "maintainers"),
    ("url", "home-page", ""),
    ("download_url", "download-url", ""),
    ("platforms", "platform", ""),
)
_ALONE = (
    *_BESIDE,
    ("description", "summary", ""),
    ("license", "license", ""),
    ("keywords", "keywords", ""),
    ("classifiers", "classifier", ""),
    ("project_urls", "project-url", ""),
    ("long_description", "description", ""),
)
_OTHER_NAMES = {
    "home_page": "url",
    "summary": "description",
    "classifier": "classifiers",
    "platform": "platforms",
}
_LISTS = frozenset(("keywords", "classifiers", "project_urls", "platforms"))


def weigh_old_settings(project: Project, recorded: Recorded) -> Evidence:
    """Tell where setup.cfg or setup.py now says other than what is installed."""
    if project.backend != "setuptools":
        return
    script, declared = project.setup_script, project.declared
    stated = {
        _OTHER_NAMES.get(key.replace("-", "_"), key.replace("-", "_")): text.strip()
        for key, text in project.setup_cfg.get("metadata", {}).items()
    }
    keywords = dict(script.keywords) if script else {}
    where = "setup.py" if script and keywords.keys() & {key for key, _, _ in _ALONE} else ""
    source = project.path(where or ("setup.cfg" if project.setup_cfg else "setup.py"))
    for key, header, field in _BESIDE if declared else _ALONE:
        if field and (field in declared or field in project.dynamic):
            continue
        if script and ({key, "**", "everything"} & script.computed):
            yield Doubt(f"setup.py works out {key}")
            continue
        value = keywords.get(key, stated.get(key))
        yield from _compare(project, recorded, source, (key, header), value)


def _compare(
    project: Project, recorded: Recorded, source: str, names: tuple[str, str], value: Any
) -> Evidence:
    key, header = names
    text = value if isinstance(value, str) else ""
    if text.startswith("attr:"):
        yield Doubt(f"{key} is taken from a module")
        return
    if text.startswith("file:"):
        value = _files(project, text.removeprefix("file:"))
        if value is None:
            yield Doubt(f"the files of {key} cannot be read")
            return
    now = _canonical(key, value)
    before = _canonical(
        key, recorded.description if key == "long_description" else recorded.every(header)
    )
    if now != before and not (before == ["UNKNOWN"] and not now):
        message = f"{key} is {_told(now)} in {os.path.basename(source)}, and {_told(before)}"
        message += " in what is installed"
        yield Reason("input changed", source, message, _told(before), _told(now))


def _files(project: Project, text: str) -> str | None:
    found = []
    for name in text.replace("\n", ",").split(","):
        if name.strip():
            try:
                with open(project.path(name.strip()), encoding="utf-8") as file:
                    found.append(file.read())
            except (OSError, ValueError):
                return None
    return "\n".join(found)


def _canonical(key: str, value: Any) -> list[str]:
    """Return a value as sorted pieces without blanks that do not count."""
    if key in _LISTS:
        return sorted({" ".join(one.split()) for one in _pieces(key, value) if one.strip()})
    text = "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    joined = "\n".join(lines).strip()
    return [joined] if joined else []


def _pieces(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (f"{label}, {address}" for label, address in value.items())
        return
    parts: Iterable[Any] = value.splitlines() if isinstance(value, str) else value or ()
    for part in parts:
        if key == "project_urls":
            yield re.sub(r"\s*[=,]\s*", ", ", str(part).strip(), count=1)
        elif key == "classifiers":
            yield str(part)
        else:
            yield from str(part).split(",")


def _told(pieces: list[str]) -> str:
    text = ", ".join(pieces).replace("\n", " ")
    return (text if len(text) <= 60 else f"{text[:57]}...") or "empty"
