"""Remembered resolutions: the same for the same question, never for another, never for long."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from packaging.requirements import Requirement
from support.resolving import item, question, this_python
from support.wheels import make_wheel
from trueup.errors import ResolutionError
from trueup.resolution.artifact import (
    Archive,
    Artifact,
    Directory,
    Repository,
    Resolution,
    Sdist,
    Wheel,
)
from trueup.resolution.memo import from_json, key_of, memoised, to_json
from trueup.resolution.request import (
    BuildChoices,
    IndexSettings,
    LocalProject,
    Request,
    RequestedItem,
)
from trueup.resolution.resolver import Question
from trueup.resolution.surroundings import surroundings

TEXT = some.text(max_size=8)
PAIRS = some.lists(some.tuples(TEXT, TEXT), max_size=2).map(tuple)
SIZES = some.none() | some.integers(min_value=0)
SOURCES = some.one_of(
    some.builds(Wheel, TEXT, TEXT, PAIRS, SIZES),
    some.builds(Sdist, TEXT, TEXT, PAIRS, SIZES),
    some.builds(Archive, TEXT, PAIRS, TEXT),
    some.builds(Repository, TEXT, TEXT, TEXT, TEXT, TEXT),
    some.builds(Directory, TEXT, some.booleans()),
)
ARTIFACTS = some.builds(Artifact, TEXT, TEXT, SOURCES, some.booleans())
RESOLUTIONS = some.builds(
    Resolution,
    some.lists(ARTIFACTS, max_size=3).map(tuple),
    some.frozensets(TEXT, max_size=3),
    some.lists(TEXT, max_size=2).map(tuple),
)


@given(RESOLUTIONS)
def test_a_resolution_survives_being_written_down(resolution: Resolution) -> None:
    assert from_json(json.loads(json.dumps(to_json(resolution)))) == resolution


REQUESTS = some.builds(
    Request,
    items=some.lists(
        some.builds(
            RequestedItem,
            text=TEXT,
            requirement=some.sampled_from([None, Requirement("a"), Requirement("a[x]>1")]),
            hashes=PAIRS,
            config_settings=PAIRS,
            origin=TEXT,
        ),
        max_size=2,
    ).map(tuple),
    constraints=some.just(()) | some.just((RequestedItem("a<1", Requirement("a<1")),)),
    projects=some.lists(
        some.builds(
            LocalProject,
            path=TEXT,
            editable=some.booleans(),
            extras=some.frozensets(TEXT, max_size=2),
            marker=TEXT,
        ),
        max_size=1,
    ).map(tuple),
    lock=TEXT,
    lock_extras=some.frozensets(TEXT, max_size=2),
    index=some.builds(
        IndexSettings,
        index_url=some.none() | some.just("https://a:b@x.invalid"),
        extra_index_urls=some.just(()) | some.just(("https://y.invalid",)),
        no_index=some.booleans(),
        trusted_hosts=some.just(()) | some.just(("x",)),
    ),
    build=some.builds(
        BuildChoices,
        no_binary=some.frozensets(TEXT, max_size=2),
        only_binary=some.frozensets(TEXT, max_size=2),
        build_isolation=some.booleans(),
        config_settings=PAIRS,
    ),
    strategy=some.sampled_from(["highest", "lowest", "lowest-direct"]),
    prerelease=some.booleans(),
    dependencies=some.booleans(),
    upgrade=some.booleans(),
    upgrade_packages=some.frozensets(TEXT, max_size=2),
    require_hashes=some.booleans(),
    exclude_newer=TEXT,
    environment=some.dictionaries(TEXT, TEXT, max_size=2),
)


def key(asked: Question, resolver: str = "uv 1", **around: str) -> str:
    return key_of(asked, resolver, around)


@given(REQUESTS, REQUESTS)
def test_two_requests_share_a_key_only_when_they_are_equal(one: Request, other: Request) -> None:
    first, second = (key(Question(each, this_python())) for each in (one, other))
    assert (first == second) == (one == other)


@given(REQUESTS, REQUESTS, some.data())
def test_any_changed_field_changes_the_key(
    one: Request, other: Request, data: some.DataObject
) -> None:
    name = data.draw(some.sampled_from([each.name for each in fields(Request)]))
    changed = replace(one, **{name: getattr(other, name)})
    same = getattr(one, name) == getattr(other, name)
    assert (key(Question(one, this_python())) == key(Question(changed, this_python()))) == same


def test_everything_beside_the_request_changes_the_key_too(tmp_path: Path) -> None:
    asked = question("beam")
    python = this_python()
    first = make_wheel(tmp_path / "1", "cathedral", "1")
    second = make_wheel(tmp_path / "2", "cathedral", "1", requires=["beam"])
    keys = {
        key(asked),
        key(asked, "uv 2"),
        key(asked, UV_PRERELEASE="allow"),
        key(asked, UV_PRERELEASE="disallow"),
        key(replace(asked, preferences={"beam": "1"})),
        key(replace(asked, preferences={"beam": "2"})),
        key(replace(asked, complete=True)),
        key(replace(asked, projects={"/p": str(first)})),
        key(replace(asked, projects={"/p": str(second)})),
        key(replace(asked, interpreter=replace(python, tags=python.tags[1:]))),
        key(replace(asked, interpreter=replace(python, version=(3, 99, 0)))),
        key(replace(asked, interpreter=replace(python, markers={}))),
        key(replace(asked, interpreter=replace(python, free_threaded=True))),
    }
    assert len(keys) == 13


def test_another_environment_of_the_same_python_shares_the_answer() -> None:
    asked = question("beam")
    elsewhere = replace(asked, interpreter=replace(this_python(), executable="/else/python"))
    assert key(asked) == key(elsewhere)
    unisolated = BuildChoices(build_isolation=False)
    mine, theirs = (
        replace(each, request=replace(each.request, build=unisolated))
        for each in (asked, elsewhere)
    )
    assert key(mine) != key(theirs)


def test_what_was_read_counts_by_content(tmp_path: Path) -> None:
    file, wheel = tmp_path / "requirements.txt", tmp_path / "beam-1.0-py3-none-any.whl"
    file.write_text("beam")
    asked = question(f"beam @ {wheel.as_uri()}", files=(str(file),), house=tmp_path / "house")
    keys = [key(asked)]
    file.write_text("beam # the same")
    keys.append(key(asked))
    make_wheel(tmp_path, "beam")
    keys.append(key(asked))
    make_wheel(tmp_path / "house", "arch")
    keys.append(key(asked))
    make_wheel(tmp_path / "house", "arch", "2.0")
    keys.append(key(asked))
    assert len(set(keys)) == 5
    assert key(asked) == keys[-1]


def test_configuration_of_resolvers_is_a_part_of_the_surroundings(tmp_path: Path) -> None:
    inner = tmp_path / "project/inner"
    inner.mkdir(parents=True)
    variables = {"HOME": str(tmp_path / "home"), "UV_PRERELEASE": "allow", "SHELL": "sh"}
    before = surroundings(variables, str(inner))
    assert before["UV_PRERELEASE"] == "allow"
    assert "SHELL" not in before
    (tmp_path / "project/uv.toml").write_text("no-index = true")
    between = surroundings(variables, str(inner))
    (tmp_path / "home/.config/pip").mkdir(parents=True)
    (tmp_path / "home/.config/pip/pip.conf").write_text("[global]")
    after = surroundings(variables, str(inner))
    assert before != between
    assert between != after


def test_of_a_project_what_resolvers_are_told_by_it_is_a_part_of_the_surroundings(
    tmp_path: Path,
) -> None:
    file, variables = tmp_path / "pyproject.toml", {"HOME": str(tmp_path / "home")}

    def around(text: str) -> dict[str, str]:
        file.write_text(text)
        return surroundings(variables, str(tmp_path))

    project = '[project]\nname = "beam"\nversion = "1.0"\n'
    as_it_was = around(project)
    assert around(project + 'description = "long"\ndependencies = ["arch"]\n') == as_it_was
    assert around(project + "[tool.other]\nlines = [\n  1,\n]\n[build-system]\n") == as_it_was
    others = [
        project + "[tool.uv]\nno-index = true\n",
        project + '[tool.uv]\nconstraint-dependencies = ["arch<2"]\n',
        project + "[tool.other]\n[tool.uv]\nmanaged = false\n",
        project + '[tool.uv]\nlists = [\n  ["a"]\n]\n',
        project + '[tool.uv]\nlists = [\n  ["a"]\n]\nno-index = false\n',
        project + '[[tool.uv.index]]\nurl = "https://example.org"\n',
        project + '[ tool . uv . sources ]\narch = { path = "a" }\n',
        project + '["tool"."uv"]\nno-index = true\n',
        project + "[tool]\nuv.no-index = true\n",
        "tool.uv.no-index = true\n" + project,
        project + 'readme = """\n[tool.other]\n"""\n[tool.uv]\nno-index = true\n',
        project + 'requires-python = ">=3.11"\n',
        "[tool.other]\n",
    ]
    seen = [as_it_was, *map(around, others)]
    assert all(one not in seen[:at] for at, one in enumerate(seen))


@dataclass
class Oracle:
    """A resolver that counts how often it is asked."""

    answers: Callable[[int], Resolution]
    asked: int = 0
    identity: str = "oracle 1"

    def resolve(self, question: Question) -> Resolution:
        self.asked += 1
        return self.answers(self.asked)


def numbered(number: int) -> Resolution:
    url = "https://x.invalid/beam.whl"
    return Resolution((Artifact("beam", str(number), Wheel(url, "beam.whl")),), frozenset({"beam"}))


@dataclass
class Memory:
    """A folder, a clock and somebody to ask."""

    folder: Path
    oracle: Oracle
    time: float = 1_000_000.0
    told: float = 0.0

    def ask(self, asked: Question, **more: Any) -> str:
        more.setdefault("environment", {})
        folder = str(self.folder)
        told: list[float] = []
        more |= {"now": lambda: self.time, "told": told.append}
        answer = memoised(self.oracle, asked, folder, **more)
        (self.told,) = told
        return answer.artifacts[0].version


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "memory", Oracle(numbered))


def test_an_answer_stands_for_ten_minutes(memory: Memory) -> None:
    asked = question("beam")
    assert memory.ask(asked) == "1"
    asked_at = memory.time
    assert memory.told == asked_at
    memory.time += 600
    assert memory.ask(asked) == "1"
    assert memory.told == asked_at
    memory.time += 1
    assert memory.ask(asked) == "2"
    assert memory.ask(asked, max_age=0) == "2"


def test_offline_an_answer_stands_for_ever(memory: Memory) -> None:
    asked = question("beam")
    assert memory.ask(asked) == "1"
    memory.time += 10**8
    assert memory.ask(replace(asked, offline=True)) == "1"
    assert memory.told == memory.time - 10**8
    assert memory.ask(asked) == "2"


def test_an_answer_from_a_time_to_come_does_not_stand(memory: Memory) -> None:
    assert memory.ask(question("beam")) == "1"
    memory.time -= 1
    assert memory.ask(question("beam")) == "2"


def test_refreshing_and_upgrading_ask_and_leave_the_new_answer(memory: Memory) -> None:
    asked = question("beam")
    assert memory.ask(asked) == "1"
    assert memory.ask(asked, refresh=True) == "2"
    assert memory.ask(asked) == "2"
    for more in ({"upgrade": True}, {"upgrade_packages": frozenset({"beam"})}):
        moving = question("beam", **more)
        assert memory.ask(moving) != memory.ask(moving)


def test_another_question_is_asked(memory: Memory) -> None:
    assert memory.ask(question("beam")) == "1"
    assert memory.ask(question("beam>1")) == "2"
    assert memory.ask(question("beam"), environment={"UV_PRERELEASE": "allow"}) == "3"


@pytest.mark.parametrize(
    "damage",
    [b"", b"\xff\xfe", b"[]", b"{}", b'{"format": 1, "time": 1000000}', b"[" * 100_000],
)
def test_a_damaged_memory_was_never_there(memory: Memory, damage: bytes) -> None:
    assert memory.ask(question("beam")) == "1"
    (file,) = memory.folder.iterdir()
    file.write_bytes(damage)
    assert memory.ask(question("beam")) == "2"
    assert memory.ask(question("beam")) == "2"


@given(some.data())
def test_no_single_changed_value_makes_a_wrong_answer(data: some.DataObject) -> None:
    value = to_json(numbered(1))
    value["artifacts"][0]["source"]["hashes"] = [["sha256", "ab"]]
    where = data.draw(some.sampled_from(["name", "version", "kind", "source"]))
    value["artifacts"][0][where] = data.draw(some.none() | some.integers() | some.just([]))
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_json(value)


def test_an_answer_whose_file_has_gone_does_not_stand(memory: Memory, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "house", "beam")
    source = Wheel(wheel.as_uri(), wheel.name)
    memory.oracle.answers = lambda number: Resolution((Artifact("beam", str(number), source),))
    assert memory.ask(question("beam")) == "1"
    assert memory.ask(question("beam")) == "1"
    wheel.unlink()
    assert memory.ask(question("beam")) == "2"


def test_what_is_kept_is_the_owners_alone_and_holds_no_secret(memory: Memory) -> None:
    index = IndexSettings("https://alice:hunter2@x.invalid/simple")
    secret = item("beam @ https://alice:hunter2@x.invalid/beam.whl")
    memory.ask(question(secret, index=index), environment={"UV_INDEX_X_PASSWORD": "hunter2"})
    (file,) = memory.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(memory.folder.stat().st_mode) == 0o700
    assert b"hunter2" not in file.read_bytes()
    assert "hunter2" not in file.name


def test_a_memory_that_cannot_be_written_costs_only_time(memory: Memory) -> None:
    memory.folder.write_text("in the way")
    assert memory.ask(question("beam")) == "1"
    assert memory.ask(question("beam")) == "2"


def test_a_failure_is_not_remembered(memory: Memory) -> None:
    def fail(number: int) -> Resolution:
        raise ResolutionError(f"failure {number}")

    memory.oracle.answers = fail
    for number in (1, 2):
        with pytest.raises(ResolutionError, match=f"failure {number}"):
            memory.ask(question("beam"))
    assert not memory.folder.exists() or not os.listdir(memory.folder)
