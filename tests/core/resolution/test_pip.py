"""Resolving through the real pip, against folders of wheels made on the spot."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import replace
from pathlib import Path

import pytest
from support.interpreters import need_python
from support.resolving import (
    arguments_of_a_run,
    by_name,
    item,
    make_sdist,
    private_index,
    question,
    sha256_of,
    this_python,
    versions,
)
from support.wheels import make_wheel
from trueup.destination.environment import Interpreter
from trueup.destination.facts import interpreter_facts
from trueup.errors import RequestError, ResolutionError
from trueup.resolution import pip_command
from trueup.resolution.artifact import Archive, Directory, Repository, Sdist, Wheel
from trueup.resolution.pip import PipResolver
from trueup.resolution.pip_program import PipProgram, find_pip
from trueup.resolution.pip_report import artifacts_of
from trueup.resolution.request import BuildChoices, IndexSettings, LocalProject


def pip_for(interpreter: Interpreter, environment: dict[str, str]) -> PipResolver:
    found = find_pip(interpreter, environment)
    if found is None:
        pytest.skip("no pip that can work for this interpreter")
    return PipResolver(found, environment)


@pytest.fixture
def pip(environment: dict[str, str]) -> PipResolver:
    return pip_for(this_python(), environment)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    folder = tmp_path / "a house"
    for version in ("1.0", "1.5", "2.0", "3.0rc1"):
        make_wheel(folder, "beam", version)
    for version in ("1.0", "2.0"):
        make_wheel(folder, "arch", version, requires=["beam"], extras={"glass": ["pane"]})
    make_wheel(folder, "pane", "1.0")
    make_wheel(folder, "old-arch", "1.0", requires=["beam<1.5"])
    return folder


def test_the_answer_is_what_uv_would_say(pip: PipResolver, house: Path, tmp_path: Path) -> None:
    door = make_wheel(tmp_path / "else where", "door", "4.0")
    limits = (item("beam<2"),)
    asked = question("arch[glass]", door.as_uri(), house=house, constraints=limits)
    answer = pip.resolve(asked)
    assert versions(answer) == {"arch": "2.0", "beam": "1.5", "door": "4.0", "pane": "1.0"}
    assert answer.requested == {"arch", "door"}
    found = by_name(answer)
    assert found["door"].source == Wheel(door.as_uri(), door.name, (("sha256", sha256_of(door)),))
    assert found["door"].direct
    assert not found["arch"].direct


def test_a_local_project_is_resolved_from_its_metadata(
    pip: PipResolver, house: Path, tmp_path: Path
) -> None:
    metadata = make_wheel(tmp_path / "metadata", "cathedral", "5", requires=["beam<2"])
    local = LocalProject(str(tmp_path / "project"), editable=True)
    known = {local.path: str(metadata)}
    answer = pip.resolve(question(house=house, projects=(local,), metadata=known))
    assert versions(answer) == {"beam": "1.5", "cathedral": "5"}
    assert by_name(answer)["cathedral"].source == Directory(local.path, editable=True)
    assert answer.requested == {"cathedral"}


def test_what_is_installed_stays_unless_it_is_upgraded(pip: PipResolver, house: Path) -> None:
    installed = {"arch": "1.0", "beam": "1.5", "pane": "0.1"}
    kept = pip.resolve(question("arch", house=house, preferences=installed))
    assert versions(kept) == {"arch": "1.0", "beam": "1.5"}
    moved = question("arch>1", "beam", house=house, preferences=installed)
    assert versions(pip.resolve(moved)) == {"arch": "2.0", "beam": "1.5"}
    every = question("arch", house=house, preferences=installed, upgrade=True)
    assert versions(pip.resolve(every)) == {"arch": "2.0", "beam": "2.0"}


@pytest.fixture
def furnished(tmp_path: Path, house: Path, environment: dict[str, str]) -> Interpreter:
    """Return the interpreter of an environment that has arch 1.0 and beam 1.5."""
    venv.create(tmp_path / "environment", with_pip=False)
    interpreter = interpreter_facts(str(tmp_path / "environment/bin/python"))
    program = pip_for(interpreter, environment).program
    told = [*program.command, "install", "--no-index", "--no-compile", "--find-links", str(house)]
    subprocess.run([*told, "arch==1.0", "beam==1.5"], env=environment, check=True)
    return interpreter


def test_what_cannot_all_stay_is_left_to_pip_which_tells_what_it_would_add(
    house: Path, furnished: Interpreter, environment: dict[str, str]
) -> None:
    installed = {"arch": "1.0", "beam": "1.5"}
    asked = question("arch", "old-arch", house=house, preferences=installed, interpreter=furnished)
    pip = pip_for(furnished, environment)
    assert versions(pip.resolve(asked)) == {"beam": "1.0", "old-arch": "1.0"}
    whole = pip.resolve(replace(asked, complete=True))
    assert versions(whole) == {"arch": "2.0", "beam": "1.0", "old-arch": "1.0"}


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({"prerelease": True}, {"arch": "2.0", "beam": "3.0rc1"}),
        ({"dependencies": False}, {"arch": "2.0"}),
    ],
)
def test_the_options_that_change_the_answer_reach_pip(
    pip: PipResolver, house: Path, choices: dict[str, object], expected: dict[str, str]
) -> None:
    assert versions(pip.resolve(question("arch", house=house, **choices))) == expected


def test_what_must_not_be_built_is_not(pip: PipResolver, house: Path) -> None:
    make_sdist(house, "quarry")
    refused = BuildChoices(only_binary=frozenset({":all:"}))
    with pytest.raises(ResolutionError, match="No set of versions"):
        pip.resolve(question("quarry", house=house, build=refused))


@pytest.mark.parametrize("choices", [{"strategy": "lowest"}, {"strategy": "lowest-direct"}])
def test_what_pip_has_no_option_for_is_refused(
    pip: PipResolver, house: Path, choices: dict[str, object]
) -> None:
    with pytest.raises(ResolutionError, match="lowest") as caught:
        pip.resolve(question("arch", house=house, **choices))
    assert "uv" in caught.value.hint


def test_an_old_pip_that_cannot_leave_out_new_uploads_is_refused(house: Path) -> None:
    old = PipResolver(PipProgram((sys.executable, "-m", "pip"), "25.0"))
    with pytest.raises(ResolutionError, match="newer than"):
        old.resolve(question("arch", house=house, exclude_newer="2024-01-01T00:00:00Z"))


def test_everything_is_said_before_names_because_pip_forgets_names_that_came_before() -> None:
    choices = BuildChoices(no_binary=frozenset({"0x", "beam"}), only_binary=frozenset({":all:"}))
    told = pip_command.arguments(question("beam", build=choices), "folder")
    formats = [each for each in told if each.startswith(("--no-binary", "--only-binary"))]
    assert formats == ["--only-binary=:all:", "--no-binary=0x", "--no-binary=beam"]


def test_a_conflict_is_told_in_pips_own_words(pip: PipResolver, house: Path) -> None:
    with pytest.raises(ResolutionError) as caught:
        pip.resolve(question("old-arch", "beam>=1.5", house=house))
    assert caught.value.problem == "No set of versions answers the request."
    assert "old-arch 1.0 depends on beam<1.5" in caught.value.detail
    assert "Traceback" not in str(caught.value)
    assert "trueup-resolve-" not in str(caught.value)


def test_a_missing_distribution_is_told_in_pips_own_words(pip: PipResolver, house: Path) -> None:
    with pytest.raises(ResolutionError, match="No set of versions") as caught:
        pip.resolve(question("nowhere-to-be-found", house=house))
    assert "nowhere-to-be-found" in caught.value.detail


def test_an_item_that_pip_would_read_as_an_option_is_refused(pip: PipResolver, house: Path) -> None:
    with pytest.raises(RequestError):
        pip.resolve(question("--index-url=https://x.invalid", house=house))


def test_a_private_index_is_used_with_no_password_on_the_command_line(
    house: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    wrapper, note = arguments_of_a_run(tmp_path, sys.executable)
    pip = PipResolver(PipProgram((str(wrapper), "-m", "pip"), "26.0"), environment)
    with private_index(house) as (host, seen):
        index = IndexSettings(
            f"http://alice:hunter2@{host}/simple/",
            extra_index_urls=(f"http://alice:hunter2@{host}/more/",),
        )
        answer = pip.resolve(question("arch", index=index))
    assert versions(answer) == {"arch": "2.0", "beam": "2.0"}
    assert "/simple/arch/" in seen
    assert "--report" in note.read_text()
    assert "hunter2" not in note.read_text()
    assert "hunter2" not in repr(answer)
    assert any("highest version" in each for each in answer.warnings)


def test_hashes_are_held_and_choose_the_file(pip: PipResolver, house: Path) -> None:
    beam = house / "beam-2.0-py3-none-any.whl"
    answer = pip.resolve(question(item("beam==2.0", sha256_of(beam)), house=house))
    assert versions(answer) == {"beam": "2.0"}
    with pytest.raises(ResolutionError):
        pip.resolve(question(item("beam==2.0", "0" * 64), house=house))


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_another_interpreters_markers_and_tags_decide(
    tmp_path: Path, environment: dict[str, str], version: str
) -> None:
    target = interpreter_facts(need_python(version))
    house = tmp_path / "house"
    nodot = version.replace(".", "")
    own = make_wheel(house, "beam", "1.0", tag=f"cp{nodot}-none-any")
    make_wheel(house, "beam", "1.0", tag="cp37-none-any")
    make_wheel(house, "arch", "1.0", requires=[f'beam; python_version == "{version}"'])
    make_wheel(house, "arch", "2.0", requires_python=">=3.14")
    answer = pip_for(target, environment).resolve(question("arch", house=house, interpreter=target))
    assert versions(answer) == {"arch": "1.0", "beam": "1.0"}
    assert by_name(answer)["beam"].source.filename == own.name  # type: ignore[union-attr] # a wheel


def test_an_environment_without_pip_is_served_by_the_one_ensurepip_brings(
    tmp_path: Path, house: Path, environment: dict[str, str]
) -> None:
    base = interpreter_facts(need_python("3.8"))
    bare = replace(base, scheme=replace(base.scheme, purelib=str(tmp_path)))
    found = find_pip(bare, environment | {"PATH": str(tmp_path)})
    if found is None:
        pytest.skip("this Python came without ensurepip")
    assert found.path.endswith(".whl")
    answer = PipResolver(found, environment).resolve(
        question("arch", house=house, interpreter=bare)
    )
    assert versions(answer) == {"arch": "2.0", "beam": "2.0"}


def test_a_pip_that_is_named_and_is_none_is_refused(tmp_path: Path) -> None:
    for name in (str(tmp_path / "missing"), "/bin/true"):
        with pytest.raises(ResolutionError, match="TRUEUP_PIP"):
            find_pip(this_python(), {"TRUEUP_PIP": name})


def test_a_python_that_has_pip_may_be_named() -> None:
    found = find_pip(this_python(), {"TRUEUP_PIP": sys.executable})
    assert found is not None
    assert found.command[-2:] == ("--python", this_python().executable)


def _report(info: dict[str, object], *, direct: bool) -> dict[str, object]:
    entry = {
        "metadata": {"name": "The_Door", "version": "1.0"},
        "is_direct": direct,
        "download_info": info,
    }
    return json.loads(json.dumps({"version": "1", "install": [entry]}))  # type: ignore[no-any-return] # as read


def test_each_kind_of_origin_in_a_report_becomes_its_source() -> None:
    secret = "https://alice:hunter2@x.invalid/door-1.0.tar.gz#egg=door"
    plain = "https://x.invalid/door-1.0.tar.gz"
    archive = {"url": secret, "archive_info": {"hash": "sha256=ab"}, "subdirectory": "s"}
    commit = {"vcs": "git", "commit_id": "c0ffee", "requested_revision": "v1"}
    cases = [
        (archive, True, Archive(plain, (("sha256", "ab"),), "s")),
        (archive, False, Sdist(plain, "door-1.0.tar.gz", (("sha256", "ab"),))),
        (
            {"url": "https://alice:hunter2@x.invalid/r", "vcs_info": commit, "subdirectory": "s"},
            True,
            Repository("git", "https://x.invalid/r", "v1", "c0ffee", "s"),
        ),
        ({"url": "file:///a%20b", "dir_info": {}}, True, Directory("/a b")),
    ]
    for info, direct, expected in cases:
        (artifact,) = artifacts_of(_report(dict(info), direct=direct))
        assert (artifact.name, artifact.source) == ("the-door", expected)


@pytest.mark.parametrize("report", [{}, {"version": "2", "install": []}, {"version": "1"}])
def test_a_report_that_is_none_is_refused(report: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        artifacts_of(report)
