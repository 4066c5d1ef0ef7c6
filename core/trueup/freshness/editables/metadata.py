"""Metadata of a project against that of its install: what a build would now write otherwise."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from trueup.destination.installed import InstalledDistribution, normalized_name
from trueup.freshness.editables.declared import Declared
from trueup.freshness.editables.dynamic_fields import FROM_REPOSITORY
from trueup.freshness.editables.evidence import Doubt, Evidence
from trueup.freshness.editables.project import Project, table
from trueup.freshness.editables.recorded import Recorded
from trueup.freshness.editables.requirement_text import canonical_requirement
from trueup.freshness.outcome import Reason

__all__ = ["same_version", "weigh_metadata"]

_REWRITING = frozenset(("poetry-core", "uv_build", "maturin"))  # markers, in fewer words
# what backends fill in of their own accord, where the project says nothing
_FILLED = {"maturin": {"description", "keywords", "readme"}, "flit": {"description"}}


def weigh_metadata(
    project: Project, declared: Declared, recorded: Recorded, distribution: InstalledDistribution
) -> Evidence:
    """Tell where the metadata of an install is not what its project declares."""
    for field, why in declared.unproven.items():
        if why != FROM_REPOSITORY:
            yield Doubt(why if field in why else f"{field}: {why}")
    yield from _identity(declared, recorded, distribution)
    yield from _requirements(project, declared, recorded)
    yield from _entry_points(declared, recorded)
    if project.declared and distribution.kind == "dist-info":
        yield from _texts(project, declared, recorded)
        yield from _readme(project, declared, recorded)


def _other(declared: Declared, field: str, before: str, now: str) -> Reason:
    where = os.path.basename(declared.source)
    message = (
        f"{field} is {now or 'empty'} in {where}, and {before or 'empty'} in what is installed"
    )
    return Reason("input changed", declared.source, message, before, now)


def _identity(
    declared: Declared, recorded: Recorded, distribution: InstalledDistribution
) -> Evidence:
    fields = declared.fields
    if "name" in fields and normalized_name(str(fields["name"])) != distribution.name:
        yield _other(declared, "the name", distribution.name, str(fields["name"]))
    if "version" in fields and not same_version(str(fields["version"]), distribution.version):
        yield _other(declared, "the version", distribution.version, str(fields["version"]))
    if "requires-python" not in declared.unproven:
        before = recorded.first("requires-python")
        now = str(fields.get("requires-python", ""))
        known = now or declared.complete
        if known and _specifier(before) != _specifier(now):
            yield _other(declared, "requires-python", before, now)


def _specifier(text: str) -> tuple[str, ...]:
    parts = (re.sub(r"\s+", "", part) for part in text.split(","))
    return tuple(sorted({part for part in parts if part}))


def same_version(one: str, other: str) -> bool:
    """Whether two versions are the same one, however they are spelt (PEP 440)."""
    if one.strip() == other.strip():
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False


def _requirements(project: Project, declared: Declared, recorded: Recorded) -> Evidence:
    if {"dependencies", "optional-dependencies"} & declared.unproven.keys():
        return
    before = Counter(canonical_requirement(one) for one in recorded.requirements)
    now = Counter(canonical_requirement(_egg_style(one)) for one in declared.requirements())
    new, old = set(now) - set(before), set(before) - set(now)
    old -= {one for one in old if re.match(r"editables\b", one)}  # what the mechanism itself needs
    if project.backend in _REWRITING:
        bare_new = {one.partition(";")[0] for one in new}
        bare_old = {one.partition(";")[0] for one in old}
        if (new or old) and bare_new == bare_old:
            yield Doubt(f"{project.backend} writes the markers of dependencies in its own way")
            return
    for one in sorted(new):
        message = f"the dependency {one!r} is new in {os.path.basename(declared.source)}"
        yield Reason("input changed", declared.source, message, "", one)
    for one in sorted(old):
        message = f"the dependency {one!r} is gone from {os.path.basename(declared.source)}"
        yield Reason("input changed", declared.source, message, one, "")
    yield from _extras(declared, recorded)


def _egg_style(text: str) -> str:
    """Return `a; extra == ":marker"`, as setup.py may write it, in the usual form."""
    match = re.fullmatch(r"(.*?) ; extra == \"([^\":]*):([^\"]*)\"", text)
    if match is None:
        return text
    head, extra, marker = match.groups()
    return f"{head} ; ({marker})" + (f' and extra == "{extra}"' if extra else "")


def _extras(declared: Declared, recorded: Recorded) -> Evidence:
    if not declared.complete:
        return
    before = {normalized_name(one) for one in recorded.every("provides-extra")}
    now = {normalized_name(str(one)) for one in table(declared.fields, "optional-dependencies")}
    if before != now:
        yield _other(
            declared, "the list of extras", ", ".join(sorted(before)), ", ".join(sorted(now))
        )


def _entry_points(declared: Declared, recorded: Recorded) -> Evidence:
    if {"entry-points", "scripts", "gui-scripts"} & declared.unproven.keys():
        return
    before, now = dict(recorded.entry_points), declared.entry_points()
    where = os.path.basename(declared.source)
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            message = (
                f"the entry point {name} is {now.get(name) or 'absent'} in {where}, "
                f"and {before.get(name) or 'absent'} in what is installed"
            )
            yield Reason(
                "input changed", declared.source, message, before.get(name, ""), now.get(name, "")
            )


def _texts(project: Project, declared: Declared, recorded: Recorded) -> Evidence:
    fields, filled = declared.fields, _FILLED.get(project.backend, set())
    now = " ".join(str(fields.get("description", "")).split())
    before = " ".join(recorded.first("summary").split())
    told = "description" not in declared.unproven and before.upper() != "UNKNOWN"
    if told and now != before and (now or "description" not in filled):
        yield _other(declared, "the description", before, now)
    keywords = sorted(str(one) for one in fields.get("keywords", ()))
    written = _words([recorded.first("keywords")])
    if _words(keywords) != written and (keywords or "keywords" not in filled):
        yield _other(declared, "the list of keywords", " ".join(written), " ".join(keywords))
    if "classifiers" not in declared.unproven:
        yield from _lists(project, declared, recorded)
    yield from _licence(project, declared, recorded)


def _licence(project: Project, declared: Declared, recorded: Recorded) -> Evidence:
    licence = declared.fields.get("license")
    if isinstance(licence, Mapping):
        licence = licence.get("text")  # of a file, its copy is compared
        if licence is None:
            return
    if "license" in project.dynamic or (licence is None and project.backend == "maturin"):
        return  # maturin takes it out of Cargo.toml
    now = " ".join(str(licence or "").split())
    written = (recorded.first("license-expression"), recorded.first("license"))
    before = " ".join((written[0] or written[1]).split())
    if now.lower() != before.lower() and before.upper() != (now.upper() or "UNKNOWN"):
        yield _other(declared, "the license", before, now)


def _words(texts: Iterable[str]) -> list[str]:
    return sorted(word for text in texts for word in re.split(r"[,\s]+", text) if word)


def _lists(project: Project, declared: Declared, recorded: Recorded) -> Evidence:
    now = {str(one) for one in declared.fields.get("classifiers", ())}
    before = set(recorded.every("classifier"))
    adds = project.backend in {"poetry-core", "hatchling", "flit", "maturin"}
    if now - before or (before - now and not adds):
        difference = sorted(now ^ before if not adds else now - before)
        yield _other(declared, "the list of classifiers", "otherwise", f"with {difference[0]!r}")
    urls = {(_label(str(key)), str(value)) for key, value in table(declared.fields, "urls").items()}
    told = {
        (_label(label), address.strip())
        for label, _, address in (one.partition(",") for one in recorded.every("project-url"))
    }
    single = {recorded.first("home-page"), recorded.first("download-url")} - {""}
    absent = {
        pair for pair in urls - told if pair[1].rstrip("/") not in {s.rstrip("/") for s in single}
    }
    slashed = {(label, address.rstrip("/")) for label, address in told}
    absent = {pair for pair in absent if (pair[0], pair[1].rstrip("/")) not in slashed}
    if absent or (len(told) > len(urls) and not adds):
        yield _other(declared, "the list of addresses", f"{len(told)} of them", f"{len(urls)}")
    yield from _people(project, declared, recorded)


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _people(project: Project, declared: Declared, recorded: Recorded) -> Evidence:
    old = bool(project.setup_cfg or project.setup_script)
    for field, headers in (
        ("authors", ("author", "author-email")),
        ("maintainers", ("maintainer", "maintainer-email")),
    ):
        if field not in declared.fields and old:  # `old_settings` compares them
            continue
        told = " ".join(value for header in headers for value in recorded.every(header))
        wanted = [str(part) for one in declared.fields.get(field, ()) for part in one.values()]
        missing = [part for part in wanted if part not in told]
        if missing:
            yield _other(declared, f"the list of {field}", told, ", ".join(wanted))
        elif told and not wanted and declared.complete and field not in declared.unproven:
            yield _other(declared, f"the list of {field}", told, "")


def _readme(project: Project, declared: Declared, recorded: Recorded) -> Evidence:
    readme = declared.fields.get("readme")
    if readme is None or "readme" in declared.unproven:
        return
    settings = {"file": readme} if isinstance(readme, str) else readme
    path = project.path(str(settings.get("file", "pyproject.toml")))
    text = settings.get("text")
    if text is None:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            message = f"{os.path.basename(path)}, which is its description, is missing"
            yield Reason("input missing", path, message, "there", "missing")
            return
    if _plain(str(text)) != _plain(recorded.description):
        message = f"{os.path.basename(path)}, which is its description, changed"
        yield Reason("input changed", path, message)


def _plain(text: str) -> str:
    return "\n".join(_lines(text)).strip()


def _lines(text: str) -> Iterator[str]:
    yield from (line.rstrip() for line in text.replace("\ufeff", "").splitlines())
