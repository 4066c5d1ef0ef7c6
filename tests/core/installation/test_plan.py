"""The plan: laws that hold for everything, and the cases that decide what is put in place again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trueup.destination.installed import InstalledDistribution
from trueup.installation.plan import Plan, PlanChoices, decide
from trueup.resolution.artifact import (
    Archive,
    Artifact,
    Directory,
    Repository,
    Resolution,
    Sdist,
    Source,
    Wheel,
)

if TYPE_CHECKING:
    from trueup.destination.installed import InstalledKind

HASHES = (("sha256", "ab" * 32),)
NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon"])
VERSIONS = st.sampled_from(["1.0", "1.0.0", "1.1", "2.0.dev1", "not a version"])


def installed(name: str, version: str, kind: InstalledKind = "dist-info") -> InstalledDistribution:
    return InstalledDistribution(name, version, f"/nowhere/{name}-{version}.{kind}", kind, "")


def wheel(name: str, version: str) -> Artifact:
    filename = f"{name}-{version}-py3-none-any.whl"
    return Artifact(name, version, Wheel(f"https://example.org/{filename}", filename, HASHES))


@st.composite
def environments(draw: st.DrawFn) -> dict[str, InstalledDistribution]:
    kinds: st.SearchStrategy[InstalledKind] = st.sampled_from(["dist-info", "egg-info", "egg-link"])
    names = draw(st.sets(NAMES))
    return {name: installed(name, draw(VERSIONS), draw(kinds)) for name in sorted(names)}


@st.composite
def resolutions(draw: st.DrawFn) -> Resolution:
    names = sorted(draw(st.sets(NAMES)))
    artifacts = tuple(wheel(name, draw(VERSIONS)) for name in names)
    requested = frozenset(draw(st.sets(st.sampled_from(names)))) if names else frozenset()
    return Resolution(artifacts, requested)


@st.composite
def choices(draw: st.DrawFn) -> PlanChoices:
    some = st.frozensets(NAMES)
    return PlanChoices(
        exact=draw(st.booleans()),
        reinstall_all=draw(st.booleans()),
        reinstall=draw(some),
        standing=draw(some),
        damaged={name: f"{name} is damaged" for name in draw(some)},
        protected=draw(some),
    )


def applied(
    before: Mapping[str, InstalledDistribution], plan: Plan
) -> dict[str, InstalledDistribution]:
    after = dict(before)
    for removal in plan.remove:
        del after[removal.distribution.name]
    for addition in plan.add:
        artifact = addition.artifact
        after[artifact.name] = installed(artifact.name, artifact.version)
    return after


@given(environments(), resolutions(), choices())
def test_each_name_occurs_exactly_once(
    before: dict[str, InstalledDistribution], resolution: Resolution, said: PlanChoices
) -> None:
    plan = decide(before, resolution, said)
    names = [one.name for one in plan.keep]
    names += [one.distribution.name for one in plan.remove]
    names += [one.artifact.name for one in plan.add]
    assert Counter(names) == Counter({*before, *(one.name for one in resolution.artifacts)})


@given(environments(), resolutions(), choices())
def test_applied_to_what_is_installed_the_plan_gives_the_resolution(
    before: dict[str, InstalledDistribution], resolution: Resolution, said: PlanChoices
) -> None:
    after = applied(before, decide(before, resolution, said))
    wanted = {one.name: one.version for one in resolution.artifacts}
    for name, version in wanted.items():
        found = after[name].version
        same = found == version or {found, version} == {"1.0", "1.0.0"}
        assert same or (name in said.standing and after[name] is before[name])
    others = set(after) - set(wanted)
    rest = set(before) - set(wanted)
    assert others == (rest & said.protected if said.exact else rest)


@given(environments(), resolutions(), choices())
def test_what_was_decided_once_and_done_needs_nothing_more(
    before: dict[str, InstalledDistribution], resolution: Resolution, said: PlanChoices
) -> None:
    after = applied(before, decide(before, resolution, said))
    again = PlanChoices(exact=said.exact, standing=said.standing, protected=said.protected)
    assert decide(after, resolution, again).empty


@given(environments(), resolutions(), choices())
def test_everything_that_changes_says_why_and_what_it_replaces(
    before: dict[str, InstalledDistribution], resolution: Resolution, said: PlanChoices
) -> None:
    plan = decide(before, resolution, said)
    assert all([one.reason for one in plan.remove] + [one.reason for one in plan.add])
    assert all(one.replaces is before.get(one.artifact.name) for one in plan.add)
    assert all(before[one.name] is one for one in plan.keep)


def test_damage_is_mended_even_where_the_version_is_right() -> None:
    said = PlanChoices(damaged={"alpha": "a file is missing"}, standing=frozenset({"alpha"}))
    plan = decide({"alpha": installed("alpha", "1.0")}, Resolution((wheel("alpha", "1.0"),)), said)
    assert [one.reason for one in plan.add] == ["a file is missing"]


def on_disk(
    folder: Path, origin: Mapping[str, Any] | None, *, requested: bool = False
) -> InstalledDistribution:
    info = folder / "alpha-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: alpha\nVersion: 1.0\n")
    if origin is not None:
        (info / "direct_url.json").write_text(json.dumps(origin))
    if requested:
        (info / "REQUESTED").touch()
    return InstalledDistribution("alpha", "1.0", str(info), "dist-info", str(info / "METADATA"))


ARCHIVE = {"url": "https://example.org/a.zip", "archive_info": {"hashes": {"sha256": "ab" * 32}}}
COMMIT = {"url": "https://example.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}


@pytest.mark.parametrize(
    ("origin", "source", "reason"),
    [
        (None, Wheel("https://example.org/a.whl", "a.whl", HASHES), ""),
        (None, Sdist("https://example.org/a.tar.gz", "a.tar.gz", HASHES), ""),
        (ARCHIVE, Wheel("https://example.org/a.whl", "a.whl", HASHES), "installed from elsewhere"),
        (ARCHIVE, Archive("https://example.org/a.zip", HASHES), ""),
        (ARCHIVE, Archive("https://example.org/a.zip"), "its content is not pinned"),
        (ARCHIVE, Archive("https://example.org/b.zip", HASHES), "installed from elsewhere"),
        (ARCHIVE, Archive("https://example.org/a.zip", HASHES, "sub"), "installed from elsewhere"),
        (
            ARCHIVE,
            Archive("https://example.org/a.zip", (("sha256", "cd" * 32),)),
            "another file is installed",
        ),
        (None, Archive("https://example.org/a.zip", HASHES), "installed from an index"),
        (COMMIT, Repository("git", "https://example.org/a.git", "main", "c0ffee"), ""),
        (
            COMMIT,
            Repository("git", "https://example.org/a.git", "main", "beef"),
            "another commit is installed",
        ),
        (
            COMMIT,
            Repository("git", "https://example.org/b.git", "main", "c0ffee"),
            "installed from elsewhere",
        ),
        (None, Directory("/src/alpha"), "a local project"),
    ],
)
def test_another_origin_is_another_distribution(
    tmp_path: Path, origin: Mapping[str, Any] | None, source: Source, reason: str
) -> None:
    direct = not isinstance(source, Sdist | Wheel)
    artifact = Artifact("alpha", "1.0", source, direct)
    plan = decide({"alpha": on_disk(tmp_path, origin)}, Resolution((artifact,)))
    assert [one.reason for one in plan.add] == ([reason] if reason else [])


def test_what_was_asked_for_once_stays_asked_for_when_it_is_replaced(tmp_path: Path) -> None:
    present = on_disk(tmp_path, None, requested=True)
    plan = decide({"alpha": present}, Resolution((wheel("alpha", "2.0"),)))
    assert [one.requested for one in plan.add] == [True]
